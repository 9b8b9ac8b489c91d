//! Lanes of a live run that its user splits off, ends and brings back.

use std::{path::Path, sync::mpsc::channel, time::Duration};

use super::{changes::journal, executed, live, live_with, out, set, steps, until};
use crate::{
    model::{
        Assignment, Cause, Command, Entry, Event, History, LaneId, Reply, Snapshot, Status, Target,
    },
    run::Handle,
};

/// The second to fourth lane.
fn lane(name: &str) -> LaneId {
    name.parse().unwrap()
}

fn of(name: &str) -> Target {
    Target::Lane(lane(name))
}

/// What the worker replies to a request for these lanes.
fn reply(handle: &Handle, to: Target, command: Command) -> Reply {
    let (sender, replies) = channel();
    let requests = handle.requests();
    requests
        .send_as(Some(to), command, Cause::Key, Some(sender))
        .unwrap();
    replies.recv_timeout(Duration::from_secs(60)).unwrap()
}

fn applied(handle: &Handle, to: Target, command: Command) -> Option<LaneId> {
    match reply(handle, to, command) {
        Reply::Applied { lane, .. } => lane,
        Reply::Refused(why) => panic!("{why}"),
    }
}

fn refused(handle: &Handle, to: Target, command: Command) -> String {
    match reply(handle, to, command) {
        Reply::Refused(why) => why,
        applied @ Reply::Applied { .. } => panic!("{applied:?}"),
    }
}

fn fork(settings: &[(&str, &str)]) -> Command {
    let changes = settings.iter().map(|(key, value)| Assignment {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
    });
    Command::Fork {
        changes: changes.collect(),
        from: None,
    }
}

fn back(name: &str) -> Command {
    Command::Fork {
        changes: Vec::new(),
        from: Some(lane(name)),
    }
}

/// The names of the lanes that are going.
fn names(handle: &Handle) -> String {
    let lanes = handle.lanes().into_iter();
    lanes.map(|(id, _)| id.to_string()).collect()
}

/// Makes this many steps in all lanes, and returns their snapshots.
fn stepped(handle: &Handle, count: u64) -> Vec<Snapshot> {
    let before = handle.snapshot().step;
    executed(handle, steps(count));
    // Each lane publishes by itself.
    let all_paused = || {
        let lanes = handle.lanes();
        lanes.iter().all(|(_, it)| it.status == Status::Paused)
    };
    until(handle, |s| s.step == before + count && all_paused());
    let lanes = handle.lanes().into_iter();
    lanes.map(|(_, snapshot)| (*snapshot).clone()).collect()
}

fn events(out: &Path) -> Vec<Entry> {
    let kept = |entry: &Entry| matches!(entry.event, Event::Fork { .. } | Event::Join { .. });
    journal(out).into_iter().filter(kept).collect()
}

#[test]
fn a_lane_goes_on_as_its_parent_and_takes_its_own_changes() {
    let out = out();
    let handle = live(out.path());
    let before = handle.snapshot().step;
    let made = reply(&handle, of("a"), fork(&[("gain", "1.5")]));
    let Reply::Applied {
        step,
        changes,
        lane,
    } = made
    else {
        panic!("{made:?}");
    };
    assert_eq!((step, lane), (before + 1, LaneId::A.next()));
    assert_eq!(changes[0].lane.to_string(), "b");
    assert_eq!(changes[0].change.to_string(), "gain: 4.0 → 1.5");
    assert_eq!(applied(&handle, of("b"), set("n_dis", "3")), None);
    assert_eq!(applied(&handle, of("b"), fork(&[])), Some(self::lane("c")));
    let lanes = stepped(&handle, 4);
    let gains: Vec<_> = lanes
        .iter()
        .map(|it| (it.step - before, it.settings.gain, it.settings.n_dis))
        .collect();
    assert_eq!(gains, [(4, 4.0, 2), (4, 1.5, 3), (4, 1.5, 3)]);
    assert!(lanes.iter().all(|it| it.status == Status::Paused));
    for (directory, parent, lane) in [("lanes/b", "../..", "a"), ("lanes/c", "../b", "b")] {
        let begun = events(&out.path().join(directory)).remove(0);
        let Event::Fork {
            from: Some(from), ..
        } = begun.event
        else {
            panic!("{begun:?}");
        };
        assert_eq!((&*from.run, &*from.lane), (parent, lane));
        assert_eq!(from.step, before);
    }
    assert_eq!(events(&out.path().join("lanes/b")).len(), 2);
    assert_eq!(events(out.path()).len(), 1);
    applied(&handle, Target::All, set("gain", "2.0"));
    let lanes = handle.lanes();
    assert!(lanes.iter().all(|(_, it)| it.settings.gain == 2.0));
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!((ended.error, ended.others.len()), (None, 2));
}

