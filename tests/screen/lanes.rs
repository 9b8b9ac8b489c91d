//! Runs with several lanes: curves, samples, values, alarms and the journal of each.

mod made_up;

use ratatui::{buffer::Buffer, style::Color};
use sn_tui::{
    model::{Alarm, AlarmKind, History, LaneId, Status},
    tui::{
        app::{App, action::Action},
        look::theme::{Depth, Look},
    },
};

use super::{
    app, check_snapshot, colours, drawn, layout,
    made_up::{digits, history, measures, points, ring, running},
    scene,
    styled::{DEPTHS, styles},
    text,
};
pub(super) use made_up::{run, run_with};

fn plain() -> Look {
    Look::new(Depth::None, true)
}

fn lane(letter: &str) -> LaneId {
    letter.parse().unwrap()
}

fn line(app: &App, width: u16) -> String {
    let all = text(&drawn(app, (width, 24)));
    all.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_run_with_one_lane_looks_as_without_lanes() {
    let alone = app(
        running(ring(), "ring", points()),
        history(measures),
        colours(),
    );
    let one = run_with(ring(), 1, 0, colours(), |_, snapshot| {
        snapshot.scores = None;
        snapshot.changes = alone.snapshot.changes.clone();
    });
    for size in [(200, 60), (120, 40), (80, 24), (60, 18)] {
        assert_eq!(drawn(&alone, size), drawn(&one, size));
    }
}

#[test]
fn two_lanes() {
    layout("lanes_2", &run(ring(), 2, 0, colours()));
}

#[test]
fn four_lanes() {
    layout("lanes_4", &run(ring(), 4, 1, colours()));
}

#[test]
fn lanes_of_images_without_colours() {
    layout("lanes_plain_2", &run(digits(), 2, 1, plain()));
    layout("lanes_plain_4", &run(digits(), 4, 0, plain()));
    let ascii = run(digits(), 4, 1, Look::new(Depth::None, false));
    scene("lanes_ascii", &ascii);
    let buffer = drawn(&ascii, (120, 40));
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
}

#[test]
fn samples_of_the_same_latents_are_side_by_side() {
    let showing = |data, count, look| {
        let mut app = run(data, count, 1, look);
        app.update(Action::Samples);
        app.update(Action::Right);
        app
    };
    let mut two = showing(digits(), 2, plain());
    layout("lanes_samples_2", &two);
    two.update(Action::Choose);
    scene("lanes_samples_zoomed", &two);
    layout("lanes_samples_4", &showing(digits(), 4, plain()));
    layout("lanes_samples_points", &showing(ring(), 4, colours()));
    let mut four = showing(digits(), 4, plain());
    let shown = text(&drawn(&four, (40, 10)));
    assert!(shown.contains("no room for"), "{shown}");
    // Two images of each lane are in one row: the same latents.
    four.update(Action::Beside);
    drawn(&four, (120, 40));
}

#[test]
fn the_same_sample_is_enlarged_in_every_lane() {
    let mut app = run(digits(), 2, 0, plain());
    for action in [Action::Samples, Action::Choose] {
        app.update(action);
    }
    let halves = |app: &App| {
        let shown = text(&drawn(app, (120, 40)));
        let inside = shown.lines().skip(5).take(28);
        let half = |from: usize| -> Vec<String> {
            let rows = inside.clone();
            rows.map(|row| row.chars().skip(from).take(54).collect())
                .collect()
        };
        [half(4), half(62)]
    };
    // Sample i of lane b is sample i + 1 of lane a.
    let before = halves(&app);
    assert_ne!(before[0], before[1]);
    app.update(Action::Right);
    assert_eq!(halves(&app)[0], before[1]);
}

#[test]
fn every_depth_of_colour_tells_lanes_apart() {
    for (depth, name) in DEPTHS {
        let app = run(ring(), 4, 0, Look::new(depth, true));
        let name = format!("lanes_styled_{name}");
        check_snapshot(&name, styles(&drawn(&app, (80, 24))));
    }
}

/// The number of cells in a colour with a part of a curve: braille, or a mark of what is beyond the axis.
fn dots(buffer: &Buffer, colour: u8) -> usize {
    let braille = |symbol: &str| {
        let first = symbol.chars().next();
        first.is_some_and(|c| ('\u{2801}'..='\u{28ff}').contains(&c) || "↑↓".contains(c))
    };
    let cells = buffer.content.iter();
    cells
        .filter(|cell| braille(cell.symbol()) && cell.fg == Color::Indexed(colour))
        .count()
}

#[test]
fn curves_of_unselected_lanes_have_their_tints_and_the_selected_one_those_of_measures() {
    // Of lanes a to d, as in `look::tint`.
    let tints = [126, 45, 143, 99];
    for selected in 0..4 {
        let app = run(ring(), 4, selected, colours());
        // In the few rows of a smaller plot the selected lane may cover another one.
        for size in [(200, 60), (120, 40)] {
            let buffer = drawn(&app, size);
            for (at, tint) in tints.into_iter().enumerate() {
                let found = dots(&buffer, tint);
                let expected = if at == selected { 0..1 } else { 1..10_000 };
                assert!(
                    expected.contains(&found),
                    "{at} of {selected} at {size:?}: {found}"
                );
            }
            assert!(dots(&buffer, 32) > 20, "D's curve at {size:?}");
        }
    }
}

#[test]
fn the_first_line_names_all_lanes_at_every_width() {
    let app = run_with(ring(), 4, 1, colours(), |at, snapshot| match at {
        2 => snapshot.status = Status::Failed("no memory".to_owned()),
        3 => snapshot.step = 1_100,
        _ => {}
    });
    let full = line(&app, 160);
    assert!(
        full.starts_with("ring  lanes a ▸b c× d@1,100  ▶ running  step 1,234/1,500  12.3"),
        "{full}"
    );
    assert!(
        line(&app, 66).contains("lanes a ▸b c× d@1,100"),
        "{}",
        line(&app, 66)
    );
    assert!(
        line(&app, 60).contains("lanes a ▸b c× d"),
        "{}",
        line(&app, 60)
    );
    for width in 40..=200 {
        let shown = line(&app, width);
        let is_whole = shown.contains("a ▸b c× d") || shown.contains("a▸bc×d");
        assert!(
            is_whole && shown.contains("step 1,234/1,500"),
            "{width}: {shown}"
        );
    }
}

#[test]
fn a_lane_that_is_opened_alone_is_named() {
    let mut snapshot = running(ring(), "ring", points());
    snapshot.directory = "runs/x/lanes/b".into();
    let app = app(snapshot, history(measures), colours());
    assert!(
        line(&app, 80).starts_with("ring · b  ▶ running"),
        "{}",
        line(&app, 80)
    );
}

fn alarm(kind: AlarmKind, step: u64) -> Alarm {
    Alarm {
        kind,
        step,
        layer: String::new(),
        text: format!("{} was measured. Try: look at it", kind.name()),
    }
}

#[test]
fn alarms_of_unselected_lanes_are_named() {
    let with_alarms = |own: bool| {
        run_with(ring(), 4, 1, colours(), move |at, snapshot| match at {
            1 if own => snapshot.alarms = vec![alarm(AlarmKind::DiscriminatorWins, 700)],
            2 => {
                snapshot.alarms = vec![
                    alarm(AlarmKind::DyingGradient, 800),
                    alarm(AlarmKind::ModeCollapse, 900),
                ];
            }
            3 => snapshot.alarms = vec![alarm(AlarmKind::ModeCollapse, 950)],
            _ => {}
        })
    };
    scene("lanes_alarms", &with_alarms(true));
    for size in [(200, 60), (120, 40), (80, 24), (60, 18), (60, 16), (60, 10)] {
        let shown = text(&drawn(&with_alarms(false), size));
        assert!(shown.contains("! c dying gradient"), "{shown}");
        assert!(shown.contains("c! d!"), "{shown}");
    }
}

#[test]
fn the_journal_holds_the_entries_of_all_lanes() {
    let mut app = run(ring(), 4, 0, colours());
    app.update(Action::Journal);
    app.update(Action::Up);
    app.update(Action::Up);
    scene("lanes_journal", &app);
    assert_eq!(app.views.curves.cursor, Some(814), "the change of lane c");
}

#[test]
fn the_panel_of_settings_shows_what_differs_in_other_lanes() {
    let mut app = run(ring(), 4, 0, colours());
    app.update(Action::Settings);
    let shown = text(&drawn(&app, (120, 40)));
    for (path, values) in [
        ("spectral.enabled", "true b false"),
        ("gain", "4 c 16"),
        ("loss", "hinge d wasserstein"),
    ] {
        let rows = shown
            .lines()
            .filter(|row| row.contains(&format!("{path} ")));
        assert!(
            rows.clone().any(|row| row.contains(values)),
            "{path}: {shown}"
        );
    }
}

#[test]
fn help_and_failure_name_lanes() {
    let mut app = run(ring(), 2, 1, colours());
    app.update(Action::Help);
    let shown = text(&drawn(&app, (120, 160)));
    assert!(
        shown.contains("━ b") && shown.contains("The selected lane"),
        "{shown}"
    );
    let failed = run_with(ring(), 3, 1, colours(), |at, snapshot| {
        if at == 1 {
            snapshot.status = Status::Failed("no memory".to_owned());
        }
    });
    let shown = text(&drawn(&failed, (80, 24)));
    assert!(shown.contains("Lane b has stopped."), "{shown}");
    assert!(shown.contains("lanes a▶ ▸b c▶"), "{shown}");
}

#[test]
fn a_lane_without_measures_or_samples_yet_is_shown() {
    let mut app = run_with(digits(), 2, 0, plain(), |at, snapshot| {
        if at == 1 {
            (snapshot.samples, snapshot.measures, snapshot.scores) = (None, None, None);
        }
    });
    app.lanes.others[0].history = History::default();
    for size in [(200, 60), (120, 40), (80, 24), (60, 18)] {
        assert!(text(&drawn(&app, size)).contains("no samples yet"));
    }
    assert_eq!(app.lanes.others[0].id, lane("b"));
}

#[test]
fn no_size_panics() {
    for view in [
        Action::Dashboard,
        Action::Samples,
        Action::Journal,
        Action::Help,
    ] {
        for data in [digits(), ring()] {
            let mut app = run(data, 4, 2, colours());
            app.update(view);
            for width in [0, 1, 2, 7, 39, 40, 41, 55, 56, 61, 80, 100, 133, 300] {
                for height in [0, 1, 2, 9, 10, 11, 14, 16, 22, 29, 30, 45, 90] {
                    drawn(&app, (width, height));
                }
            }
        }
    }
}
