//! Each view at every size: with data, without, and with what is not finite.

use std::sync::Arc;

use sn_tui::{
    run::{History, Snapshot},
    tui::{
        action::Action,
        app::App,
        theme::{Depth, Look},
    },
};

use super::{app, at_all_sizes, colours, drawn, made_up::*, text};

fn plain() -> Look {
    Look::new(Depth::None, true)
}

/// A run of images with everything that can be watched.
fn full() -> Snapshot {
    Snapshot {
        spectra: Some(Arc::new(spectra(1200, 1.0))),
        ..running(digits(), "digits", images())
    }
}

fn showing(action: Action, snapshot: Snapshot, history: History, look: Look) -> App {
    let mut app = app(snapshot, history, look);
    app.update(action);
    app
}

#[test]
fn layers() {
    let mut app = showing(Action::Layers, full(), history(measures), plain());
    app.update(Action::Down);
    at_all_sizes("layers", &app);
}

#[test]
fn layers_before_the_first_spectra_and_before_the_first_step() {
    let snapshot = running(digits(), "digits", images());
    let app = showing(Action::Layers, snapshot, history(measures), plain());
    at_all_sizes("layers_unmeasured", &app);
    let app = showing(
        Action::Layers,
        starting(digits(), "digits"),
        History::default(),
        plain(),
    );
    assert!(text(&drawn(&app, (80, 24))).contains("no step made yet"));
}

#[test]
fn layers_that_are_not_finite() {
    let mut spectra = spectra(1200, 1.0);
    let broken = &mut spectra.layers[1];
    broken.singular_values.clear();
    broken.sigma = None;
    broken.relative_error = None;
    broken.sigma_used = None;
    broken.frobenius = None;
    let snapshot = Snapshot {
        spectra: Some(Arc::new(spectra)),
        ..full()
    };
    let nan = |step| {
        let mut m = measures(step);
        m.sigma[1].1 = if step > 700 { f32::NAN } else { 1.0 };
        m
    };
    let mut app = showing(Action::Layers, snapshot, history(nan), colours());
    app.update(Action::Down);
    at_all_sizes("layers_nans", &app);
}

#[test]
fn curves_with_a_cursor_smoothed_and_logarithmic() {
    let mut app = app(full(), history(measures), plain());
    for _ in 0..30 {
        app.update(Action::Left);
    }
    app.update(Action::Smooth);
    app.update(Action::ToggleLog);
    at_all_sizes("curves", &app);
}

#[test]
fn an_earlier_run_behind_the_live_one() {
    let mut app = app(full(), history(measures), plain());
    let shifted = |step| measures(step + 45);
    app.views.curves.earlier = Some(sn_tui::tui::view::curves::Earlier {
        name: "ring, seed 0".to_owned(),
        history: history(shifted),
    });
    at_all_sizes("earlier", &app);
}
