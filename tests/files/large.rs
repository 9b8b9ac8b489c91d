//! The cost of huge files in a run's folder.

use std::{fs, io::Write, path::Path};

use super::{Ended, resume, run, tiny};

/// The memory in megabytes that `resume` may take for a small run.
const SMALL: u64 = 120;

fn tiny_run(home: &Path) -> std::path::PathBuf {
    let out = home.join("out");
    let ended = run(&tiny(&out, 2), home);
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    out
}

fn assert_within(ended: &Ended, megabytes: u64) {
    assert!(ended.status.is_some(), "it does not end: {}", ended.err);
    let peak = ended.peak >> 10;
    assert!(peak <= megabytes, "{peak} MB: {}", ended.err);
}

#[test]
fn a_journal_of_empty_lines_costs_nothing() {
    let home = tempfile::tempdir().unwrap();
    let out = tiny_run(home.path());
    // A hundred bytes of memory for each line would exceed the limit.
    fs::write(out.join("journal.jsonl"), vec![b'\n'; 8 << 20]).unwrap();
    let ended = run(&resume(&out, 4), home.path());
    assert_within(&ended, SMALL);
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(
        ended.err.contains("8388608 lines cannot be read"),
        "{}",
        ended.err
    );
}

#[test]
fn a_journal_of_many_lines_is_not_held_in_memory() {
    let home = tempfile::tempdir().unwrap();
    let out = tiny_run(home.path());
    let mut text = Vec::new();
    for number in 0..150_000 {
        writeln!(
            text,
            r#"{{"step":9,"kind":"alarm","key":"loss","old":"{number}","new":"an alarm of the loss in so many words","cause":"alarm"}}"#
        )
        .unwrap();
    }
    fs::write(out.join("journal.jsonl"), text).unwrap();
    let ended = run(&resume(&out, 4), home.path());
    assert_within(&ended, SMALL);
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
}

#[test]
fn many_changes_at_one_step_are_repeated_in_order() {
    let home = tempfile::tempdir().unwrap();
    let out = tiny_run(home.path());
    let mut text = Vec::new();
    // A pairwise comparison of 5,000 changes would take a minute in an unoptimized build.
    for number in 0..5_000 {
        let (old, new) = [("1.0", "2.0"), ("2.0", "1.0")][number % 2];
        writeln!(
            text,
            r#"{{"step":3,"kind":"set","key":"gain","old":"{old}","new":"{new}","cause":"key"}}"#
        )
        .unwrap();
    }
    fs::write(out.join("journal.jsonl"), text).unwrap();
    let ended = run(&resume(&out, 4), home.path());
    assert_within(&ended, SMALL);
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    let lines = fs::read_to_string(out.join("journal.jsonl")).unwrap();
    // The journal holds each change once; only the entry of the resume is new.
    assert!(lines.lines().count() < 5_010, "{}", lines.lines().count());
}

#[test]
fn an_invalid_checkpoint_is_not_read_as_a_whole() {
    let home = tempfile::tempdir().unwrap();
    let out = tiny_run(home.path());
    let name = "checkpoints/step-000009.safetensors";
    let sparse = fs::File::create(out.join(name)).unwrap();
    sparse.set_len(3 << 30).unwrap();
    let ended = run(&resume(&out, 4), home.path());
    assert_within(&ended, SMALL);
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
    assert!(ended.err.contains(name), "{}", ended.err);
    // The header of a valid checkpoint, with far too much data behind it.
    let whole = out.join("checkpoints/step-000004.safetensors");
    fs::copy(whole, out.join(name)).unwrap();
    let longer = fs::File::options()
        .write(true)
        .open(out.join(name))
        .unwrap();
    longer.set_len(3 << 30).unwrap();
    let ended = run(&resume(&out, 5), home.path());
    assert_within(&ended, SMALL);
    assert_eq!(ended.code(), Some(0), "{}", ended.err);
}
