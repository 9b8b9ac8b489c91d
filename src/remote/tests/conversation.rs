//! Runs and those that attach to them.

use crate::{
    files::folder::Folder,
    model::{Command, Event, Stopped, Updates, Watched},
    remote::{address::Listener, path, tests::*},
};

fn set(key: &str, value: &str) -> Command {
    Command::Set {
        key: key.into(),
        value: value.into(),
    }
}

#[test]
fn a_run_without_a_screen_is_seen_and_changed() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let client = attach(out.path(), CONTROLLER);
    assert_eq!(client.role(), Role::Controller);
    let greeting = client.snapshot().notice.clone().unwrap();
    assert!(greeting.text.contains(":quit-run"), "{greeting:?}");
    until(&client, |s| s.step > 20 && s.samples.is_some());
    assert_eq!(client.snapshot().directory, out.path());

    let id = client.send(set("gain", "2")).unwrap();
    let changed = until(&client, |s| s.acknowledged >= id);
    assert_eq!(changed.settings.gain, 2.0);
    assert_eq!(client.initial().gain, 4.0);
    let last = &changed.changes.last().unwrap().event;
    assert!(matches!(last, Event::Set { key, .. } if key == "gain"));
    let journal = std::fs::read_to_string(out.path().join("journal.jsonl")).unwrap();
    assert!(
        journal.contains(r#""key":"gain","old":"4.0","new":"2.0""#),
        "{journal}"
    );
    // What is wrong is said as on a screen of the run's own.
    let id = client.send(set("gain", "-1")).unwrap();
    let told = until(&client, |s| s.acknowledged >= id)
        .notice
        .clone()
        .unwrap();
    assert!(told.error && told.text.contains("gain"), "{told:?}");

    let id = client.send(Command::Pause).unwrap();
    until(&client, |s| {
        s.acknowledged >= id && s.status == Status::Paused
    });
    let here = handle.history();
    assert!(client.history().iter().eq(here.iter()));

    client.send(Command::Quit).unwrap();
    let ended = handle.wait();
    assert_eq!((ended.summary.stopped, ended.error), (Stopped::User, None));
    assert!(client.is_over());
    let last = client.snapshot();
    assert_eq!(last.status, Status::Still("ended by a person".to_owned()));
    let told = &last.notice.as_ref().unwrap().text;
    let how = format!(
        "was ended by a person at step {} of {}",
        last.step, last.steps
    );
    assert!(told.contains(&how), "{told}");
    assert_eq!(client.send(Command::Pause), None);
    assert!(client.refusal().contains("ended"), "{}", client.refusal());
    assert!(!path(out.path()).exists());
}

#[test]
fn one_controls_others_look_and_control_can_be_taken() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let first = attach(out.path(), CONTROLLER);
    let second = attach(out.path(), CONTROLLER);
    let viewer = attach(out.path(), VIEWER);
    let roles = [&first, &second, &viewer].map(Client::role);
    assert_eq!(roles, [Role::Controller, Role::Viewer, Role::Viewer]);
    for client in [&second, &viewer] {
        assert_eq!(client.send(set("gain", "2")), None);
        assert!(
            client.refusal().contains("only looks on"),
            "{}",
            client.refusal()
        );
        // Looking is for all.
        assert!(client.send(Command::Watch(vec![Watched::Plane])).is_some());
    }
    assert!(second.refusal().contains("--take"), "{}", second.refusal());
    until(&viewer, |s| s.plane.is_some());

    let taker = attach(
        out.path(),
        Wants {
            take: true,
            ..CONTROLLER
        },
    );
    assert_eq!(taker.role(), Role::Controller);
    let told = until(&first, |s| s.notice.as_ref().is_some_and(|n| n.error));
    assert!(told.notice.as_ref().unwrap().text.contains("taken control"));
    assert_eq!(first.send(Command::Pause), None);
    let id = taker.send(Command::Pause).unwrap();
    until(&taker, |s| s.acknowledged >= id);

    // Who goes makes room for one that wants it.
    drop(taker);
    let controls = |client: &&Client| client.role() == Role::Controller;
    let start = Instant::now();
    let next = loop {
        if let Some(next) = [&first, &second].into_iter().find(controls) {
            break next;
        }
        assert!(start.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(2));
    };
    until(next, |s| {
        let notice = s.notice.as_ref();
        notice.is_some_and(|n| n.text.contains("controls the run now"))
    });
    assert_eq!(viewer.role(), Role::Viewer);
    next.send(Command::Quit).unwrap();
    handle.wait();
}

