//! The last scores of a run that is resumed or rewound between two scorings.

use std::path::Path;

use sn_tui::{
    model::{Command, Snapshot, Status},
    run::{Handle, Options},
    rundir::resume::load,
};

use crate::{begin, execute, options, quit, resume_from, step, steps, until};

/// A run of six steps with scores of every second one and a checkpoint of step 3.
fn marked_between_scores(out: &Path) -> Handle {
    let settings = ["batch=16", "checkpoints.keep=9", "scores.every=2"];
    let handle = begin(options("ring", &settings, out));
    step(&handle, steps(3));
    execute(&handle, &[Command::Mark]);
    step(&handle, steps(3));
    handle
}

fn scored(snapshot: &Snapshot) -> Option<u64> {
    Some(snapshot.scores.as_deref()?.step)
}

#[test]
fn a_rewound_run_shows_the_scores_before_its_step() {
    let out = tempfile::tempdir().unwrap();
    let handle = marked_between_scores(out.path());
    assert_eq!(scored(&handle.snapshot()), Some(6));
    execute(&handle, &[Command::Rewind(3)]);
    let back = until(&handle, |snapshot| snapshot.step == 3);
    assert_eq!(scored(&back), Some(2));
    step(&handle, steps(1));
    let ahead = until(&handle, |snapshot| scored(snapshot) != Some(2));
    assert_eq!(scored(&ahead), Some(4));
    quit(handle);
}

#[test]
fn a_resumed_run_shows_the_last_scores_and_does_not_give_them_out_again() {
    let out = tempfile::tempdir().unwrap();
    quit(marked_between_scores(out.path()));
    let stored = load(out.path(), Some(3)).unwrap();
    let of = Options {
        log_every: Some(1),
        ..options("ring", &[], out.path())
    };
    let mut handle = resume_from(stored, 8000, &of);
    let lines = handle.take_lines().unwrap();
    let first = until(&handle, |snapshot| snapshot.status == Status::Paused);
    assert_eq!((first.step, scored(&first)), (3, Some(2)));
    step(&handle, steps(2));
    let ended = quit(handle);
    let given: Vec<_> = lines.iter().filter_map(|line| line.scores).collect();
    let given: Vec<_> = given.iter().map(|scores| scores.step).collect();
    assert_eq!(given, [4]);
    assert_eq!(ended.summary.scores.map(|scores| scores.step), Some(5));
}
