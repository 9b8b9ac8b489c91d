//! Curves minus those of lane a, or of the run in front.

use std::sync::Arc;

use ratatui::{buffer::Buffer, style::Color};
use sn_tui::{
    model::{History, Snapshot},
    preset::Data,
    tui::{
        app::{App, action::Action, view::curves::BackgroundRun},
        look::theme::{Depth, Look},
    },
};

use super::{
    app, colours, drawn, lanes, layout,
    made_up::{digits, history, images, measures, ring, running},
    scene, text,
};

fn apart(data: Data, count: usize, selected: usize, look: Look) -> App {
    let mut app = lanes::run(data, count, selected, look);
    app.update(Action::ToggleDifference);
    app
}

#[test]
fn one_lane_has_no_differences() {
    let mut app = lanes::run(ring(), 1, 0, colours());
    let before = drawn(&app, (120, 40));
    app.update(Action::ToggleDifference);
    let told = app.message().unwrap().text;
    assert!(told.contains("one lane"), "{told}");
    app.update(Action::Redraw);
    assert_eq!(drawn(&app, (120, 40)), before);
}

#[test]
fn two_lanes() {
    layout("apart_2", &apart(ring(), 2, 1, colours()));
}

#[test]
fn four_lanes_of_which_lane_a_is_selected() {
    layout("apart_4", &apart(ring(), 4, 0, colours()));
}

#[test]
fn without_colours() {
    scene(
        "apart_plain",
        &apart(digits(), 4, 2, Look::new(Depth::None, true)),
    );
    let ascii = apart(digits(), 2, 0, Look::new(Depth::None, false));
    let buffer = drawn(&ascii, (120, 40));
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
}

/// The row of the title of a chart.
fn title(app: &App, of: &str) -> String {
    let shown = text(&drawn(app, (200, 60)));
    let found = shown.lines().find(|row| row.contains(of));
    found.unwrap_or_else(|| panic!("{of}\n{shown}")).to_owned()
}

#[test]
fn values_are_those_of_the_lane_minus_those_of_lane_a() {
    // D's loss is 0.5 above that of lane a at a lane's last step for each share of the run since its fork.
    let apart_by = |at: usize| {
        let first = [1, 400, 700, 700][at] as f32;
        0.5 * (1234.0 - first) / 1234.0 * [0.0, 1.0, -2.0, 4.0][at]
    };
    let selected = apart(ring(), 4, 1, colours());
    let words = title(&selected, "loss − a D ");
    let value = |words: &str, after: &str| -> f32 {
        let rest = words.split(after).nth(1).unwrap();
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(
        (value(&words, "loss − a D ") - apart_by(1)).abs() < 0.01,
        "{words}"
    );
    let unselected = apart(ring(), 4, 0, colours());
    let words = title(&unselected, "loss − a ─ D ╌ G ");
    for (at, letter) in [(1, " b "), (2, " c "), (3, " d ")] {
        assert!(
            (value(&words, letter) - apart_by(at)).abs() < 0.01,
            "{letter} {words}"
        );
    }
}

/// The number of cells with braille in a colour.
fn dots(buffer: &Buffer, colour: Color) -> usize {
    let braille = |symbol: &str| {
        symbol
            .chars()
            .all(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
    };
    let cells = buffer.content.iter();
    let of = cells.filter(|cell| braille(cell.symbol()) && cell.fg == colour);
    of.count()
}

#[test]
fn lane_a_has_no_curve_and_a_key_leads_back() {
    let mut app = lanes::run(ring(), 4, 1, colours());
    app.update(Action::Redraw);
    let before = drawn(&app, (200, 60));
    let [a, c] = [126, 143].map(Color::Indexed);
    assert!(dots(&before, a) > 10);
    app.update(Action::ToggleDifference);
    app.update(Action::Redraw);
    let apart = drawn(&app, (200, 60));
    assert_eq!(dots(&apart, a), 0);
    assert!(dots(&apart, c) > 10 && dots(&apart, Color::Indexed(32)) > 10);
    assert!(text(&apart).contains("curves − a "), "{}", text(&apart));
    let shown = text(&apart);
    let mut rows = shown.lines();
    let gradients = rows.find(|row| row.contains("gradient − a"));
    assert!(!gradients.unwrap().contains(" log "), "{shown}");
    app.update(Action::ToggleLog);
    let told = app.message().unwrap().text;
    assert!(told.contains("linear"), "{told}");
    app.update(Action::ToggleDifference);
    app.update(Action::Redraw);
    assert_eq!(drawn(&app, (200, 60)), before);
}

#[test]
fn a_lane_that_changed_nothing_differs_nowhere() {
    let mut app = lanes::run(ring(), 2, 0, colours());
    app.lanes.others[0].history = super::made_up::history_from(399, measures);
    app.history = history(measures);
    app.update(Action::ToggleDifference);
    for window in [false, true] {
        if window {
            app.update(Action::ToggleWindow);
        }
        let words = title(&app, "loss − a ─ D ╌ G b ");
        assert!(words.contains("loss − a ─ D ╌ G b 0 0 "), "{words}");
        // Its curve is the line at 0.
        let rows: Vec<usize> = (drawn(&app, (200, 60)).content.chunks(200).enumerate())
            .take(14)
            .filter(|(_, row)| {
                let curve = row
                    .iter()
                    .take(80)
                    .filter(|cell| cell.fg == Color::Indexed(45) && cell.symbol() >= "\u{2801}");
                curve.count() > 5
            })
            .map(|(at, _)| at)
            .collect();
        assert_eq!(rows.len(), 1, "{rows:?}");
    }
}

#[test]
fn charts_of_layers_and_ranks_show_differences_as_well() {
    let mut app = apart(digits(), 2, 1, colours());
    for (view, name) in [
        (Action::Layers, "σ − a est"),
        (Action::Spectrum, "no spectra yet"),
        (Action::Compare, "settings that differ"),
    ] {
        app.update(view);
        let shown = text(&drawn(&app, (160, 60)));
        assert!(shown.contains(name), "{name}\n{shown}");
        assert_eq!(shown.contains("curves − a "), view != Action::Compare);
    }
}

#[test]
fn watched_runs_differ_from_the_one_in_front() {
    let snapshot = || Snapshot {
        seed: 3,
        directory: "runs/2026-01-02-digits-d4e5f6".into(),
        ..running(digits(), "digits", images())
    };
    let mut app = app(snapshot(), history(measures), colours());
    let shifted = |step| {
        let mut m = measures(step);
        m.loss_d += 0.25;
        m
    };
    app.other_runs = vec![BackgroundRun {
        name: "a1b2c3".to_owned(),
        history: history(shifted),
        snapshot: Some(Arc::new(snapshot())),
    }];
    app.update(Action::ToggleDifference);
    scene("apart_runs", &app);
    let words = title(&app, "loss − d4e5f6 ─ D ╌ G ");
    assert!(words.contains("a1b2c3 0.250 0"), "{words}");
}

#[test]
fn no_size_panics() {
    for count in [2, 4] {
        let mut app = apart(ring(), count, 0, colours());
        app.lanes.others[0].history = History::default();
        for width in [0, 1, 2, 7, 39, 40, 41, 55, 56, 61, 80, 100, 133, 300] {
            for height in [0, 1, 2, 9, 10, 11, 14, 16, 22, 29, 30, 45, 90] {
                drawn(&app, (width, height));
            }
        }
    }
}
