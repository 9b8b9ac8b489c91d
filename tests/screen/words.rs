//! Words on the screen: whole, wrapped, or cut with an ellipsis.

use std::sync::Arc;

use sn_tui::{
    model::{Notice, Snapshot, Status},
    tui::app::action::Action,
};

use super::{app, colours, drawn, interaction::press, made_up::*, text};

const LONG: &str = "ConvTranspose2d 1024→512 4×4 s2 p1";

#[test]
fn weights_in_layers_are_whole_or_cut_with_an_ellipsis() {
    let mut snapshot = running(digits(), "digits", images());
    let mut spectra = spectra(1200, 1.0);
    spectra.layers[1].kind = LONG.to_owned();
    snapshot.spectra = Some(Arc::new(spectra));
    let mut app = app(snapshot, history(measures), colours());
    press(&mut app, &[Action::Layers]);
    for width in [110, 120, 140, 160, 200] {
        let shown = text(&drawn(&app, (width, 40)));
        let row = shown.lines().find(|row| row.contains("ConvTranspose2d"));
        assert!(
            row.is_none_or(|row| row.contains(LONG) || row.contains('…')),
            "{shown}"
        );
    }
    assert!(text(&drawn(&app, (200, 40))).contains(LONG));
}

#[test]
fn counts_of_near_modes_do_not_run_together() {
    let mut snapshot = running(ring(), "ring", points());
    let mut plane = plane();
    let [x, y] = plane.modes[0].0;
    plane.modes = vec![([x, y], 123), ([x + 0.08, y], 456), ([x - 0.08, y], 789)];
    snapshot.plane = Some(Arc::new(plane));
    let mut app = app(snapshot, history(measures), colours());
    press(&mut app, &[Action::Plane]);
    for size in [(200, 60), (120, 40), (80, 24), (60, 18)] {
        let shown = text(&drawn(&app, size));
        let numbers = |line: &str| -> Vec<String> {
            let digits = |c: char| !c.is_ascii_digit();
            line.split(digits).map(str::to_owned).collect()
        };
        let all: Vec<String> = shown.lines().flat_map(numbers).collect();
        for number in ["123", "456", "789"] {
            let hidden = shown.contains("without room for a number");
            assert!(
                hidden || all.iter().any(|n| n == number),
                "{number} in {shown}"
            );
        }
    }
}

#[test]
fn a_small_screen_tells_progress_and_time_left() {
    let app = app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    );
    for size in [(120, 40), (80, 24), (60, 18), (40, 14)] {
        let shown = text(&drawn(&app, size));
        assert!(shown.contains("82 %, 0:21 left"), "{shown}");
    }
}

/// The notice that a run has ended must reach a screen whose line shows a message of its own.
#[test]
fn a_notice_replaces_an_older_message_of_the_screen() {
    let mut app = app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    );
    press(&mut app, &[Action::NextGlyphs]);
    assert!(text(&drawn(&app, (80, 24))).contains("Pictures as"));
    let ended = Snapshot {
        status: Status::Finished,
        notice: Some(Notice {
            number: 9,
            text: "The run has made all its 1500 steps".to_owned(),
            error: false,
        }),
        ..running(digits(), "digits", images())
    };
    app.observe(Arc::new(ended.clone()));
    let shown = text(&drawn(&app, (80, 24)));
    assert!(
        shown.contains("The run has made all its 1500 steps"),
        "{shown}"
    );
    // What the screen says later is newer than the same notice.
    press(&mut app, &[Action::NextGlyphs]);
    app.observe(Arc::new(ended));
    assert!(text(&drawn(&app, (80, 24))).contains("Pictures as"));
}

#[test]
fn a_finished_run_tells_its_mean_rate_and_how_to_go_on() {
    let finished = Snapshot {
        status: Status::Finished,
        steps_per_second: 0.0,
        seconds: 100.0,
        step: 1500,
        pace: Some(80.0),
        ..running(digits(), "digits", images())
    };
    let mut app = app(finished, history(measures), colours());
    let shown = text(&drawn(&app, (80, 24)));
    assert!(shown.contains("mean 15.0 steps/s"), "{shown}");
    assert!(!shown.contains("slow motion"), "{shown}");
    press(&mut app, &[Action::Step]);
    let shown = text(&drawn(&app, (120, 40)));
    let way = "`sn-tui resume 2026-01-02-digits-k3x9 --steps N` goes on with this one.";
    assert!(shown.contains(way), "{shown}");
}