#[test]
fn a_lane_that_was_ended_is_brought_back_and_catches_up() {
    let out = out();
    let handle = live(out.path());
    applied(&handle, of("a"), fork(&[]));
    stepped(&handle, 3);
    applied(&handle, of("a"), Command::Join(lane("b")));
    assert_eq!(names(&handle), "a");
    let path = out.path().join("lanes/b");
    assert!(path.join("summary.json").is_file());
    let text = handle.snapshot().notice.clone().unwrap().text;
    assert!(
        text.contains("lane b ended") && text.contains("lanes/b"),
        "{text}"
    );
    stepped(&handle, 3);
    assert_eq!(applied(&handle, of("a"), back("b")), Some(lane("b")));
    executed(&handle, Command::Resume);
    executed(&handle, Command::Pause);
    let lanes = stepped(&handle, 2);
    assert_eq!(lanes.len(), 2);
    // A lane that is behind makes its steps first.
    let last = handle.lanes();
    assert!(last.iter().all(|(_, it)| it.status == Status::Paused));
    let kinds = events(out.path());
    let kinds: Vec<_> = kinds
        .iter()
        .map(|entry| entry.event.words()[0].clone())
        .collect();
    assert_eq!(kinds, ["fork", "join", "fork"]);
    // A new lane takes a new name.
    assert_eq!(applied(&handle, of("a"), fork(&[])), Some(lane("c")));
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!((ended.error, ended.others.len()), (None, 2));
}

#[test]
fn a_rewind_takes_the_lanes_along_that_reach_so_far_and_ends_the_others() {
    let out = out();
    let handle = live(out.path());
    applied(&handle, of("a"), fork(&[("gain", "1.5")]));
    stepped(&handle, 2);
    let marked = handle.snapshot().step;
    applied(&handle, of("b"), Command::Mark);
    stepped(&handle, 2);
    applied(&handle, of("b"), fork(&[]));
    stepped(&handle, 1);
    let unknown = refused(&handle, of("b"), Command::Rewind(marked + 1));
    assert!(unknown.contains("lane a"), "{unknown}");
    assert_eq!(names(&handle), "abc");
    applied(&handle, of("b"), Command::Rewind(marked));
    assert_eq!(names(&handle), "ab");
    let lanes = handle.lanes();
    let states = lanes.iter().map(|(_, it)| (it.step, it.status.clone()));
    assert!(states.into_iter().all(|it| it == (marked, Status::Paused)));
    let gains: Vec<_> = lanes.iter().map(|(_, it)| it.settings.gain).collect();
    assert_eq!(gains, [4.0, 1.5]);
    let notices = handle.notices(0);
    let told = |part: &str| notices.iter().any(|notice| notice.text.contains(part));
    assert!(
        told("lane c ended") && told("split off after step"),
        "{notices:?}"
    );
}

/// The steps of a curve.
fn steps_of(history: &History, name: &str) -> Vec<u64> {
    let series = history.get(name);
    let points = series.map(|series| series.recent.iter().map(|point| point.0).collect());
    points.unwrap_or_default()
}

#[test]
fn a_lane_that_goes_on_from_a_saved_state_shows_all_that_was_recorded_before() {
    let out = out();
    let handle = live_with(out.path(), |preset| {
        preset.spectra.every = 2;
        preset.samples.every = 3;
        preset.scores.every = 4;
    });
    applied(&handle, of("a"), fork(&[("gain", "1.5")]));
    stepped(&handle, 12);
    let marked = handle.snapshot().step;
    applied(&handle, of("b"), Command::Mark);
    let curves = || {
        let mut history = History::default();
        handle.lane(lane("b")).unwrap().feed.catch_up(&mut history);
        let recorded = history.iter().filter(|series| series.name != "spread");
        let mut names: Vec<(String, Vec<u64>)> = recorded
            .map(|series| (series.name.clone(), steps_of(&history, &series.name)))
            .collect();
        names.sort();
        names
    };
    let before = curves();
    for name in ["distance_d", "distance_samples", "sigma_svd.d.0"] {
        assert!(before.iter().any(|(known, _)| known == name), "{before:?}");
    }
    stepped(&handle, 4);
    applied(&handle, of("b"), Command::Rewind(marked));
    assert_eq!(curves(), before);
    let shown = handle.lane(lane("b")).unwrap().feed.snapshot();
    let exact = shown.spectra.as_ref().unwrap();
    let last = marked / 2 * 2;
    assert_eq!(exact.step, last);
    assert!(exact.layers[0].exact.sigma_svd.is_some());
    assert_eq!(shown.outputs.as_ref().unwrap().step, last);
}

#[test]
fn requests_that_lanes_cannot_follow_are_refused_with_the_reason() {
    let out = out();
    let handle = live(out.path());
    for (to, command, reason) in [
        ("a", Command::Join(LaneId::A), "the run itself"),
        (
            "a",
            Command::Join(lane("b")),
            "there is no lane b; going are: a",
        ),
        ("b", set("gain", "2.0"), "there is no lane b"),
        ("a", fork(&[("gian", "1")]), "gian"),
        ("a", fork(&[("latent", "3")]), "fixed"),
        ("a", back("b"), "there is no lane b in"),
        ("a", back("a"), "lane a is going"),
    ] {
        let why = refused(&handle, of(to), command);
        assert!(why.contains(reason), "{why}");
    }
    assert!(refused(&handle, Target::All, fork(&[])).contains("name it"));
    for _ in 0..3 {
        applied(&handle, of("a"), fork(&[]));
    }
    assert!(refused(&handle, of("a"), fork(&[])).contains("at most 4"));
    let why = refused(&handle, Target::All, set("gain", "[1"));
    assert!(why.contains("lane d: `gain`"), "{why}");
    assert_eq!(names(&handle), "abcd");
}
