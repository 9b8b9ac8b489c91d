//! Keys and commands that split lanes off, select them and end them.

use std::sync::Arc;

use sn_tui::{
    model::{Assignment, Command, LaneId, Notice, Saved, Snapshot, Watched},
    tui::app::{App, Effect, action::Action, view::View},
};

use super::{app, colours, made_up::*};

fn lane(name: &str) -> LaneId {
    name.parse().unwrap()
}

/// A running lane whose saved states are those of these steps.
fn going(saved: &[u64]) -> Arc<Snapshot> {
    let states = saved.iter().map(|&step| Saved { step, marked: true });
    Arc::new(Snapshot {
        states: states.collect(),
        ..running(ring(), "ring", points())
    })
}

/// A run with three lanes; lane c was split off at step 600.
fn with_lanes() -> (App, [Arc<Snapshot>; 3]) {
    let all = [
        going(&[200, 400, 600]),
        going(&[200, 400, 600]),
        going(&[600]),
    ];
    let mut app = app((*all[0]).clone(), history(measures), colours());
    observe(&mut app, "abc", &all);
    app.update(Action::Redraw);
    (app, all)
}

fn observe(app: &mut App, names: &str, lanes: &[Arc<Snapshot>]) -> bool {
    let names = names.chars().map(|name| lane(&name.to_string()));
    let lanes: Vec<_> = names.zip(lanes.iter().cloned()).collect();
    app.observe_lanes(&lanes)
}

/// Types a line and presses Enter; returns the effect.
fn enter(app: &mut App, line: &str) -> Option<Effect> {
    if app.line.is_none() {
        app.update(Action::CommandLine);
    }
    line.chars().for_each(|symbol| app.type_character(symbol));
    app.update(Action::Choose)
}

fn question(app: &App) -> String {
    let line = app.line.as_ref().expect("the line is open");
    line.question.clone().expect("a question")
}

fn told(app: &App) -> String {
    app.message()
        .map(|message| message.text)
        .unwrap_or_default()
}

#[test]
fn a_key_opens_the_line_that_forks() {
    let (mut app, _) = with_lanes();
    let fork = |changes| {
        let from = None;
        Some(Effect::Send(Command::Fork { changes, from }))
    };
    app.update(Action::Fork);
    assert_eq!(app.update(Action::Choose), fork(Vec::new()));
    app.update(Action::Fork);
    let gain = Assignment {
        key: "gain".to_owned(),
        value: "2".to_owned(),
    };
    assert_eq!(enter(&mut app, "gain=2"), fork(vec![gain]));
    app.update(Action::Fork);
    assert_eq!(enter(&mut app, "gain=pqs"), None);
    assert!(app.line.unwrap().error.is_some());
}

#[test]
fn a_key_selects_the_next_lane_of_several() {
    let (mut several, _) = with_lanes();
    let next = several.update(Action::NextLane);
    assert_eq!(next, Some(Effect::SelectLane(lane("b"))));
    let mut alone = app((*going(&[])).clone(), history(measures), colours());
    assert_eq!(alone.update(Action::NextLane), None);
    assert!(told(&alone).contains("one lane"), "{}", told(&alone));
    assert_eq!(
        enter(&mut several, "lane c"),
        Some(Effect::SelectLane(lane("c")))
    );
}

/// What lanes are told to make.
fn looks(app: &mut App) -> String {
    let of = |(lane, looks): &(LaneId, Vec<Watched>)| {
        let looks: Vec<String> = looks.iter().map(|look| format!("{look:?}")).collect();
        format!("{lane}:{}", looks.join("+"))
    };
    let told: Vec<String> = app.new_looks().iter().map(of).collect();
    told.join(" ")
}

#[test]
fn a_selected_lane_has_its_own_state_and_the_view_stays() {
    let (mut app, all) = with_lanes();
    app.update(Action::Layers);
    app.update(Action::ToggleWindow);
    app.views.curves.cursor = Some(400);
    app.record_sent(Command::Mark, Some(7));
    assert_eq!(looks(&mut app), "a:Spectra b:SpectraBeside c:SpectraBeside");
    let (view, window) = (app.view, app.window);
    let first = Arc::clone(&app.snapshot);
    let mut changes = all[1].changes.clone();
    changes.push(entry(1100, "set", "gain", "4", "2", "key"));
    let changed = Arc::new(Snapshot {
        changes,
        ..(*all[1]).clone()
    });

    app.select_lane(lane("b"), Arc::clone(&changed), None);
    assert_eq!(looks(&mut app), "a:SpectraBeside b:Spectra");
    assert_eq!(app.lanes.selected, lane("b"));
    assert_eq!(app.lanes.names(), [lane("a"), lane("b"), lane("c")]);
    assert!(Arc::ptr_eq(&app.snapshot, &changed));
    assert!(app.pending.is_empty() && app.history_is_stale());
    assert_eq!(app.views.journal.entries, changed.changes);
    assert_eq!((app.view, app.window), (view, window));
    assert_eq!(
        (app.view, app.views.curves.cursor),
        (View::Layers, Some(400))
    );

    app.select_lane(lane("a"), first, None);
    assert_eq!(app.pending.len(), 1, "lane a has not acknowledged it yet");
    assert!(!app.history_is_stale());
    assert_eq!(app.views.journal.entries, all[0].changes);
    let acknowledged = Arc::new(Snapshot {
        acknowledged: 7,
        ..(*all[0]).clone()
    });
    app.select_lane(lane("c"), Arc::clone(&all[2]), None);
    app.select_lane(lane("a"), acknowledged, None);
    assert!(app.pending.is_empty());
}

