//! Live runs.

mod changes;
mod lanes;
mod pictures;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{out, until};
use crate::{
    model::{Command, Snapshot, Status, Stopped, Updates},
    preset::Preset,
    run::{
        Handle,
        fake::{self, Fake},
        start,
    },
};

/// Sends a command, and waits until it is executed.
fn executed(handle: &Handle, command: Command) -> Snapshot {
    let id = handle.send(command).unwrap();
    until(handle, |snapshot| snapshot.acknowledged >= id)
}

fn set(key: &str, value: &str) -> Command {
    Command::Set {
        key: key.into(),
        value: value.into(),
    }
}

/// A live run that is paused soon after its start.
fn live(out: &Path) -> Handle {
    live_measured(out, 1)
}

fn live_measured(out: &Path, measure_every: u64) -> Handle {
    begun(out, measure_every, |_| {})
}

/// As [`live`], under other settings.
fn live_with(out: &Path, change: impl FnOnce(&mut Preset)) -> Handle {
    begun(out, 1, change)
}

fn begun(out: &Path, measure_every: u64, change: impl FnOnce(&mut Preset)) -> Handle {
    let mut options = fake::options(out);
    options.measure_every = measure_every;
    change(&mut options.preset);
    options.live = true;
    options.log_every = None;
    options.preset.steps = 1_000_000;
    let handle = start(options, Fake::default().build()).unwrap();
    executed(&handle, Command::Pause);
    handle
}

#[test]
fn pause_step_and_resume() {
    let out = out();
    let handle = live(out.path());
    let paused = until(&handle, |s| s.status == Status::Paused);
    assert_eq!(paused.steps_per_second, 0.0);
    handle.send(steps(3)).unwrap();
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
fn a_finished_live_run_stays_and_saves_pictures() {
    let out = out();
    let mut options = fake::options(out.path());
    options.live = true;
    options.preset.steps = 3;
    let handle = start(options, Fake::default().build()).unwrap();
    until(&handle, |s| s.status == Status::Finished);
    assert!(out.path().join("weights.safetensors").is_file());
    let refused = executed(&handle, Command::Resume);
    assert_eq!(refused.status, Status::Finished);
    assert!(refused.notice.unwrap().error);
    let saved = executed(&handle, Command::SavePicture);
    assert!(saved.notice.unwrap().text.contains("step-000003.png"));
    assert!(out.path().join("samples/step-000003.png").is_file());
    handle.send(Command::Quit).unwrap();
    assert_eq!(handle.wait().summary.stopped, Stopped::Done);
}

#[test]
fn a_live_run_pauses_after_a_non_finite_loss_and_can_resume() {
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
    executed(&handle, set("gain", "1.0"));
    handle.send(Command::Resume).unwrap();
    until(&handle, |s| s.status == Status::Finished && s.step == 20);
}

#[test]
fn training_goes_on_where_saving_fails() {
    let out = out();
    let handle = live(out.path());
    // The run may create files while the directory is being removed.
    while fs::remove_dir_all(out.path()).is_err() && out.path().exists() {}
    let saved = executed(&handle, Command::SavePicture);
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
fn a_worker_without_a_handle_ends_in_order() {
    let out = out();
    drop(live(out.path()));
    let start = Instant::now();
    while !out.path().join("weights.safetensors").is_file() {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn requests_fail_after_the_end() {
    let out = out();
    let handle = live(out.path());
    let requests = handle.requests();
    handle.send(Command::Quit).unwrap();
    handle.wait();
    assert_eq!(requests.send(Command::Pause), None);
}

#[test]
fn paused_the_measures_are_those_of_the_last_step() {
    let out = out();
    let handle = live_measured(out.path(), 1_000_000);
    let measured = |snapshot: &Snapshot| snapshot.measures.as_ref().map(|m| m.step);
    let before = handle.snapshot().step;
    handle.send(steps(3)).unwrap();
    let stepped = until(&handle, |s| {
        s.step == before + 3 && s.status == Status::Paused
    });
    assert_eq!(measured(&stepped), Some(stepped.step));
    executed(&handle, Command::Resume);
    until(&handle, |s| s.step > stepped.step);
    let paused = executed(&handle, Command::Pause);
    assert_eq!(measured(&paused), Some(paused.step));
}

#[test]
fn an_unnormalized_layer_is_reported_once() {
    let out = out();
    let mut options = fake::options(out.path());
    options.live = true;
    options.preset.steps = 6;
    let plan = Fake {
        zero_from: Some(3),
        ..Fake::default()
    };
    let handle = start(options, plan.build()).unwrap();
    let end = until(&handle, |snapshot| snapshot.status == Status::Finished);
    let notice = end.notice.unwrap();
    assert!(notice.error && notice.number == 1, "{notice:?}");
    assert!(notice.text.starts_with("step 3: ") && notice.text.ends_with("unnormalized: d.0"));
}

fn step(updates: Updates, count: u64) -> Command {
    Command::Step { updates, count }
}

fn steps(count: u64) -> Command {
    step(Updates::Both, count)
}

#[test]
fn steps_of_one_network_have_no_points_of_the_other() {
    let out = out();
    let handle = live(out.path());
    let before = handle.snapshot().step;
    for (updates, count) in [(Updates::Discriminator, 3), (Updates::Generator, 4)] {
        let start = handle.snapshot().step;
        handle.send(step(updates, count)).unwrap();
        until(&handle, |s| {
            s.step == start + count && s.status == Status::Paused
        });
    }
    let history = handle.history();
    let since = |name: &str| {
        let recent = history.get(name).unwrap().recent.iter();
        recent.filter(|&&(step, _)| step > before).count()
    };
    assert_eq!((since("loss_d"), since("loss_g")), (3, 4));
    assert_eq!((since("sigma.d.0"), since("grad_x_mean")), (3, 4));
}

#[test]
fn slow_motion_waits_between_steps_and_answers_meanwhile() {
    let out = out();
    let handle = live(out.path());
    for wrong in [0.0, -1.0, f32::NAN] {
        let refused = executed(&handle, Command::Pace(Some(wrong)));
        assert!(refused.notice.unwrap().error && refused.pace.is_none());
    }
    let slow = executed(&handle, Command::Pace(Some(0.01)));
    assert_eq!(slow.pace, Some(0.01));
    executed(&handle, Command::Resume);
    let first = until(&handle, |s| s.step > slow.step).step;
    // The next step is due in more than a minute.
    let start = Instant::now();
    executed(&handle, set("gain", "1.5"));
    executed(&handle, Command::Pace(Some(20.0)));
    let later = until(&handle, |s| s.step >= first + 6);
    let took = start.elapsed();
    assert!(
        took >= Duration::from_millis(240),
        "{took:?} for {}",
        later.step - first
    );
    assert!(took < Duration::from_secs(15), "{took:?}");
    executed(&handle, Command::Pace(None));
    until(&handle, |s| s.step > later.step + 500);
}
