//! Settings that do not fit in memory are refused before they are applied, and the run continues.

#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
mod program;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use program::{PROGRAM, program};

/// The limit of address space in kilobytes: enough for `ring` as shipped, on few threads.
const LIMIT: u32 = 700_000;

/// Runs the program with these arguments under a limit of address space.
fn limited(home: &Path, arguments: &str) -> Output {
    let script = format!("ulimit -v {LIMIT}; exec {PROGRAM} {arguments}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(home);
    // With one malloc arena, the reserved address space does not depend on which threads allocate.
    shell.env("MALLOC_ARENA_MAX", "1").output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_planned_change_that_does_not_fit_is_refused_now_and_after_a_resume() {
    let home = tempfile::tempdir().unwrap();
    let run = "run ring --headless --threads 1 --out a --steps 3 --set batch=32 --at 2:batch=65536";
    let output = limited(home.path(), run);
    let told = error(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    for part in ["`batch`", "activations", "ulimit -v"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let journal = || fs::read_to_string(home.path().join("a/journal.jsonl")).unwrap();
    let refusals = || journal().matches(r#""kind":"refused""#).count();
    assert_eq!(refusals(), 1);
    assert!(!journal().contains(r#""kind":"set""#));

    let output = limited(home.path(), "resume a --headless --threads 1 --steps 4");
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert_eq!(refusals(), 1, "it is not tried again");
    let metrics = fs::read_to_string(home.path().join("a/metrics.jsonl")).unwrap();
    let last = metrics.lines().last().unwrap();
    assert!(last.contains(r#""step":4"#), "{last}");

    // Without the limit the change would fit; the replay still repeats the refusal.
    let replay = program(home.path(), &["replay", "a"]).output().unwrap();
    assert!(replay.status.success(), "{}", error(&replay));
}

#[test]
fn a_run_that_does_not_fit_is_refused_at_its_start() {
    let home = tempfile::tempdir().unwrap();
    for setting in ["batch=65536", "latent=65536"] {
        let run = format!("run ring --headless --threads 1 --out a --steps 1 --set {setting}");
        let output = limited(home.path(), &run);
        let told = error(&output);
        assert_eq!(output.status.code(), Some(1), "{setting}: {told}");
        assert!(
            told.contains("MB of memory") && told.contains("leaves"),
            "{told}"
        );
        assert!(!home.path().join("a/run.json").exists(), "{setting}");
    }
}