#[test]
fn a_screen_of_the_runs_own_controls_until_it_is_gone() {
    let out = tempfile::tempdir().unwrap();
    let handle = begin(out.path(), true);
    let early = attach(
        out.path(),
        Wants {
            take: true,
            ..CONTROLLER
        },
    );
    assert_eq!(early.role(), Role::Viewer);
    assert_eq!(early.send(Command::Pause), None);
    assert!(
        early.refusal().contains("the screen"),
        "{}",
        early.refusal()
    );
    handle.go_headless();
    let start = Instant::now();
    while early.role() == Role::Viewer {
        assert!(start.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(2));
    }
    early.send(Command::Quit).unwrap();
    assert_eq!(handle.wait().summary.stopped, Stopped::User);
}

/// All steps may be made before the screen goes or after: a run that nobody watches ends.
#[test]
fn without_its_screen_a_run_ends_at_its_last_step() {
    for pause in [0, 400] {
        let out = tempfile::tempdir().unwrap();
        let mut options = fake::options(out.path());
        options.live = true;
        options.log_every = None;
        options.preset.steps = 30;
        let plan = Fake {
            pause: Duration::from_millis(10),
            ..Fake::default()
        };
        let handle = start(options, plan.build()).unwrap();
        thread::sleep(Duration::from_millis(pause));
        handle.go_headless();
        let ended = handle.wait();
        assert_eq!(
            (ended.summary.steps, ended.summary.stopped),
            (30, Stopped::Done)
        );
        assert!(out.path().join("weights.safetensors").is_file());
    }
}

#[test]
fn a_lost_run_is_found_again() {
    let out = tempfile::tempdir().unwrap();
    let listener = Listener::bind(&Folder::open(out.path()).unwrap()).unwrap();
    let process = thread::spawn(move || brief(&listener, &[false, false]));
    let client = attach(out.path(), CONTROLLER);
    assert_eq!(
        (client.snapshot().step, client.snapshot().gif),
        (7, Some(3))
    );
    let id = client.send(Command::Watch(vec![Watched::Plane])).unwrap();
    process.join().unwrap();
    let shows = |text: &'static str| {
        move |s: &Snapshot| s.notice.as_ref().is_some_and(|n| n.text.contains(text))
    };
    until(&client, shows("process is gone"));
    assert!(client.is_lost() && !client.is_over());
    // What was under way is not waited for, and nothing more is sent.
    assert!(client.snapshot().acknowledged >= id);
    assert_eq!(client.send(Command::Pause), None);
    assert!(client.refusal().contains("lost"), "{}", client.refusal());

    let handle = headless(out.path());
    let again = until(&client, shows("again to"));
    assert_eq!(again.gif, None);
    // What the screen watches is made by the run that was found.
    until(&client, |s| s.step != again.step && s.plane.is_some());
    let id = client.send(Command::Pause).unwrap();
    until(&client, |s| {
        s.acknowledged >= id && s.status == Status::Paused
    });
    let here = handle.history();
    assert!(client.history().iter().eq(here.iter()));
    client.send(Command::Quit).unwrap();
    handle.wait();
}

#[test]
fn where_nothing_runs_nobody_attaches() {
    let out = tempfile::tempdir().unwrap();
    let refused = |wants| {
        Client::attach(out.path(), wants, Duration::ZERO)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(VIEWER).contains("no process is training in"));
    drop(std::os::unix::net::UnixListener::bind(path(out.path())).unwrap());
    assert!(refused(CONTROLLER).contains("killed"));
}

#[test]
fn a_branch_that_was_left_stays_behind_the_curves() {
    let out = tempfile::tempdir().unwrap();
    let handle = headless(out.path());
    let early = attach(out.path(), CONTROLLER);
    let asked = |command| {
        let id = early.send(command).unwrap();
        until(&early, |s| s.acknowledged >= id)
    };
    let steps = |count| Command::Step {
        updates: Updates::Both,
        count,
    };
    asked(Command::Pause);
    let marked = asked(Command::Mark).step;
    asked(steps(30));
    until(&early, |s| {
        s.step == marked + 30 && s.status == Status::Paused
    });
    let left = handle.history();
    let back = asked(Command::Rewind(marked));
    assert_eq!(back.step, marked, "{:?}", back.notice);
    asked(steps(5));
    until(&early, |s| {
        s.step == marked + 5 && s.status == Status::Paused
    });
    let late = attach(out.path(), VIEWER);
    for client in [&early, &late] {
        let branch = client.branch().unwrap();
        assert_eq!(branch.step, marked + 30);
        assert!(branch.history.iter().eq(left.iter()));
        assert!(client.history().iter().eq(handle.history().iter()));
        let states = &client.snapshot().states;
        assert!(states.iter().any(|s| s.marked && s.step == marked));
    }
    early.send(Command::Quit).unwrap();
    handle.wait();
}
