//! Runs that fail and are repaired during training: their alarms end.

use sn_tui::{
    model::{AlarmKind, Cause, Command, Entry, Event, Snapshot, Status},
    run::Handle,
};

use super::{Plan, journal, keys, off, on, until};

/// Trains, and checks that the alarm is raised, and ends after the repair.
fn alarm_ends(preset: &str, steps: u64, settings: &[&str], repair: &[&str], key: &str) {
    let plan = Plan {
        preset,
        steps,
        settings,
        at: repair,
        ..Plan::default()
    };
    let trained = plan.train();
    let first = |turn: fn(&Entry) -> Option<(&str, &str)>| {
        let mut turns = trained.journal.iter().filter_map(move |entry| {
            let (its, text) = turn(entry)?;
            (its == key).then(|| (entry.step, text.to_owned(), entry.cause.clone()))
        });
        turns.next()
    };
    let (Some((begun, told, _)), Some((over, text, cause))) = (first(on), first(off)) else {
        panic!("{key}: {:#?}\n{}", trained.journal, trained.margins);
    };
    let is_set = |entry: &&Entry| matches!(entry.event, Event::Set { .. });
    let repaired = trained.journal.iter().find(is_set).unwrap().step;
    let steps = [begun, repaired, over];
    assert!(steps.is_sorted(), "{key}: {steps:?}");
    assert_eq!((text, cause), (told, Cause::Alarm));
}

#[test]
fn more_gain_revives_the_gradient() {
    let settings = ["gain=1e-6", "batch=32"];
    alarm_ends("ring", 400, &settings, &["110:gain=16"], "dying_gradient");
}

#[test]
fn normalization_ends_an_explosion() {
    let settings = ["loss=wasserstein", "batch=64", "spectral.enabled=false"];
    let repair = ["200:spectral.enabled=true"];
    alarm_ends("ring", 400, &settings, &repair, "exploding_gradient");
}

#[test]
fn a_generator_that_learns_again_takes_the_win_from_d() {
    let settings = [
        "generator.learning_rate=0",
        "batch=16",
        "scores.every=0",
        "decay=false",
    ];
    let repair = ["120:generator.learning_rate=0.001"];
    alarm_ends("digits", 500, &settings, &repair, "discriminator_wins");
}

#[test]
fn a_discriminator_that_learns_again_no_longer_loses() {
    let settings = [
        "discriminator.learning_rate=0",
        "batch=16",
        "scores.every=0",
        "decay=false",
    ];
    let repair = ["80:discriminator.learning_rate=0.001"];
    alarm_ends("digits", 250, &settings, &repair, "discriminator_loses");
}

#[test]
fn at_its_old_rate_g_covers_its_modes_again() {
    let settings = [
        "decay=false",
        "batch=128",
        "scores.every=50",
        "samples.every=100000",
        "generator.learning_rate=0.002",
    ];
    let changes = [
        "1500:generator.learning_rate=0.01",
        "2000:generator.learning_rate=0.002",
    ];
    let plan = Plan {
        preset: "ring",
        steps: 2800,
        settings: &settings,
        at: &changes,
        ..Plan::default()
    };
    let trained = plan.train();
    assert_eq!(
        (keys(&trained.journal, on), keys(&trained.journal, off)),
        (vec!["mode_collapse"], vec!["mode_collapse"]),
        "{:#?}\n{}",
        trained.journal,
        trained.margins
    );
}

#[test]
fn with_iterations_sigma_is_estimated_again() {
    let settings = [
        "spectral.iterations=0",
        "discriminator.learning_rate=0.01",
        "batch=32",
    ];
    let repair = ["1500:spectral.iterations=5"];
    alarm_ends("ring", 4000, &settings, &repair, "estimate_drift.d.2");
}

fn set(handle: &Handle, key: &str, value: &str) {
    let (key, value) = (key.to_owned(), value.to_owned());
    let id = handle.send(Command::Set { key, value }).unwrap();
    until(handle, |snapshot| snapshot.acknowledged >= id);
}

fn is_not_finite(snapshot: &Snapshot) -> bool {
    let mut alarms = snapshot.alarms.iter();
    alarms.any(|alarm| alarm.kind == AlarmKind::NonFinite)
}

/// Breaks a live run, waits for its pause, repairs it, and checks that it resumes.
fn breaks_and_recovers(settings: &[&str], breaking: &[(&str, &str)], repair: &[(&str, &str)]) {
    let out = tempfile::tempdir().unwrap();
    let plan = Plan {
        preset: "ring",
        steps: 1_000_000,
        settings,
        ..Plan::default()
    };
    let handle = plan.start(out.path(), true);
    until(&handle, |snapshot| snapshot.step >= 20);
    for (key, value) in breaking {
        set(&handle, key, value);
    }
    let broken = until(&handle, |snapshot| snapshot.status == Status::Paused);
    assert!(is_not_finite(&broken), "{:?}", broken.alarms);
    let notice = broken.notice.as_ref().unwrap();
    assert!(notice.text.contains("not applied"), "{}", notice.text);

    // Nothing was repaired: the same update is refused again, and the message is not repeated.
    let again = handle.send(Command::Resume).unwrap();
    let again = until(&handle, |s| {
        s.acknowledged >= again && s.status == Status::Paused
    });
    assert!(is_not_finite(&again));
    assert_eq!(again.step, broken.step);

    for (key, value) in repair {
        set(&handle, key, value);
    }
    let resumed = handle.send(Command::Resume).unwrap();
    let repaired = until(&handle, |s| {
        let done = s.step >= broken.step + 100 || s.status == Status::Paused;
        s.acknowledged >= resumed && done
    });
    assert_eq!(repaired.status, Status::Running, "{:?}", repaired.notice);
    assert!(!is_not_finite(&repaired), "{:?}", repaired.alarms);
    assert!(repaired.measures.as_ref().unwrap().loss_d.is_finite());
    handle.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!(ended.error, None);
    let journal = journal(out.path());
    let count = |keys: Vec<&str>| keys.iter().filter(|&&key| key == "non_finite").count();
    let turns = [keys(&journal, on), keys(&journal, off)].map(count);
    assert_eq!(turns, [1, 1], "{journal:#?}");
}

#[test]
fn a_run_recovers_from_an_absurd_gain() {
    breaks_and_recovers(&["batch=16"], &[("gain", "1e38")], &[("gain", "16")]);
}

#[test]
fn a_run_recovers_from_an_absurd_rate() {
    let settings = ["batch=16", "spectral.enabled=false"];
    let breaking = [("discriminator.learning_rate", "1e9")];
    let repair = [
        ("discriminator.learning_rate", "0.002"),
        ("spectral.enabled", "true"),
    ];
    breaks_and_recovers(&settings, &breaking, &repair);
}
