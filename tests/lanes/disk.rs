//! A lane is a run of its own on the disk.

use std::fs;

use super::{Home, json};

#[test]
fn a_lane_is_whole_in_itself() {
    let home = Home::new();
    let more = [
        "--steps",
        "20",
        "--fork",
        "11:gain=2",
        "--at",
        "15@b:n_dis=1",
    ];
    home.run("ring", "run", &more);
    let of = |file: &str| json(&home.path("run/lanes/b").join(file));
    let parent = &of("run.json")["parent"];
    assert_eq!(parent["run"], "../..");
    assert_eq!(
        (&parent["lane"], &parent["step"]),
        (&"a".into(), &10.into())
    );
    assert_eq!(of("run.json")["at"][0]["step"], 15);
    let forks = &json(&home.path("run/run.json"))["forks"];
    assert_eq!(forks[0]["step"], 11);
    assert_eq!(forks[0]["changes"][0]["key"], "gain");
    for (run, part) in [("run", "lane"), ("run/lanes/b", "from")] {
        let journal = home.journal(run);
        let fork = journal.iter().find(|line| line["kind"] == "fork").unwrap();
        assert!(fork.get(part).is_some(), "{fork}");
        assert_eq!(fork["step"], 11);
    }
    let listed = home.program(&["runs", "."], 0);
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("run") && listed.contains('b'), "{listed}");

    // Moved away from a parent that is gone, it can do all that a run can.
    fs::rename(home.path("run/lanes/b"), home.path("alone")).unwrap();
    fs::remove_dir_all(home.path("run")).unwrap();
    home.replay("alone");
    let before = home.weights("alone");
    for words in [
        &["resume", "alone", "--steps", "30", "--headless", "--quiet"][..],
        &["show", "alone/"],
        &["export", "alone", "exported"],
        &["sample", "alone", "--count", "4", "--out", "samples.png"],
    ] {
        home.program(words, 0);
    }
    assert_ne!(before, home.weights("alone"));
    home.replay("alone");
}

#[test]
fn a_run_resumes_with_its_lanes_and_a_lane_alone() {
    let home = Home::new();
    let forks = ["--fork", "6:gain=2", "--fork", "18:"];
    home.run("ring", "whole", &[&["--steps", "30"], &forks[..]].concat());
    // Stopped before the second fork, which is still planned.
    home.run("ring", "run", &[&["--steps", "10"], &forks[..]].concat());
    assert!(!home.path("run/lanes/c").exists());
    let resume = ["--steps", "30", "--headless", "--quiet"];
    home.program(&[&["resume", "run"], &resume[..]].concat(), 0);
    for lane in ["", "/lanes/b", "/lanes/c"] {
        let (run, whole) = (format!("run{lane}"), format!("whole{lane}"));
        assert_eq!(home.weights(&run), home.weights(&whole), "{lane}");
        home.replay(&run);
    }
    let resume = ["--steps", "40", "--headless", "--quiet"];
    home.program(&[&["resume", "run/lanes/b"], &resume[..]].concat(), 0);
    assert_eq!(json(&home.path("run/lanes/b/summary.json"))["steps"], 40);
    assert_eq!(json(&home.path("run/summary.json"))["steps"], 30);
}
