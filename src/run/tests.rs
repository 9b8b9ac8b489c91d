//! Whole runs of an engine without networks.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Command, Ended, Handle, Options, Snapshot, Status, Stopped,
    fake::{self, Fake},
    start,
};

fn out() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn finish(options: Options, fake: Fake) -> (Ended, Vec<u64>) {
    let mut handle = start(options, fake.build()).unwrap();
    let lines = handle.take_lines();
    let ended = handle.wait();
    let steps = lines.map(|lines| lines.iter().map(|line| line.step).collect());
    (ended, steps.unwrap_or_default())
}

/// Waits until the snapshot is as `wanted`.
fn until(handle: &Handle, wanted: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let start = Instant::now();
    loop {
        let snapshot = handle.snapshot();
        if wanted(&snapshot) {
            return (*snapshot).clone();
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{snapshot:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn obeyed(handle: &Handle, command: Command) -> Snapshot {
    let id = handle.send(command).unwrap();
    until(handle, |snapshot| snapshot.acknowledged >= id)
}

fn set(key: &str, value: &str) -> Command {
    Command::Set {
        key: key.into(),
        value: value.into(),
    }
}

/// A run that a person watches, paused before its first steps can end it.
fn live(out: &Path) -> Handle {
    let mut options = fake::options(out);
    options.live = true;
    options.log_every = None;
    options.preset.steps = 1_000_000;
    let handle = start(options, Fake::default().build()).unwrap();
    obeyed(&handle, Command::Pause);
    handle
}

#[test]
fn a_run_leaves_its_files_and_its_figures() {
    let out = out();
    let (ended, lines) = finish(fake::options(out.path()), Fake::default());
    assert_eq!(ended.error, None);
    assert_eq!(lines, (1..=20).collect::<Vec<u64>>());
    for file in [
        "preset.ron",
        "sn-tui.log",
        "weights.safetensors",
        "samples/step-000000.png",
        "samples/step-000010.png",
        "samples/step-000020.png",
        "samples/final.png",
    ] {
        assert!(out.path().join(file).is_file(), "{file}");
    }
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 4);
    assert_eq!(fs::read_dir(out.path().join("samples")).unwrap().count(), 4);
    let summary = ended.summary;
    assert_eq!((summary.steps, summary.stopped), (20, Stopped::Done));
    assert_eq!(summary.weights_sha256.map(|hash| hash.len()), Some(64));
    assert_eq!(summary.scores.map(|scores| scores.modes_total), Some(8));
}

#[test]
fn no_steps_leave_the_initial_weights() {
    let out = out();
    let mut options = fake::options(out.path());
    options.preset.steps = 0;
    let (ended, lines) = finish(options, Fake::default());
    assert!(lines.is_empty() && ended.error.is_none());
    assert_eq!((ended.summary.steps, ended.summary.loss_d), (0, None));
    assert!(out.path().join("weights.safetensors").is_file());
}

#[test]
fn lines_come_every_so_many_steps_and_for_the_last() {
    let out = out();
    let mut options = fake::options(out.path());
    options.log_every = Some(7);
    options.measure_every = 1000;
    assert_eq!(finish(options, Fake::default()).1, [7, 14, 20]);
}

#[test]
fn runs_repeat_and_scheduled_changes_act_before_their_step() {
    let hash = |at: &[&str], threads| {
        let out = out();
        let mut options = fake::options(out.path());
        options.at = at.iter().map(|at| at.parse().unwrap()).collect();
        options.threads = threads;
        finish(options, Fake::default()).0.summary.weights_sha256
    };
    assert_eq!(hash(&[], 1), hash(&[], 2));
    assert_eq!(hash(&["21:batch=8"], 1), hash(&[], 1));
    assert_ne!(hash(&["20:batch=8"], 1), hash(&[], 1));
    let late = ["15:gain=2", "9:batch=8", "12:batch=24"];
    assert_eq!(hash(&late, 1), hash(&late, 2));
    assert_eq!(
        hash(&["9:batch=8", "9:batch=16"], 1),
        hash(&[], 1),
        "no prepared batch of another size is used"
    );
}

#[test]
fn a_live_change_acts_as_a_scheduled_one() {
    let scheduled = {
        let out = out();
        let mut options = fake::options(out.path());
        options.at = vec!["4:batch=8".parse().unwrap()];
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
    let paused = obeyed(&handle, Command::Pause);
    assert!(paused.step <= 3);
    if paused.step < 3 {
        handle.send(Command::Step(3 - paused.step)).unwrap();
        until(&handle, |s| s.step == 3 && s.status == Status::Paused);
    }
    let changed = obeyed(&handle, set("batch", "8"));
    let change = changed.changes.last().unwrap();
    assert_eq!((change.step, change.kind.as_str()), (4, "set"));
    assert_eq!((change.old.as_str(), change.new.as_str()), ("16", "8"));
    assert_eq!(change.cause, "key");
    handle.send(Command::Resume).unwrap();
    until(&handle, |s| s.status == Status::Finished);
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!(ended.summary.stopped, Stopped::Done);
    assert_eq!(ended.summary.weights_sha256, scheduled);
}

#[test]
fn pause_step_and_resume() {
    let out = out();
    let handle = live(out.path());
    let paused = until(&handle, |s| s.status == Status::Paused);
    assert_eq!(paused.steps_per_second, 0.0);
    handle.send(Command::Step(3)).unwrap();
    let later = until(&handle, |s| {
        s.step == paused.step + 3 && s.status == Status::Paused
    });
    assert_eq!(later.measures.unwrap().step, later.step);
    assert_eq!(
        handle.history().get("loss_d").unwrap().recent.len() as u64,
        later.step.min(1024)
    );
    handle.send(Command::Resume).unwrap();
    until(&handle, |s| s.step > later.step + 10);
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!((ended.summary.stopped, ended.error), (Stopped::User, None));
    assert!(out.path().join("weights.safetensors").is_file());
}

#[test]
fn refused_changes_are_acknowledged_and_change_nothing() {
    let out = out();
    let handle = live(out.path());
    let before = handle.snapshot();
    for (key, value, reason) in [
        ("gane", "1", "gane"),
        ("gain", "[", "1:"),
        ("latent", "7", "under way"),
        ("gain", "-1", "negative"),
    ] {
        let after = obeyed(&handle, set(key, value));
        let notice = after.notice.unwrap();
        assert!(notice.error && notice.text.contains(reason), "{notice:?}");
        assert_eq!(after.settings, before.settings);
        assert_eq!(after.changes, before.changes);
    }
    let same = obeyed(&handle, set("gain", "4.0"));
    assert_eq!(same.changes, before.changes);
}

#[test]
fn a_finished_live_run_stays_and_saves_pictures() {
    let out = out();
    let mut options = fake::options(out.path());
    options.live = true;
    options.preset.steps = 3;
    let handle = start(options, Fake::default().build()).unwrap();
    until(&handle, |s| s.status == Status::Finished);
    assert!(out.path().join("weights.safetensors").is_file());
    let refused = obeyed(&handle, Command::Resume);
    assert_eq!(refused.status, Status::Finished);
    assert!(refused.notice.unwrap().error);
    let saved = obeyed(&handle, Command::SavePicture);
    assert!(saved.notice.unwrap().text.contains("step-000003.png"));
    assert!(out.path().join("samples/step-000003.png").is_file());
    handle.send(Command::Quit).unwrap();
    assert_eq!(handle.wait().summary.stopped, Stopped::Done);
}

#[test]
fn what_is_not_finite_ends_a_headless_run_with_its_line() {
    let out = out();
    let mut options = fake::options(out.path());
    options.log_every = Some(10);
    let plan = Fake {
        non_finite_at: Some(5),
        ..Fake::default()
    };
    let (ended, lines) = finish(options, plan);
    assert_eq!(lines, [5]);
    assert_eq!(
        (ended.summary.steps, ended.summary.stopped),
        (4, Stopped::Error)
    );
    assert!(ended.summary.loss_d.unwrap().is_nan());
    assert!(ended.error.unwrap().contains("step 5"));
    assert!(out.path().join("weights.safetensors").is_file());
}

#[test]
fn what_is_not_finite_pauses_a_live_run_that_can_then_go_on() {
    let out = out();
    let mut options = fake::options(out.path());
    options.live = true;
    let plan = Fake {
        non_finite_at: Some(5),
        ..Fake::default()
    };
    let handle = start(options, plan.build()).unwrap();
    let paused = until(&handle, |s| s.status == Status::Paused);
    assert_eq!(paused.step, 4);
    assert!(paused.notice.unwrap().text.contains("not finite"));
    obeyed(&handle, set("gain", "1"));
    handle.send(Command::Resume).unwrap();
    until(&handle, |s| s.status == Status::Finished && s.step == 20);
}

#[test]
fn panics_and_failures_are_values() {
    for (plan, message) in [
        (
            Fake {
                panic_at: Some(3),
                ..Fake::default()
            },
            "a panic on request",
        ),
        (
            Fake {
                fail_at: Some(3),
                ..Fake::default()
            },
            "the device is gone",
        ),
    ] {
        let out = out();
        let mut options = fake::options(out.path());
        options.live = true;
        let handle = start(options, plan.build()).unwrap();
        let failed = until(&handle, |s| matches!(s.status, Status::Failed(_)));
        assert!(matches!(&failed.status, Status::Failed(text) if text.contains(message)));
        let ended = handle.wait();
        assert_eq!(ended.summary.stopped, Stopped::Error);
        assert!(ended.error.unwrap().contains(message));
        let log = fs::read_to_string(out.path().join("sn-tui.log")).unwrap();
        assert!(log.contains(message), "{log}");
    }
}

#[test]
fn data_and_networks_that_cannot_be_had_fail_the_run() {
    let out = out();
    let handle = start(fake::options(out.path()), |_, _| {
        Err("no such device".into())
    })
    .unwrap();
    let ended = handle.wait();
    assert_eq!(ended.error.as_deref(), Some("no such device"));
    assert_eq!(ended.summary.stopped, Stopped::Error);
}

#[test]
fn training_goes_on_where_saving_fails() {
    let out = out();
    let handle = live(out.path());
    fs::remove_dir_all(out.path()).unwrap();
    let saved = obeyed(&handle, Command::SavePicture);
    let notice = saved.notice.unwrap();
    assert!(notice.error && notice.text.contains("cannot save"));
    handle.send(Command::Resume).unwrap();
    until(&handle, |s| s.step > saved.step + 20);
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert!(ended.summary.weights_sha256.is_some());
    assert!(ended.error.unwrap().contains("weights.safetensors"));
}

#[test]
fn a_worker_nobody_holds_ends_in_order() {
    let out = out();
    drop(live(out.path()));
    let start = Instant::now();
    while !out.path().join("weights.safetensors").is_file() {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nobody_answers_after_the_end() {
    let out = out();
    let handle = live(out.path());
    let requests = handle.requests();
    handle.send(Command::Quit).unwrap();
    handle.wait();
    assert_eq!(requests.send(Command::Pause), None);
}
