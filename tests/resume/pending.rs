//! Runs that are killed, and resumed before journal lines that they have yet to repeat.

use std::{fs, path::Path};

use sn_tui::{
    model::{Command, Status},
    run::{Handle, Options, replay::Verdict},
    rundir::resume::load,
};

use crate::{
    begin, execute, options, quit, replayed, resume, resume_from, set, state, step, steps, until,
};

const SETTINGS: [&str; 2] = ["batch=16", "checkpoints.keep=9"];

/// A run with a state of step 3 that was killed at step 8, after a change before step 4 and one before step 7.
fn killed(out: &Path) -> Options {
    let of = options("ring", &SETTINGS, out);
    let handle = begin(of.clone());
    step(&handle, steps(3));
    execute(&handle, &[Command::Mark, set("spectral.enabled", "false")]);
    step(&handle, steps(3));
    execute(&handle, &[set("gain", "3.0")]);
    step(&handle, steps(2));
    quit(handle);
    kill(out, 8);
    of
}

/// Removes what a run that ended at a step would not have left if it had been killed before.
fn kill(out: &Path, at: u64) {
    fs::remove_file(out.join(format!("checkpoints/step-{at:06}.safetensors"))).unwrap();
    fs::remove_file(out.join("summary.json")).unwrap();
}

fn replays(out: &Path, steps: u64) {
    let verdict = replayed(out);
    assert!(
        matches!(verdict, Verdict::Same { steps: all, state: Some(_), .. } if all == steps),
        "{verdict}"
    );
}

/// Makes the steps up to 8 and ends. The run must equal one that was never changed.
fn ends_unchanged(handle: Handle, out: &Path) {
    let before = until(&handle, |snapshot| snapshot.status == Status::Paused);
    assert_eq!(before.settings.gain, 16.0);
    step(&handle, steps(8 - before.step));
    assert_eq!(handle.snapshot().settings.gain, 16.0);
    quit(handle);
    let home = tempfile::tempdir().unwrap();
    let straight = begin(options("ring", &SETTINGS, home.path()));
    step(&straight, steps(8));
    quit(straight);
    assert!(state(out) == state(home.path()));
    replays(out, 8);
}

#[test]
fn a_rewind_leaves_them_behind() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let of = killed(&out);
    let handle = resume(&out, of.preset.steps, &of);
    execute(&handle, &[Command::Save, Command::Rewind(3)]);
    ends_unchanged(handle, &out);
}

#[test]
fn a_kill_after_the_rewind_does_not_bring_them_back() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let of = killed(&out);
    let handle = resume(&out, of.preset.steps, &of);
    execute(&handle, &[Command::Save, Command::Rewind(3)]);
    let saved = load(&out, None).unwrap().checkpoint.unwrap().position;
    assert_eq!((saved.step, saved.pending.len()), (3, 0));
    step(&handle, steps(2));
    quit(handle);
    kill(&out, 5);
    let handle = resume(&out, of.preset.steps, &of);
    ends_unchanged(handle, &out);
}

#[test]
fn resuming_an_earlier_state_leaves_them_behind() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let of = killed(&out);
    let handle = resume(&out, of.preset.steps, &of);
    execute(&handle, &[Command::Save]);
    step(&handle, steps(1));
    quit(handle);
    let stored = load(&out, Some(3)).unwrap();
    assert_eq!(stored.rewound_from, Some(4));
    ends_unchanged(resume_from(stored, of.preset.steps, &of), &out);
}

#[test]
fn a_rewind_to_the_start_leaves_all_lines_behind() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let of = options("ring", &SETTINGS, &out);
    let handle = begin(of.clone());
    execute(&handle, &[set("gain", "3.0")]);
    step(&handle, steps(4));
    execute(&handle, &[Command::Rewind(0)]);
    // As if it had been killed here.
    replays(&out, 0);
    quit(handle);
    replays(&out, 0);
    let handle = resume(&out, of.preset.steps, &of);
    let started = until(&handle, |snapshot| snapshot.notice.is_some());
    assert_eq!(started.notice.unwrap().text, "resumed at step 0");
    ends_unchanged(handle, &out);
}

#[test]
fn they_are_no_part_of_a_state_before_them() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let of = killed(&out);
    quit(resume(&out, of.preset.steps, &of));
    let lines = fs::read_to_string(out.join("metrics.jsonl")).unwrap();
    assert!(lines.lines().count() >= 8);
    replays(&out, 3);
    // They come in the end.
    let handle = resume(&out, of.preset.steps, &of);
    step(&handle, steps(5));
    assert_eq!(handle.snapshot().settings.gain, 3.0);
    quit(handle);
    replays(&out, 8);
}
