//! Changes of settings in live runs, and their journal.

use std::{fs, path::Path, time::Duration};

use super::{executed, live, out, set, step, steps, until};
use crate::{
    model::{Cause, Command, Entry, Event, Status, Stopped, Updates},
    run::{
        fake::{self, Fake},
        start,
        tests::finish,
    },
};

pub(super) fn journal(out: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(out.join("journal.jsonl")).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_journal_holds_every_change_as_it_happens() {
    let out = out();
    let handle = live(out.path());
    let before = handle.snapshot().step;
    executed(&handle, set("gain", "1.5"));
    handle.send(step(Updates::Discriminator, 2)).unwrap();
    until(&handle, |s| {
        s.step == before + 2 && s.status == Status::Paused
    });
    handle.send(step(Updates::Generator, 1)).unwrap();
    let stepped = until(&handle, |s| {
        s.step == before + 3 && s.status == Status::Paused
    });
    executed(&handle, Command::Resume);
    // The run has not ended yet.
    let lines = journal(out.path());
    assert_eq!(lines[..4], stepped.changes[..]);
    let events = lines.iter().map(|line| {
        let [kind, _, old, new] = line.event.words();
        format!("{} {kind} {old} {new}", line.step - before)
    });
    let events: Vec<String> = events.collect();
    let expected = [
        "1 pause  ",
        "1 set 4.0 1.5",
        "1 step_d  2",
        "3 step_g  1",
        "4 resume  ",
    ];
    assert_eq!(events, expected);
    assert!(lines.iter().all(|line| line.cause == Cause::Key));
}

#[test]
fn scheduled_changes_are_journaled_like_key_presses() {
    let out = out();
    let mut options = fake::options(out.path());
    options.at = vec![fake::at(4, "batch", "8")];
    finish(options, Fake::default());
    let lines = journal(out.path());
    let first = (lines[0].step, &lines[0].cause);
    assert_eq!((lines.len(), first), (1, (4, &Cause::At)));
}

#[test]
fn a_live_change_acts_as_a_scheduled_one() {
    let scheduled = {
        let out = out();
        let mut options = fake::options(out.path());
        options.at = vec![fake::at(4, "batch", "8")];
        options.preset.steps = 6;
        finish(options, Fake::default()).0.summary.weights_sha256
    };
    let out = out();
    let mut options = fake::options(out.path());
    options.live = true;
    options.preset.steps = 6;
    let plan = Fake {
        pause: Duration::from_millis(30),
        ..Fake::default()
    };
    let handle = start(options, plan.build()).unwrap();
    let paused = executed(&handle, Command::Pause);
    assert!(paused.step <= 3);
    if paused.step < 3 {
        handle.send(steps(3 - paused.step)).unwrap();
        until(&handle, |s| s.step == 3 && s.status == Status::Paused);
    }
    let changed = executed(&handle, set("batch", "8"));
    let change = changed.changes.last().unwrap();
    let (key, old, new) = ("batch".into(), "16".into(), "8".into());
    assert_eq!(change.event, Event::Set { key, old, new });
    assert_eq!((change.step, &change.cause), (4, &Cause::Key));
    handle.send(Command::Resume).unwrap();
    until(&handle, |s| s.status == Status::Finished);
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!(ended.summary.stopped, Stopped::Done);
    assert_eq!(ended.summary.weights_sha256, scheduled);
}

#[test]
fn refused_changes_are_acknowledged_and_change_nothing() {
    let out = out();
    let handle = live(out.path());
    let before = handle.snapshot();
    for (key, value, reason) in [
        ("gane", "1", "gane"),
        ("gain", "[", "gain"),
        ("gain", "-1.0", "gain"),
        ("latent", "7", "fixed"),
        ("batch", "2000", "too small"),
    ] {
        let after = executed(&handle, set(key, value));
        let notice = after.notice.unwrap();
        assert!(notice.error && notice.text.contains(reason), "{notice:?}");
        assert_eq!(after.settings, before.settings);
        assert_eq!(after.changes, before.changes);
    }
    let same = executed(&handle, set("gain", "4.0"));
    assert_eq!(same.changes, before.changes);
}