#[test]
fn curves_of_other_lanes_are_fetched_once_a_step() {
    let (mut app, mut all) = with_lanes();
    let fetched = |app: &mut App| {
        let lanes = std::cell::RefCell::new(String::new());
        app.catch_up_lanes(|lane, _| lanes.borrow_mut().push_str(&lane.to_string()));
        lanes.into_inner()
    };
    assert_eq!(fetched(&mut app), "bc");
    assert_eq!(fetched(&mut app), "");
    all[2] = Arc::new(Snapshot {
        step: STEPS + 1,
        ..(*all[2]).clone()
    });
    assert!(observe(&mut app, "abc", &all));
    assert_eq!(fetched(&mut app), "c");
}

#[test]
fn joining_asks_once() {
    let (mut app, all) = with_lanes();
    assert_eq!(enter(&mut app, "join b"), None);
    let asked = question(&app);
    assert!(asked.contains("ends lane b") && asked.contains("fork --from b"));
    let join = Some(Effect::Send(Command::Join(lane("b"))));
    assert_eq!(app.update(Action::Choose), join);
    assert!(app.line.is_none());
    // An edited line is asked about again.
    enter(&mut app, "join b");
    app.update(Action::Erase);
    assert_eq!(enter(&mut app, "c"), None);
    assert!(question(&app).contains("ends lane c"));
    app.update(Action::Back);

    assert!(observe(
        &mut app,
        "ac",
        &[Arc::clone(&all[0]), Arc::clone(&all[2])]
    ));
    assert!(told(&app).contains("Lane b has ended"), "{}", told(&app));
    assert_eq!(enter(&mut app, "join b"), None);
    let error = app.line.as_ref().unwrap().error.clone().unwrap();
    assert!(error.contains("going are a and c"), "{error}");
}

#[test]
fn a_rewind_names_the_lanes_that_it_ends() {
    let (mut app, all) = with_lanes();
    let rewind = |step| Some(Effect::Send(Command::Rewind(step)));
    assert_eq!(enter(&mut app, "rewind 600"), rewind(600));
    assert_eq!(enter(&mut app, "rewind 400"), None);
    assert!(
        question(&app).contains("ends lane c,"),
        "{}",
        question(&app)
    );
    assert_eq!(app.update(Action::Choose), rewind(400));
    // Also if the later lane is the selected one, whose own states end there.
    app.select_lane(lane("c"), Arc::clone(&all[2]), None);
    assert_eq!(enter(&mut app, "rewind 600"), rewind(600));
    assert_eq!(enter(&mut app, "rewind 400"), None);
    assert!(question(&app).contains("ends lane c,"));
    assert_eq!(app.update(Action::Choose), rewind(400));
    // No lane has saved this step.
    assert_eq!(enter(&mut app, "rewind 300"), None);
    let error = app.line.as_ref().unwrap().error.clone().unwrap();
    assert!(error.contains("no saved state"), "{error}");
}

#[test]
fn the_screen_leaves_a_lane_that_has_ended() {
    let (mut app, all) = with_lanes();
    app.select_lane(lane("b"), Arc::clone(&all[1]), None);
    enter(&mut app, "gain=pqs");
    app.leave_ended_lane(Arc::clone(&all[0]), None);
    assert_eq!(app.lanes.selected, LaneId::A);
    assert!(app.line.is_none(), "it was typed for lane b");
    assert!(told(&app).contains("Lane b has ended"), "{}", told(&app));
    assert_eq!(app.lanes.names(), [lane("a"), lane("c")]);
}

#[test]
fn errors_of_other_lanes_are_shown_with_their_name() {
    let (mut app, mut all) = with_lanes();
    all[2] = Arc::new(Snapshot {
        notice: Some(Notice {
            number: 3,
            text: "the update of step 9 is not finite".to_owned(),
            error: true,
        }),
        ..(*all[2]).clone()
    });
    observe(&mut app, "abc", &all);
    assert_eq!(told(&app), "lane c: the update of step 9 is not finite");
    app.update(Action::Redraw);
    assert_eq!(told(&app), "");
}

#[test]
fn settings_of_all_lanes_change_together() {
    let (mut app, _) = with_lanes();
    let Some(Effect::SendToAll(command)) = enter(&mut app, "all gain=2 n_dis=3") else {
        panic!("nothing sent to all");
    };
    app.record_sent(command, Some(1));
    let intended = app.intended_settings();
    assert_eq!((intended.gain, intended.n_dis), (2.0, 3));
}
