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
        &["export", "alone", "--what", "d", "-o", "d.safetensors"],
        &["sample", "alone", "--count", "4", "--output", "samples.png"],
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

#[test]
fn a_lane_that_had_not_begun_is_made_again_and_no_file_is_lost() {
    let home = Home::new();
    let more = ["--fork", "18:gain=2", "--steps"];
    home.run("ring", "whole", &[&more[..], &["30"]].concat());
    let resume = ["--steps", "30", "--headless", "--quiet"];
    // What a process leaves that is killed while it makes the lane.
    for (number, left) in [
        &[][..],
        &["lock"],
        &["lock", ".preset.ron.77", "samples/"],
        &[
            "lock",
            "preset.ron",
            "journal.jsonl",
            "checkpoints/",
            "samples/",
        ],
        &["checkpoints/mark-000017.safetensors", "lock"],
    ]
    .into_iter()
    .enumerate()
    {
        let run = format!("run-{number}");
        home.run("ring", &run, &[&more[..], &["10"]].concat());
        let lane = home.path(&run).join("lanes/b");
        fs::create_dir_all(&lane).unwrap();
        for name in left {
            let file = lane.join(name);
            match name.strip_suffix('/') {
                Some(_) => fs::create_dir_all(file).unwrap(),
                None => {
                    fs::create_dir_all(file.parent().unwrap()).unwrap();
                    fs::write(file, "").unwrap();
                }
            }
        }
        home.program(&[&["resume", &run], &resume[..]].concat(), 0);
        let lane = format!("{run}/lanes/b");
        assert_eq!(
            home.weights(&lane),
            home.weights("whole/lanes/b"),
            "{left:?}"
        );
    }
    // A lane without its run.json, and one whose run.json is damaged.
    let about = home.path("whole/lanes/b/run.json");
    let before = fs::read(&about).unwrap();
    let resume = ["resume", "whole", "--steps", "40", "--headless", "--quiet"];
    for broken in [None, Some("{")] {
        match broken {
            None => fs::remove_file(&about).unwrap(),
            Some(text) => fs::write(&about, text).unwrap(),
        }
        let output = home.program(&resume, 1);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains("lanes/b") && said.contains("run.json"),
            "{said}"
        );
        assert!(home.path("whole/lanes/b/weights.safetensors").exists());
    }
    fs::write(&about, before).unwrap();
    home.program(&resume, 0);
}

#[test]
fn a_lane_that_is_not_finite_ends_alone() {
    let home = Home::new();
    let rate = "--fork=4:discriminator.learning_rate=1e30;spectral.enabled=false;loss=wasserstein";
    let run = [
        "run",
        "ring",
        "--headless",
        "--threads",
        "1",
        "--out",
        "run",
        rate,
    ];
    let more = [
        "--set",
        "batch=8",
        "--set",
        "scores.every=0",
        "--steps",
        "30",
    ];
    let output = home.program(&[&run[..], &more].concat(), 1);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("lane b") && said.contains("not finite"),
        "{said}"
    );
    let of = |lane: &str| json(&home.path("run").join(lane).join("summary.json"));
    assert_eq!(
        (&of("")["stopped"], &of("")["steps"]),
        (&"done".into(), &30.into())
    );
    assert_eq!(of("lanes/b")["stopped"], "error");
    home.run(
        "ring",
        "alone",
        &["--steps", "30", "--set", "samples.count=64"],
    );
    assert_eq!(home.weights("run"), home.weights("alone"));
}
