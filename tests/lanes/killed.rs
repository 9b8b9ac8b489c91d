//! Runs with lanes that are killed at random moments.

use std::{fs, thread, time::Duration};

use rand::{Rng, SeedableRng};

use super::{Home, QUICK, program, program::Running, waiting::until};

const KILLS: usize = 20;
const STEPS: &str = "2500";

#[test]
fn a_run_with_three_lanes_killed_at_twenty_moments_ends_like_an_unbroken_one() {
    let home = Home::new();
    let more = [
        "--steps",
        STEPS,
        "--set",
        "checkpoints.every=11",
        "--fork",
        "40:spectral.enabled=false",
        "--fork",
        "300:",
        "--at",
        "350@b:spectral.enabled=true",
        "--at",
        "500@*:n_dis=1",
    ];
    home.run("ring", "whole", &more);
    let words = ["run", "ring", "--out", "run", "--headless", "--quiet"];
    let words = [&words[..], &["--threads", "1"], &QUICK, &more].concat();
    let mut child = Running::start(&mut program::program(home.0.path(), &words));
    until("run.json", || home.path("run/run.json").exists());
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let resume = ["resume", "run", "--headless", "--quiet", "--threads", "1"];
    let mut finished = 0;
    for _ in 0..KILLS {
        thread::sleep(Duration::from_micros(rng.random_range(0..250_000)));
        finished += usize::from(child.try_wait().unwrap().is_some());
        let _ = child.kill();
        child.wait().unwrap();
        child = Running::start(&mut program::program(home.0.path(), &resume));
    }
    assert!(finished < KILLS / 2, "{finished} had ended by themselves");
    let output = child.output();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for lane in ["", "/lanes/b", "/lanes/c"] {
        let (run, whole) = (format!("run{lane}"), format!("whole{lane}"));
        assert_eq!(home.weights(&run), home.weights(&whole), "{lane}");
        home.replay(&run);
        let forks = home.journal(&run);
        let forks = forks.iter().filter(|line| line["kind"] == "fork").count();
        assert_eq!(forks, if lane.is_empty() { 2 } else { 1 }, "{lane}");
    }
}

/// A checkpoint that was made before a fork came again must not count the fork among what was done.
#[test]
fn a_fork_that_comes_again_is_journaled_once_however_often_the_run_was_killed() {
    let home = Home::new();
    let more = ["--steps", "45", "--fork", "40:gain=2"];
    let kept = [
        "--set",
        "checkpoints.every=3",
        "--set",
        "checkpoints.keep=100",
    ];
    home.run("ring", "run", &[&more[..], &kept].concat());
    for last in [33, 36, 39] {
        // What is on the disk after a process that was killed once it had saved this step.
        for saved in fs::read_dir(home.path("run/checkpoints")).unwrap() {
            let path = saved.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let step: u64 = name.split_once('-').unwrap().1.parse().unwrap();
            if step > last {
                fs::remove_file(path).unwrap();
            }
        }
        home.program(&["resume", "run", "--headless", "--quiet"], 0);
        let journal = home.journal("run");
        let forks = journal.iter().filter(|line| line["kind"] == "fork");
        assert_eq!(forks.count(), 1, "killed after step {last}");
    }
    home.replay("run");
}
