//! The histograms of D's output in their pane of the dashboard.

use std::sync::Arc;

use sn_tui::{
    model::{History, LaneId, Outputs, Snapshot, Watched},
    preset::Loss,
    tui::{
        app::{App, action::Action},
        look::theme::{Depth, Look},
    },
};

use super::{app, colours, drawn, lanes, layout, made_up::*, scene, text};

/// Outputs around a centre, with `far` ones far below.
fn side(centre: f32, far: usize) -> Vec<f32> {
    let near = (0..64 - far as u64).map(|i| centre + 0.4 * wave(i * 7, 1.3) * wave(i, 5.0));
    near.chain(std::iter::repeat_n(-90.0, far)).collect()
}

fn outputs(step: u64, gap: f32, far: usize) -> Option<Arc<Outputs>> {
    Outputs::of(step, &side(gap, 0), &side(-gap, far)).map(Arc::new)
}

fn recorded() -> History {
    let mut history = history(measures);
    for step in [250, 500, 750, 1000] {
        let outputs = outputs(step, step as f32 / 1000.0, 0).unwrap();
        history.push_outputs(outputs);
    }
    history
}

fn showing(outputs: Option<Arc<Outputs>>, look: Look) -> App {
    let snapshot = Snapshot {
        outputs,
        ..running(digits(), "digits", images())
    };
    let mut app = app(snapshot, recorded(), look);
    app.update(Action::ToggleOutputs);
    app
}

/// The rows of the pane.
fn pane(app: &App) -> Vec<String> {
    let all = text(&drawn(app, (120, 40)));
    let rows = all.lines().skip_while(|row| !row.contains("D's output"));
    rows.take(9)
        .map(|row| row.chars().take(55).collect())
        .collect()
}

#[test]
fn outputs_as_histograms() {
    let app = showing(outputs(1200, 0.8, 3), Look::new(Depth::None, true));
    layout("outputs", &app);
    let mut full = showing(outputs(1200, 0.8, 3), colours());
    full.update(Action::FullScreen);
    full.update(Action::ToggleOutputs);
    full.update(Action::ToggleOutputs);
    scene("outputs_full", &full);
    assert!(text(&drawn(&full, (60, 18))).contains("real n 64 fake n 64"));
}

#[test]
fn counts_marks_and_what_lies_beyond_are_said() {
    let rows = pane(&showing(outputs(1200, 0.8, 3), colours()));
    assert!(rows[0].contains("real n 64 fake n 64") && rows[0].contains("step 1,200"));
    assert!(rows.iter().any(|row| row.contains("←3 ")), "{rows:#?}");
    let axis = |app: &App| pane(app)[6].clone();
    let hinge = showing(outputs(1200, 0.8, 0), colours());
    assert!(
        axis(&hinge).contains("─-1─") && axis(&hinge).contains("─1─"),
        "{}",
        axis(&hinge)
    );
    let with = |loss| {
        let mut app = showing(outputs(1200, 0.8, 0), colours());
        let mut snapshot = (*app.snapshot).clone();
        let mut settings = (*snapshot.settings).clone();
        settings.loss = loss;
        snapshot.settings = Arc::new(settings);
        app.observe(Arc::new(snapshot));
        axis(&app)
    };
    assert!(with(Loss::NonSaturating).contains("─0─"));
    let none = with(Loss::Wasserstein);
    assert!(!none.contains("─0─") && !none.contains("─1─"), "{none}");
}

#[test]
fn the_cursor_shows_those_recorded_up_to_its_step() {
    let mut app = showing(outputs(1200, 0.8, 0), colours());
    app.views.curves.cursor = Some(800);
    assert!(pane(&app)[0].contains("step 750"), "{:#?}", pane(&app));
    app.views.curves.cursor = Some(200);
    assert!(
        pane(&app)
            .concat()
            .contains("none recorded up to this step")
    );
    app.views.curves.cursor = None;
    app.update(Action::ToggleOutputs);
    assert!(pane(&app)[0].contains("real 0."), "{:#?}", pane(&app));
    let nothing = showing(None, colours());
    assert!(pane(&nothing).concat().contains("not measured yet"));
}

/// A run of some lanes whose D tells real from generated samples by a gap that grows by `growth` from lane to lane.
fn of_lanes(count: usize, growth: f32, look: Look) -> App {
    let measured = |at: usize, snapshot: &mut Snapshot| {
        snapshot.outputs = outputs(1200 - 50 * at as u64, 0.8 * growth.powi(at as i32), at);
    };
    let mut app = lanes::run_with(ring(), count, 0, look, measured);
    app.update(Action::ToggleOutputs);
    app
}

#[test]
fn histograms_of_lanes_are_side_by_side() {
    layout(
        "outputs_lanes",
        &of_lanes(2, 1.5, Look::new(Depth::None, true)),
    );
    let mut full = of_lanes(4, 1.5, colours());
    for action in [
        Action::FullScreen,
        Action::ToggleOutputs,
        Action::ToggleOutputs,
    ] {
        full.update(action);
    }
    scene("outputs_lanes_full", &full);
}

#[test]
fn lanes_have_one_axis_unless_one_would_be_flattened() {
    let at = |growth| text(&drawn(&of_lanes(2, growth, colours()), (120, 40)));
    assert!(!at(1.5).contains("axes of their own"));
    assert!(at(1000.0).contains("axes of their own"), "{}", at(1000.0));
}

#[test]
fn only_lanes_with_room_are_asked_for_histograms() {
    let looks = |size| {
        let mut app = of_lanes(2, 1.0, colours());
        drawn(&app, size);
        let looks = app.new_looks().into_iter();
        let of = |lane: &LaneId| lane.to_string() == "b";
        let mut looks = looks
            .filter(|(lane, _)| of(lane))
            .flat_map(|(_, looks)| looks);
        looks.any(|look| look == Watched::Outputs)
    };
    assert!(looks((120, 40)));
    assert!(!looks((60, 18)));
}
