//! The planes, spectra and layers of several lanes in one view.

use std::sync::Arc;

use ratatui::{buffer::Buffer, style::Color};
use sn_tui::{
    model::{LaneId, Plane, Snapshot, Watched},
    preset::Data,
    tui::{
        app::{App, action::Action},
        look::theme::{Depth, Look},
    },
};

use super::{
    app, colours, drawn, lanes, layout,
    made_up::{digits, history, measures, plane, points, ring, running, spectra},
    scene, text,
};

/// Adds what a lane shows in views of its own: spectra that fall off more steeply in later lanes, and a plane on which D is
/// steeper.
fn measured(at: usize, snapshot: &mut Snapshot) {
    let mut spectra = spectra(1_200 - 50 * at as u64, 1.0 + 0.4 * at as f64);
    for layer in &mut spectra.layers {
        let settings = snapshot.settings.spectral.layer(&layer.key);
        layer.enabled = settings.enabled;
        layer.iterations = settings.iterations;
    }
    snapshot.spectra = Some(Arc::new(spectra));
    if matches!(snapshot.settings.data, Data::Mixture { .. }) {
        let Plane { scores, .. } = plane();
        let steeper = scores.into_iter().map(|score| score * (1.0 + at as f32));
        snapshot.plane = Some(Arc::new(Plane {
            scores: steeper.collect(),
            ..plane()
        }));
    }
}

fn run(data: Data, count: usize, selected: usize, look: Look) -> App {
    lanes::run_with(data, count, selected, look, measured)
}

fn showing(mut app: App, view: Action) -> App {
    app.update(view);
    app
}

fn plain() -> Look {
    Look::new(Depth::None, true)
}

fn lane(letter: &str) -> LaneId {
    letter.parse().unwrap()
}

#[test]
fn one_lane_looks_as_without_lanes() {
    let mut snapshot = running(ring(), "ring", points());
    measured(0, &mut snapshot);
    let alone = app(snapshot, history(measures), colours());
    let one = lanes::run_with(ring(), 1, 0, colours(), |at, snapshot| {
        measured(at, snapshot);
        snapshot.scores = None;
        snapshot.changes = alone.snapshot.changes.clone();
    });
    let mut both = [alone, one];
    for view in [Action::Layers, Action::Spectrum, Action::Plane] {
        both.iter_mut().for_each(|app| drop(app.update(view)));
        for size in [(200, 60), (120, 40), (80, 24), (60, 18)] {
            assert_eq!(drawn(&both[0], size), drawn(&both[1], size));
        }
    }
}

#[test]
fn planes_of_lanes_are_side_by_side() {
    layout(
        "planes_2",
        &showing(run(ring(), 2, 0, colours()), Action::Plane),
    );
    layout(
        "planes_4",
        &showing(run(ring(), 4, 1, colours()), Action::Plane),
    );
    let ascii = Look::new(Depth::None, false);
    scene(
        "planes_ascii",
        &showing(run(ring(), 2, 1, ascii), Action::Plane),
    );
}

/// The colours behind the cells of a row, from the left.
fn colours_of(buffer: &Buffer, y: u16) -> Vec<Color> {
    (0..buffer.area.width)
        .map(|x| buffer.cell((x, y)).unwrap().bg)
        .collect()
}

#[test]
fn planes_have_one_scale_of_colours() {
    let mut app = showing(run(ring(), 2, 0, colours()), Action::Plane);
    for hidden in [
        Action::TogglePoints,
        Action::ToggleArrows,
        Action::ToggleCounts,
    ] {
        app.update(hidden);
    }
    app.update(Action::Redraw);
    let shown = text(&drawn(&app, (120, 40)));
    // D's output is between -1.5 and 1 in lane a, and between -3 and 2 in lane b.
    let [low, high] = [0, 1].map(|end| {
        let words = shown.split(" D from ").nth(1).unwrap();
        let words: Vec<&str> = words.split_whitespace().collect();
        words[[0, 3][end]].parse::<f32>().unwrap()
    });
    assert!(low < -2.0 && high > 1.5, "{low} {high}\n{shown}");
    let row = colours_of(&drawn(&app, (120, 40)), 20);
    // The extremes of lane b are in no cell of lane a.
    let (left, right) = row.split_at(60);
    let known = |half: &[Color]| half.iter().filter(|c| **c != Color::Reset).count();
    assert!(known(left) > 20 && known(right) > 20, "{row:?}");
    let only_right = right.iter().filter(|colour| !left.contains(colour)).count();
    assert!(only_right > 5, "{row:?}");
}

#[test]
fn lanes_without_room_for_their_plane_are_named_and_make_none() {
    let mut app = showing(run(ring(), 4, 1, colours()), Action::Plane);
    let shown = text(&drawn(&app, (80, 10)));
    assert!(shown.contains("no room for a c d: A selects"), "{shown}");
    let shown = text(&drawn(&app, (40, 10)));
    assert!(
        shown.contains("plane ▸b") && shown.contains("no room for a c d"),
        "{shown}"
    );
    assert_eq!(app.new_looks(), [(lane("b"), vec![Watched::Plane])]);
    drawn(&app, (120, 40));
    let told: Vec<LaneId> = app.new_looks().into_iter().map(|(lane, _)| lane).collect();
    assert_eq!(told, ["a", "c", "d"].map(lane));
    app.update(Action::Dashboard);
    assert_eq!(
        app.new_looks().len(),
        4,
        "nothing is made that nobody looks at"
    );
}

