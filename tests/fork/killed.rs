//! A fork that is killed is resumed, and a run is forked while it trains.

use std::fs;

use super::{Home, QUICK, ends, program::Running, waiting::until};

/// Kills a fork once `ready` holds, resumes it, and compares it with one that was not killed.
fn killed_and_resumed(more: &[&str], ready: impl Fn(&Home) -> bool) {
    let home = Home::new();
    home.run("ring", "parent", &[5, 10], &["--at", "150:n_dis=1"]);
    let set = ["--set", "spectral.enabled=false", "--steps"];
    home.fork("parent", "whole", &[&set[..], &["1200"]].concat());

    let words = ["fork", "parent", "--out", "killed"];
    let all = [&set[..], &["1200"], more].concat();
    let mut child = Running::start(&mut home.command(&words, &all));
    until("the moment to kill it", || ready(&home));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        !home.path().join("killed/summary.json").exists(),
        "it had ended"
    );
    ends(home.command(&["resume", "killed"], &[]), 0);
    assert_eq!(home.end("killed"), home.end("whole"));
    home.replays("killed", 1190);
    let forks = home.journal("killed");
    let forks = forks.iter().filter(|line| line["kind"] == "fork");
    assert_eq!(forks.count(), 1);
}

#[test]
fn a_fork_killed_after_a_checkpoint_ends_like_an_unbroken_one() {
    killed_and_resumed(&["--set", "checkpoints.every=5"], |home| {
        let folder = fs::read_dir(home.path().join("killed/checkpoints"));
        folder.is_ok_and(|files| files.count() > 12)
    });
}

#[test]
fn a_fork_killed_before_its_first_checkpoint_begins_with_its_start_again() {
    killed_and_resumed(&[], |home| home.path().join("killed/run.json").exists());
}

#[test]
fn a_run_is_forked_while_it_trains() {
    let home = Home::new();
    let words = ["run", "ring", "--out", "parent"];
    let endless = [
        "--steps",
        "10000000",
        "--set",
        "checkpoints.keep=1",
        "--set",
        "checkpoints.every=3",
    ];
    let more = [&QUICK[..], &endless].concat();
    let mut parent = Running::start(&mut home.command(&words, &more));
    until("a checkpoint", || {
        let folder = fs::read_dir(home.path().join("parent/checkpoints"));
        folder.is_ok_and(|files| files.count() > 0)
    });
    let mut last = 0;
    for number in 0..5 {
        let out = format!("fork-{number}");
        let dry = home.command(
            &["fork", "parent", "--out", &out],
            &["--set", "gain=2", "--log", "json"],
        );
        let mut dry = dry;
        dry.stdout(std::process::Stdio::null());
        let mut child = Running::start(&mut dry);
        until("steps of the fork", || {
            let metrics = fs::metadata(home.path().join(&out).join("summary.json"));
            let made = fs::metadata(home.path().join(&out).join("metrics.jsonl"));
            metrics.is_ok() || made.is_ok_and(|made| made.len() > 1000)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let step = home.json(&format!("{out}/run.json"))["parent"]["step"]
            .as_u64()
            .unwrap();
        assert!(step >= last, "the last state of {last} and of {step}");
        last = step;
    }
    parent.kill().unwrap();
    parent.wait().unwrap();
    assert!(last > 0);
    let said = home.output(&["replay", "fork-4", "--quiet"]);
    assert!(said.contains("the same to the bit"), "{said}");
}
