//! The last scores of a run that is resumed or rewound between two scorings.

use std::{fs, path::Path};

use sn_tui::{
    model::{Command, Snapshot, Status},
    run::{Handle, Options},
    rundir::{Reading, metrics::Record, resume::load},
};

use crate::{begin, execute, options, quit, resume_from, step, steps, until};

/// A run of six steps with scores of every second or so, and a checkpoint between two of them.
fn marked_between_scores(every: u64, mark: u64, out: &Path) -> Handle {
    let scores = format!("scores.every={every}");
    let settings = ["batch=16", "checkpoints.keep=9", &scores];
    let handle = begin(options("ring", &settings, out));
    step(&handle, steps(mark));
    execute(&handle, &[Command::Mark]);
    step(&handle, steps(6 - mark));
    handle
}

fn scored(snapshot: &Snapshot) -> Option<u64> {
    Some(snapshot.scores.as_deref()?.step)
}

#[test]
fn a_rewound_run_shows_the_scores_before_its_step() {
    let out = tempfile::tempdir().unwrap();
    let handle = marked_between_scores(2, 3, out.path());
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
    quit(marked_between_scores(3, 4, out.path()));
    let stored = load(out.path(), Some(4)).unwrap();
    let of = Options {
        log_every: Some(1),
        ..options("ring", &[], out.path())
    };
    let mut handle = resume_from(stored, 8000, &of);
    let lines = handle.take_lines().unwrap();
    let first = until(&handle, |snapshot| snapshot.status == Status::Paused);
    assert_eq!((first.step, scored(&first)), (4, Some(3)));
    step(&handle, steps(3));
    let ended = quit(handle);
    let given = lines.iter().filter_map(|line| line.scores);
    let given: Vec<_> = given.map(|scores| scores.step).collect();
    assert_eq!(given, [6]);
    assert_eq!(ended.summary.scores.map(|scores| scores.step), Some(7));
    let text = fs::read_to_string(out.path().join("metrics.jsonl")).unwrap();
    let records = text
        .lines()
        .map(|line| Record::read(line.as_bytes(), Reading::Strict));
    let written = records.filter_map(|record| Some(record.unwrap().scores?.step));
    // Those of step 6 of both branches, each in a line of that step.
    assert_eq!(written.collect::<Vec<_>>(), [3, 6, 6]);
}