#[test]
fn a_lane_whose_plane_is_not_made_yet_shows_its_samples() {
    let app = lanes::run_with(ring(), 2, 0, colours(), |at, snapshot| {
        if at == 0 {
            measured(at, snapshot);
        }
    });
    scene("planes_unmade", &showing(app, Action::Plane));
}

#[test]
fn spectra_of_lanes_are_over_each_other() {
    layout(
        "spectra_2",
        &showing(run(digits(), 2, 0, colours()), Action::Spectrum),
    );
    layout(
        "spectra_4",
        &showing(run(digits(), 4, 2, colours()), Action::Spectrum),
    );
    scene(
        "spectra_plain",
        &showing(run(digits(), 4, 1, plain()), Action::Spectrum),
    );
}

#[test]
fn the_spectrum_of_each_lane_has_its_tint_and_the_selected_one_is_on_top() {
    // Of lanes a to d, as in `look::tint`.
    let tints = [126, 45, 143, 99];
    let cells = |app: &App| {
        let buffer = drawn(app, (200, 60));
        let braille = |symbol: &str| {
            symbol
                .chars()
                .all(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
        };
        tints.map(|tint| {
            let of = |cell: &&ratatui::buffer::Cell| {
                braille(cell.symbol()) && cell.fg == Color::Indexed(tint)
            };
            buffer.content.iter().filter(of).count()
        })
    };
    for selected in 0..4 {
        let mut app = showing(run(digits(), 4, selected, colours()), Action::Spectrum);
        // Full screen has no chart of ranks.
        app.update(Action::FullScreen);
        let found = cells(&app);
        assert!(
            found.iter().all(|count| *count > 10),
            "{selected}: {found:?}"
        );
    }
    // Two lanes with the same spectrum: only the selected one is seen.
    let same = lanes::run_with(digits(), 2, 1, colours(), |_, snapshot| {
        measured(0, snapshot);
    });
    let mut same = showing(same, Action::Spectrum);
    same.update(Action::FullScreen);
    let found = cells(&same);
    assert_eq!(found[0], 0, "{found:?}");
    assert!(found[1] > 10, "{found:?}");
}

#[test]
fn a_lane_without_spectra_yet_is_named() {
    let app = lanes::run_with(digits(), 3, 0, colours(), |at, snapshot| {
        if at != 2 {
            measured(at, snapshot);
        }
    });
    let shown = text(&drawn(&showing(app, Action::Spectrum), (120, 40)));
    assert!(shown.contains("without c"), "{shown}");
}

#[test]
fn layers_have_a_row_for_each_lane() {
    layout(
        "layers_of_2",
        &showing(run(digits(), 2, 0, colours()), Action::Layers),
    );
    layout(
        "layers_of_4",
        &showing(run(digits(), 4, 1, colours()), Action::Layers),
    );
    scene(
        "layers_plain_4",
        &showing(run(digits(), 4, 1, plain()), Action::Layers),
    );
}

#[test]
fn every_row_of_the_layers_can_be_reached() {
    let mut app = showing(run(digits(), 4, 1, colours()), Action::Layers);
    let seen = |app: &App| {
        let shown = text(&drawn(app, (80, 24)));
        let rows = shown.lines().filter(|row| row.starts_with("g.3"));
        (rows.count(), shown)
    };
    assert_eq!(seen(&app).0, 0, "{}", seen(&app).1);
    assert!(seen(&app).1.contains("rows"), "{}", seen(&app).1);
    app.update(Action::Last);
    app.update(Action::Up);
    let (count, shown) = seen(&app);
    assert_eq!(count, 1, "{shown}");
}

#[test]
fn no_size_panics() {
    for view in [Action::Plane, Action::Spectrum, Action::Layers] {
        for count in [2, 4] {
            let app = showing(run(ring(), count, 1, colours()), view);
            for width in [0, 1, 2, 7, 39, 40, 41, 55, 56, 61, 80, 100, 133, 300] {
                for height in [0, 1, 2, 9, 10, 11, 14, 16, 22, 29, 30, 45, 90] {
                    drawn(&app, (width, height));
                }
            }
        }
    }
}

#[test]
fn an_estimate_of_another_lane_that_is_not_in_use_has_the_exact_value_beside_it() {
    let shown = text(&drawn(&run(ring(), 2, 0, colours()), (200, 60)));
    let row = shown.lines().find(|row| row.contains("d.0 SN×1")).unwrap();
    let after = row.split("b ").nth(1).unwrap();
    let words: Vec<&str> = after.split_whitespace().collect();
    assert_eq!(words[..2], ["2.203~", "1.900"], "{row}");
    let title = shown.lines().find(|row| row.contains("σ of D's")).unwrap();
    assert!(title.contains(" exact after ▸a 1,200 b 1,150 "), "{title}");
    // Without room for the lane, its step is not told.
    let small = text(&drawn(&run(ring(), 2, 0, colours()), (80, 24)));
    assert!(!small.contains("b 1,150"), "{small}");
}

#[test]
fn each_estimate_says_of_which_weights_it_is() {
    let mut app = run(ring(), 1, 0, colours());
    app.update(Action::Layers);
    let shown = text(&drawn(&app, (200, 60)));
    for moment in ["weights after step 1,200", "est in step", "exact after"] {
        assert!(shown.contains(moment), "{moment}\n{shown}");
    }
}
