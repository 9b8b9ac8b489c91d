//! The view that compares lanes, or watched runs.

use std::sync::Arc;

use ratatui::{layout::Rect, style::Color};
use sn_tui::{
    model::{History, LaneId, Measures, Snapshot, Updates},
    preset::{Data, set},
    tui::{
        app::{App, action::Action, view::curves::BackgroundRun},
        draw,
        look::theme::{Depth, Look},
    },
};

use super::{
    app, colours, drawn, lanes, layout,
    made_up::{STEPS, digits, history, images, measures, points, ring, running},
    scene, text,
};

/// A run of several lanes, with scores, and with the distances that lanes b, c and d record.
fn run(data: Data, count: usize, selected: usize, look: Look) -> App {
    let mut app = lanes::run(data, count, selected, look);
    let selected = app.lanes.selected;
    let add = |id: LaneId, snapshot: &Snapshot, history: &mut History| {
        if let Some(scores) = snapshot.scores.as_ref().filter(|_| count > 1) {
            for (name, value) in scores.figures.named() {
                history.push(name, STEPS, value);
            }
        }
        let at = LaneId::all().position(|lane| lane == id).unwrap();
        let first = [1, 400, 700, 700][at];
        for step in (first..=STEPS).filter(|step| at > 0 && step.is_multiple_of(50)) {
            let gone = (step - first) as f32 / STEPS as f32;
            for (name, rate) in [
                ("distance_d", 0.6),
                ("distance_g", 0.9),
                ("distance_samples", 0.3),
            ] {
                history.push(name, step, rate * at as f32 * gone.sqrt());
            }
        }
    };
    add(selected, &app.snapshot, &mut app.history);
    for lane in &mut app.lanes.others {
        add(lane.id, &lane.snapshot, &mut lane.history);
    }
    app
}

fn comparing(mut app: App) -> App {
    app.update(Action::Compare);
    app
}

#[test]
fn one_lane_says_how_to_get_another() {
    let app = comparing(run(ring(), 1, 0, colours()));
    scene("compare_1", &app);
    for size in [(120, 40), (80, 24), (60, 18), (40, 10)] {
        let shown = text(&drawn(&app, size));
        let words: Vec<&str> = shown.split_whitespace().collect();
        let said = words.join(" ");
        assert!(said.contains("Y splits another one off"), "{shown}");
    }
}

#[test]
fn two_lanes() {
    layout("compare_2", &comparing(run(ring(), 2, 0, colours())));
}

#[test]
fn four_lanes() {
    layout("compare_4", &comparing(run(ring(), 4, 2, colours())));
}

#[test]
fn lanes_of_images_without_colours() {
    let plain = Look::new(Depth::None, true);
    scene("compare_plain", &comparing(run(digits(), 2, 1, plain)));
    let ascii = comparing(run(digits(), 2, 1, Look::new(Depth::None, false)));
    let buffer = drawn(&ascii, (120, 40));
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
}

/// The row of a measure in the table.
fn row(app: &App, name: &str) -> String {
    let shown = text(&drawn(app, (160, 60)));
    let start = format!("│ {name} ");
    let found = shown.lines().find(|line| line.starts_with(&start));
    found
        .unwrap_or_else(|| panic!("{name}\n{shown}"))
        .to_owned()
}

#[test]
fn the_difference_is_that_of_the_selected_lane_to_lane_a() {
    for (selected, from, to) in [(0, "8", "7"), (1, "8", "7"), (2, "8", "6"), (3, "8", "5")] {
        let app = comparing(run(ring(), 4, selected, colours()));
        let row = row(&app, "modes");
        let words: Vec<&str> = row.split_whitespace().collect();
        let apart = to.parse::<i32>().unwrap() - from.parse::<i32>().unwrap();
        assert_eq!(words[2..6], ["8", "7", "6", "5"], "{row}");
        assert_eq!(words[6], format!("{apart}"), "{row}");
    }
}

