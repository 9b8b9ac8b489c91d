//! `run --out DIR --continue`: the same command, as often as a scheduler starts it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    process::Output,
    time::SystemTime,
};

use serde_json::Value;

use crate::program::program;

const RING: [&str; 8] = [
    "run",
    "ring",
    "--headless",
    "--set",
    "batch=16",
    "--set",
    "scores.every=0",
    "--continue",
];

fn continue_run(folder: &Path, more: &[&str]) -> Output {
    program(folder, &RING)
        .args(["--out", "out"])
        .args(more)
        .output()
        .unwrap()
}

/// Runs the command, which must succeed.
fn continue_succeeds(folder: &Path, more: &[&str]) {
    let output = continue_run(folder, more);
    assert_eq!(output.status.code(), Some(0), "{more:?} {output:?}");
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn summary(folder: &Path) -> Value {
    json(&folder.join("out/summary.json"))
}

fn journal(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("out/journal.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Every file of a folder with its modification time.
fn times(folder: &Path) -> BTreeMap<String, SystemTime> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(times(&path));
        }
        found.insert(
            path.display().to_string(),
            path.metadata().unwrap().modified().unwrap(),
        );
    }
    found
}

#[test]
fn the_same_command_starts_a_run_resumes_it_and_finds_it_done() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    continue_succeeds(home, &["--steps", "8", "--threads", "1"]);
    continue_succeeds(home, &["--steps", "20", "--threads", "2"]);
    let all = summary(home);
    assert_eq!(
        (&all["steps"], &all["stopped"]),
        (&20.into(), &"done".into())
    );
    let before = times(home);
    for steps in ["20", "12"] {
        continue_succeeds(home, &["--steps", steps]);
        assert_eq!(times(home), before, "--steps {steps}");
    }
    let whole = program(home, &RING[..7])
        .args(["--steps", "20", "--out", "whole"])
        .output()
        .unwrap();
    assert_eq!(whole.status.code(), Some(0), "{whole:?}");
    let whole = json(&home.join("whole/summary.json"));
    assert_eq!(whole["weights_sha256"], all["weights_sha256"]);
    // The total is the last one that was requested.
    let runs = program(home, &["runs", "."]).output().unwrap();
    let runs = String::from_utf8(runs.stdout).unwrap();
    assert!(runs.contains("20/20") && !runs.contains("20/8"), "{runs}");
    let lines = journal(home);
    let moved = lines.iter().find(|line| line["kind"] == "steps").unwrap();
    assert_eq!((&moved["old"], &moved["new"]), (&"8".into(), &"20".into()));
    let replay = program(home, &["replay", "out"]).output().unwrap();
    assert_eq!(replay.status.code(), Some(0), "{replay:?}");
}

#[test]
fn the_command_must_ask_for_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let begun = ["--steps", "3", "--at", "2:gain=2.0"];
    continue_succeeds(home, &begun);
    let before = times(&home.join("out"));
    for (more, words) in [
        (&["--seed", "1"][..], "--seed 0, not with 1"),
        (&["--set", "gain=3.0"], "gain="),
        (
            &["--set", "generator.betas=(0.25, 0.9)"],
            "generator.betas.0=",
        ),
        (&["--setting", "A"], "was started with"),
        (&["--at", "3:gain=1.0"], "--at 2:gain=2.0, not with"),
    ] {
        let output = continue_run(home, &[&begun[..], &["--steps", "9"][..0], more].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{more:?} {said}");
        assert!(said.contains(words), "{more:?}: {said}");
        assert_eq!(times(&home.join("out")), before, "{more:?}");
    }
    let other = program(
        home,
        &["run", "grid", "--headless", "--out", "out", "--continue"],
    );
    let other = { other }.output().unwrap();
    assert_eq!(other.status.code(), Some(2), "{other:?}");
    let nowhere = program(home, &["run", "ring", "--headless", "--continue"])
        .output()
        .unwrap();
    assert_eq!(nowhere.status.code(), Some(2), "{nowhere:?}");
    let lock = File::options()
        .write(true)
        .open(home.join("out/lock"))
        .unwrap();
    lock.try_lock().unwrap();
    let taken = continue_run(home, &begun);
    assert_eq!(taken.status.code(), Some(1), "{taken:?}");
}

#[test]
fn a_run_killed_at_its_start_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let out = home.join("out");
    // Killed before the run was recorded: some files exist, but nothing says what the run is.
    fs::create_dir_all(out.join("samples")).unwrap();
    for name in ["lock", "preset.ron", ".run.json.77"] {
        fs::write(out.join(name), "").unwrap();
    }
    continue_succeeds(home, &["--steps", "2"]);
    assert_eq!(summary(home)["steps"], 2);
    // Killed after the run was recorded, before anything was saved.
    fs::remove_dir_all(out.join("checkpoints")).unwrap();
    continue_succeeds(home, &["--steps", "3"]);
    assert_eq!(summary(home)["steps"], 3);
    // A folder without a record of a run is left alone.
    fs::remove_file(out.join("run.json")).unwrap();
    let before = times(&out);
    assert_eq!(continue_run(home, &["--steps", "3"]).status.code(), Some(1));
    assert_eq!(times(&out), before);
}

#[test]
fn a_run_records_the_jobs_of_the_scheduler() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    for (steps, count) in [("2", "0"), ("4", "1")] {
        let output = program(home, &RING)
            .args(["--out", "out", "--steps", steps])
            .env("SLURM_JOB_ID", "4711")
            .env("SLURM_RESTART_COUNT", count)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let about = json(&home.join("out/run.json"));
    assert_eq!(about["environment"]["SLURM_JOB_ID"], "4711");
    assert_eq!(about["environment"]["SLURM_RESTART_COUNT"], "0");
    let lines = journal(home);
    let went_on = lines
        .iter()
        .find(|line| line["kind"] == "continue")
        .unwrap();
    assert_eq!(went_on["environment"]["SLURM_RESTART_COUNT"], "1");
}

#[test]
fn initial_weights_must_be_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let first = program(home, &RING[..7])
        .args(["--steps", "2", "--out", "first"])
        .output();
    assert!(first.unwrap().status.success());
    continue_succeeds(
        home,
        &["--steps", "2", "--init", "first/weights.safetensors"],
    );
    let refused = continue_run(home, &["--steps", "4"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    // Killed before anything was saved.
    fs::remove_dir_all(home.join("out/checkpoints")).unwrap();
    continue_succeeds(
        home,
        &["--steps", "4", "--init", "first/weights.safetensors"],
    );
    assert!(
        home.join("out/checkpoints/mark-000000.safetensors")
            .is_file()
    );
    assert_eq!(summary(home)["steps"], 4);
}
