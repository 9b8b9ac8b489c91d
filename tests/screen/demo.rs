//! The demo: its parts on a shorter clock with real runs, its texts, and the ways out of it.

use std::{cell::RefCell, path::Path, rc::Rc, sync::Arc};

use sn_tui::{
    command,
    model::{Command, History, LaneId, Notice, RunRequest, Snapshot, Status},
    run::{self, Device, Handle},
    tui::{
        Link, OwnRun,
        app::{
            App, Effect,
            action::Action,
            demo::{Demo, Plan, Stage},
            view::View,
        },
    },
};

use super::{
    app, colours, drawn, lanes, layout,
    made_up::{history, measures, points, ring, running},
    text, waiting,
};

fn demo(mut app: App) -> App {
    app.demo = Some(Demo::new(Plan::new(0)));
    app.advance_demo();
    app
}

fn alone() -> App {
    demo(app(
        running(ring(), "ring", points()),
        history(measures),
        colours(),
    ))
}

fn stage(app: &App) -> Option<Stage> {
    app.demo.as_ref().map(Demo::stage)
}

/// What the screen says, in one line.
fn said(app: &App, size: (u16, u16)) -> String {
    let shown = text(&drawn(app, size));
    let (_, text) = shown.split_once("demo ").unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

#[test]
fn the_first_part() {
    let app = alone();
    layout("demo_1", &app);
    let said = said(&app, (120, 40));
    assert!(
        said.contains("‖∇xD‖ in the gradient chart, has climbed to 0.44"),
        "{said}"
    );
}

#[test]
fn a_second_lane_is_the_second_part() {
    let mut app = demo(lanes::run(ring(), 2, 0, colours()));
    // A lane that another program has split off before.
    assert_eq!(stage(&app), Some(Stage::Without));
    app.demo = Some(Demo::new(Plan {
        fork: 1_000,
        ..Plan::new(0)
    }));
    app.advance_demo();
    assert_eq!(stage(&app), Some(Stage::Forked));
    layout("demo_2", &app);
}

#[test]
fn the_demo_is_left_by_escape_and_by_changing_the_experiment() {
    let mut app = alone();
    // What is open is closed first.
    app.update(Action::Help);
    assert_eq!(app.update(Action::Back), None);
    assert!(app.demo.is_some());
    let fast = Some(Effect::SendToAll(Command::Pace(None)));
    assert_eq!(app.update(Action::Back), fast);
    let told = app.message().unwrap().text;
    assert_eq!(
        told,
        "Demo left: the run is yours, at full speed. A lane with SN still comes at step 2,000."
    );
    assert!(app.demo.is_none());
    assert_eq!(app.update(Action::Back), None);

    let mut app = alone();
    for action in [Action::Pause, Action::Layers, Action::Faster, Action::Mark] {
        app.update(action);
        assert!(app.demo.is_some(), "{action:?}");
    }
    let effect = app.update(Action::ToggleNormalization);
    assert!(matches!(effect, Some(Effect::Send(Command::Set { .. }))));
    assert!(app.demo.is_none() && app.message().unwrap().text.contains("the run is yours"));
}

#[test]
fn news_are_shown_for_eight_seconds() {
    let at = |step, number| Snapshot {
        step,
        notice: Some(Notice {
            number,
            text: format!("news {number}"),
            error: number == 3,
        }),
        ..running(ring(), "ring", points())
    };
    let mut app = alone();
    let mut shown = |step, number| {
        app.observe(Arc::new(at(step, number)));
        app.advance_demo();
        app.message().map(|message| message.text)
    };
    assert_eq!(shown(1_000, 1).as_deref(), Some("news 1"));
    assert_eq!(shown(1_600, 1).as_deref(), Some("news 1"));
    assert_eq!(shown(1_610, 2).as_deref(), Some("news 2"));
    assert_eq!(shown(2_250, 2).as_deref(), Some("news 2"));
    assert_eq!(shown(2_251, 2), None);
    assert_eq!(shown(2_252, 2), None);
    assert_eq!(shown(2_260, 3).as_deref(), Some("news 3"));
    assert_eq!(shown(9_000, 3).as_deref(), Some("news 3"), "an error stays");
}

#[test]
fn a_slope_that_was_never_measured_has_no_number() {
    let app = demo(app(
        running(ring(), "ring", points()),
        History::default(),
        colours(),
    ));
    let said = said(&app, (120, 40));
    assert!(said.contains("in the gradient chart, climbs."), "{said}");
}

#[test]
fn no_size_panics() {
    let app = alone();
    for width in [0, 7, 40, 55, 80, 133, 300] {
        for height in [0, 2, 10, 14, 18, 24, 40, 90] {
            drawn(&app, (width, height));
        }
    }
}

/// A run of the demo, as its command starts it.
fn start(request: &RunRequest, out: &Path) -> Rc<Handle> {
    let effective = command::effective(request).unwrap();
    let options = run::Options {
        seed: request.seed(),
        threads: 2,
        at: effective.plan.at,
        forks: effective.plan.forks,
        // Until its pace is set.
        paused: true,
        ..run::Options::new(&effective.name, effective.preset, out)
    };
    Rc::new(run::start(options, |preset, seed| Device::Cpu.build(preset, seed)).unwrap())
}

/// Shows the run until this holds, as the event loop does.
fn show_until(app: &mut App, link: &dyn Link, what: &str, holds: impl Fn(&App) -> bool) {
    let app = RefCell::new(app);
    waiting::until(what, || {
        let app = &mut *app.borrow_mut();
        app.observe(link.snapshot());
        app.observe_lanes(&link.lanes());
        let mut history = std::mem::take(&mut app.history);
        link.catch_up(&mut history);
        app.set_history(history);
        app.catch_up_lanes(|lane, history| link.catch_up_lane(lane, history));
        if let Some(Effect::SendToAll(command)) = app.advance_demo() {
            link.send_to_all(command);
            link.send_to_all(Command::Resume);
        }
        holds(app)
    });
}

/// The slopes of D at the steps from one on.
fn slopes(history: &History, from: u64) -> Vec<f32> {
    let curve = history.get("grad_x_mean").unwrap().recent.iter();
    curve
        .filter(|(step, _)| *step >= from)
        .map(|it| it.1)
        .collect()
}

#[test]
fn a_demo_on_a_shorter_clock() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        fork: 31,
        steps: Some(60),
        on: 31,
        paces: [200.0, 100.0],
        set: ["batch=32", "scores.every=30", "spectra.every=0"]
            .map(str::to_owned)
            .to_vec(),
        ..Plan::new(0)
    };
    let first = start(&plan.first(), &folder.path().join("first"));
    let link = OwnRun::of(Rc::clone(&first));
    let mut app = App::new(link.snapshot(), colours());
    app.demo = Some(Demo::new(plan.clone()));
    show_until(&mut app, &link, "a fork", |app| {
        stage(app) == Some(Stage::Forked)
    });
    assert!(said(&app, (120, 40)).contains("Lane b was split off at step 31 and has SN on"));
    show_until(&mut app, &link, "the end", |app| {
        stage(app) == Some(Stage::Compared)
    });
    assert_eq!(app.view, View::Compare);
    // SN takes effect at the first step of lane b.
    let b = &app.lanes.others[0];
    assert_eq!(b.id, LaneId::A.next().unwrap());
    let (a, b) = (slopes(&app.history, 31), slopes(&b.history, 31));
    assert!(
        a.len() == 30 && b.len() == 30 && b[0] < a[0] / 2.0,
        "{a:?} {b:?}"
    );
    let told = said(&app, (120, 40));
    assert!(told.contains("After step 60 lane a covers"), "{told}");
    assert!(
        told.contains("of 8 modes (reverse KL") && told.contains("Enter goes on"),
        "{told}"
    );

    let effect = app.update(Action::Choose);
    assert_eq!(effect, Some(Effect::Start(plan.second())));
    assert_eq!(app.update(Action::Choose), None, "once");
    let second = start(&plan.second(), &folder.path().join("second"));
    first.send(Command::Quit);
    let link = OwnRun::of(Rc::clone(&second));
    app.start_run(link.snapshot());
    assert_eq!(
        (stage(&app), app.view),
        (Some(Stage::Exploding), View::Dashboard)
    );
    show_until(&mut app, &link, "all steps", |app| {
        app.snapshot.status == Status::Finished
    });
    assert_eq!(stage(&app), Some(Stage::Held));
    let slopes = slopes(&app.history, 30);
    assert!(
        slopes[0] > 10.0 && slopes[1..6].iter().all(|slope| *slope < 1.0),
        "{slopes:?}"
    );
    let told = said(&app, (120, 40));
    assert!(told.contains("to below 1 within 1 step, and is "), "{told}");
    assert!(
        told.contains("of 8 modes at step 30 without it, ")
            && told.contains("of 8 modes at step 60 with it"),
        "{told}"
    );
    assert!(told.contains("the run is finished: R rewinds"), "{told}");
    let fast = Some(Effect::SendToAll(Command::Pace(None)));
    assert_eq!(app.update(Action::Choose), fast);
    assert!(app.demo.is_none());
    second.send(Command::Quit);
    drop(link);
    Rc::into_inner(second).unwrap().wait();
}