#[test]
fn bars_have_the_tint_of_the_lane_that_is_higher() {
    let app = comparing(run(ring(), 2, 1, colours()));
    let buffer = drawn(&app, (120, 40));
    let tints = |name: &str| {
        let shown = text(&buffer);
        let start = format!("│ {name} ");
        let at = shown.lines().position(|row| row.starts_with(&start));
        let at = at.unwrap();
        let bars = (0..buffer.area.width).filter_map(|x| {
            let cell = buffer.cell((x, at as u16))?;
            "▁▂▃▄▅▆▇█".contains(cell.symbol()).then_some(cell.fg)
        });
        bars.collect::<Vec<_>>()
    };
    // D's loss rises in lane b and G's falls, from the fork on.
    let [a, b] = [126, 45].map(Color::Indexed);
    assert!(tints("loss D").ends_with(&[b; 20]), "{:?}", tints("loss D"));
    assert!(tints("loss G").ends_with(&[a; 20]), "{:?}", tints("loss G"));
    assert!(!tints("loss D").contains(&a) && !tints("loss G").contains(&b));
    assert!(tints("samples").contains(&b) && !tints("samples").contains(&a));
}

#[test]
fn rows_that_do_not_fit_are_reached_by_keys() {
    let mut app = comparing(run(ring(), 4, 0, colours()));
    let area = Rect::new(0, 0, 80, 24);
    let size = (area.width, area.height);
    let shown = text(&drawn(&app, size));
    assert!(
        shown.contains("more below") && !shown.contains("σ d.6"),
        "{shown}"
    );
    for _ in 0..100 {
        app.update(Action::Down);
        draw::limit_comparison(area, &mut app);
    }
    let shown = text(&drawn(&app, size));
    assert!(
        !shown.contains("more below") && shown.contains("σ d.6"),
        "{shown}"
    );
    // One key back is seen at once.
    app.update(Action::Up);
    assert_ne!(text(&drawn(&app, size)), shown);
}

#[test]
fn the_cursor_reads_all_values_at_its_step() {
    let mut app = comparing(run(ring(), 2, 1, colours()));
    app.views.curves.cursor = Some(450);
    let shown = text(&drawn(&app, (120, 40)));
    assert!(shown.contains(" at step 450 "), "{shown}");
    app.update(Action::Left);
    assert!(app.views.curves.cursor.unwrap() < 450);
}

fn watched(name: &str, seed: u64, gain: &str, last: u64) -> BackgroundRun {
    let mut snapshot = running(digits(), "digits", images());
    snapshot.seed = seed;
    snapshot.step = last;
    snapshot.settings = Arc::new(set(&snapshot.settings, "gain", gain).unwrap());
    let mut until = History::default();
    for step in 1..=last {
        let later = Measures {
            step,
            ..measures(step + 40)
        };
        until.record(&later, Updates::Both);
    }
    BackgroundRun {
        name: name.to_owned(),
        history: until,
        snapshot: Some(Arc::new(snapshot)),
    }
}

#[test]
fn watched_runs_are_compared_with_the_one_in_front() {
    let front = Snapshot {
        seed: 3,
        ..running(digits(), "digits", images())
    };
    let mut app = app(front, history(measures), colours());
    app.other_runs = vec![
        watched("a1b2c3", 4, "8", 800),
        watched("0c0c0c", 3, "4", 1234),
    ];
    let app = comparing(app);
    scene("compare_runs", &app);
    let shown = text(&drawn(&app, (120, 40)));
    for part in ["seed", "gain  front 4", "a1b2c3 8", " at step 800 "] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains("how far"), "{shown}");
}

#[test]
fn a_lane_without_measures_yet_is_compared() {
    let mut app = comparing(run(ring(), 2, 0, colours()));
    app.lanes.others[0].history = History::default();
    for size in [(200, 60), (120, 40), (80, 24), (60, 18), (40, 10)] {
        let shown = text(&drawn(&app, size));
        assert!(shown.contains('–'), "{shown}");
    }
    let nothing = running(ring(), "ring", points());
    drawn(
        &comparing(super::app(nothing, History::default(), colours())),
        (80, 24),
    );
}

#[test]
fn no_size_panics() {
    for count in [1, 2, 4] {
        let app = comparing(run(ring(), count, 0, colours()));
        for width in [0, 1, 2, 7, 39, 40, 41, 55, 61, 80, 99, 100, 133, 300] {
            for height in [0, 1, 2, 9, 10, 11, 14, 16, 22, 29, 30, 45, 90] {
                drawn(&app, (width, height));
            }
        }
    }
}
