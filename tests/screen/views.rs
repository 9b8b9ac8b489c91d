//! Each view at every size: with data, without data, and with numbers that are not finite.

use std::sync::Arc;

use ratatui::style::Color;
use sn_tui::{
    model::{Figures, History, Measures, MixtureScores, Samples, Scores, Snapshot, Status},
    preset::{
        LayerSpectral, is_live,
        set::paths,
        setting::{SETTINGS, name},
    },
    tui::{
        app::{App, action::Action, view::curves::BackgroundRun},
        look::theme::{Depth, Look},
    },
};

use super::{app, colours, drawn, layout, made_up::*, scene, text};

fn plain() -> Look {
    Look::new(Depth::None, true)
}

/// A run of images with data for every view.
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
    layout("layers", &app);
}

/// The settings pane shows every live setting, as text if it is narrow and as a table if it is wide.
#[test]
fn every_setting_in_force_is_in_the_settings_pane() {
    for (data, preset_name) in [(digits(), "digits"), (ring(), "ring")] {
        let snapshot = running(data, preset_name, images());
        let settings = Arc::clone(&snapshot.settings);
        let app = app(snapshot, History::default(), plain());
        for size in [(100, 30), (120, 40), (200, 60)] {
            let shown = text(&drawn(&app, size));
            let (_, pane) = shown.split_once("╭ settings ").unwrap();
            for (path, _) in paths(&settings) {
                let has_row = SETTINGS.iter().any(|setting| setting.path == path);
                let holds = format!("{path}.");
                let is_group = SETTINGS.iter().any(|s| s.path.starts_with(&holds));
                if has_row && is_live(&path) && !is_group && path != "about" {
                    assert!(pane.contains(&name(&path)), "{path} {size:?}\n{shown}");
                }
            }
        }
    }
}

/// Estimates of σ are marked if they cannot be trusted: d.0's is below zero, d.2's u and v are frozen, and d.4's is
/// far from the exact value.
#[test]
fn untrustworthy_estimates_are_marked_beside_the_exact_ones() {
    let mut snapshot = full();
    let mut settings = preset(digits());
    settings.spectral.enabled = false;
    let frozen = LayerSpectral {
        iterations: Some(0),
        ..LayerSpectral::default()
    };
    settings.spectral.layers.insert("d.2".to_owned(), frozen);
    let mut now = measures(STEPS);
    now.sigma[0].1 = -0.452;
    now.sigma[1].1 = 1.25;
    now.sigma[2].1 = 0.75;
    snapshot.settings = Arc::new(settings);
    snapshot.measures = Some(Arc::new(now));
    let app = app(snapshot, history(measures), plain());
    let shown = text(&drawn(&app, (120, 40)));
    let row = |key: &str| {
        let row = shown.lines().find(|line| line.contains(&format!("{key} ")));
        row.unwrap_or_else(|| panic!("{key} in\n{shown}"))
    };
    assert!(
        row("d.0").contains("-0.452!") && row("d.0").contains("1.900"),
        "{shown}"
    );
    assert!(
        row("d.2").contains("1.250~") && row("d.2").contains("1.900"),
        "{shown}"
    );
    assert!(row("d.4").contains("0.750!"), "{shown}");
    assert!(!row("d.6").contains('!'), "{shown}");
    assert!(shown.contains("exact after 1,200"), "{shown}");
}

#[test]
fn layers_before_the_first_spectra_and_before_the_first_step() {
    let snapshot = running(digits(), "digits", images());
    let app = showing(Action::Layers, snapshot, history(measures), plain());
    scene("layers_unmeasured", &app);
    let app = showing(
        Action::Layers,
        starting(digits(), "digits"),
        History::default(),
        plain(),
    );
    assert!(text(&drawn(&app, (80, 24))).contains("no step made yet"));
}

#[test]
fn layers_with_numbers_that_are_not_finite() {
    let mut spectra = spectra(1200, 1.0);
    let broken = &mut spectra.layers[1];
    broken.singular_values.clear();
    broken.sigma = None;
    broken.exact.sigma_svd = None;
    broken.exact.sigma_error = None;
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
    scene("layers_nans", &app);
}

#[test]
fn curves_with_a_cursor_smoothed_and_logarithmic() {
    let mut app = app(full(), history(measures), plain());
    for _ in 0..30 {
        app.update(Action::Left);
    }
    app.update(Action::Smooth);
    app.update(Action::ToggleLog);
    layout("curves", &app);
}

#[test]
fn an_earlier_run_is_drawn_behind_the_live_one() {
    let mut app = app(full(), history(measures), plain());
    let shifted = |step| measures(step + 45);
    app.views.curves.earlier = Some(BackgroundRun {
        name: "ring, seed 0".to_owned(),
        history: history(shifted),
        snapshot: None,
    });
    scene("earlier", &app);
}

#[test]
fn watched_runs_are_drawn_behind_the_front_one_each_in_its_colour() {
    let mut snapshot = full();
    snapshot.status = Status::Still("silent for 3 min".to_owned());
    let mut app = app(snapshot, history(measures), Look::new(Depth::Indexed, true));
    let behind = |name: &str, shift: u64| BackgroundRun {
        name: name.to_owned(),
        // The curve is shifted so that the other runs' curves do not cover it.
        history: history(move |step| Measures {
            loss_d: 1.75 - 0.055 * (shift - 45) as f32,
            ..measures(step + shift)
        }),
        snapshot: None,
    };
    app.other_runs = vec![behind("a1b2c3", 45), behind("0c0c0c", 80)];
    for size in [(200, 60), (120, 40), (80, 24)] {
        let buffer = drawn(&app, size);
        let shown = text(&buffer);
        let legend = "in front 2026-01-02-digits-k3x9  behind  ━ a1b2c3  ━ 0c0c0c";
        assert!(
            shown.contains(legend) && shown.contains("◌ silent for 3 min"),
            "{shown}"
        );
        for colour in [126, 45] {
            let dots = buffer.content.iter().filter(|cell| {
                let first = cell.symbol().chars().next();
                let braille = first.is_some_and(|c| ('\u{2801}'..='\u{28ff}').contains(&c));
                braille && cell.fg == Color::Indexed(colour)
            });
            assert!(dots.count() > 10, "{colour} at {size:?}");
        }
    }
    app.say("A message comes first.", false);
    assert!(!text(&drawn(&app, (120, 40))).contains("in front"));
    drawn(&app, (20, 5));
    // The next run is shown in front, with its own curves.
    let mut other = full();
    other.name = "other".to_owned();
    app.switch_run(Arc::new(other));
    assert!(app.history_is_stale() && app.history.iter().next().is_none());
    assert!(text(&drawn(&app, (120, 40))).contains("in front"));
}

#[test]
fn spectrum_beside_a_pinned_one() {
    let early = Snapshot {
        spectra: Some(Arc::new(spectra(200, 0.4))),
        ..full()
    };
    let mut app = showing(Action::Spectrum, early, history(measures), plain());
    app.update(Action::Down);
    app.update(Action::Pin);
    app.observe(Arc::new(full()));
    app.update(Action::Back);
    layout("spectrum", &app);
    app.update(Action::ToggleLog);
    let shown = text(&drawn(&app, (80, 24)));
    assert!(
        shown.contains("log") && shown.contains("pinned 200"),
        "{shown}"
    );
}

#[test]
fn spectrum_without_data_and_of_a_weight_that_is_not_finite() {
    let snapshot = running(digits(), "digits", images());
    let app = showing(Action::Spectrum, snapshot, history(measures), plain());
    scene("spectrum_unmeasured", &app);
    let mut broken = spectra(1200, 1.0);
    broken.layers[0].singular_values.clear();
    broken.layers[0].exact = Default::default();
    broken.layers[0].exact.effective_rank = None;
    let snapshot = Snapshot {
        spectra: Some(Arc::new(broken)),
        ..full()
    };
    let app = showing(Action::Spectrum, snapshot, history(measures), colours());
    scene("spectrum_nans", &app);
}

/// Files of a run have measures of the spectra, not the singular values.
#[test]
fn spectrum_of_a_run_on_disk() {
    let mut spectra = spectra(1200, 1.0);
    for layer in &mut spectra.layers {
        layer.singular_values.clear();
    }
    let snapshot = Snapshot {
        spectra: Some(Arc::new(spectra)),
        ..full()
    };
    let app = showing(Action::Spectrum, snapshot, history(measures), colours());
    for size in [(200, 60), (120, 40), (80, 24), (60, 18)] {
        let shown = text(&drawn(&app, size));
        assert!(shown.contains("singular values are not on disk"), "{shown}");
    }
}

#[test]
fn samples_selected_interpolated_and_beside_real_ones() {
    let snapshot = Snapshot {
        interpolation: Some(Arc::new(interpolation())),
        ..full()
    };
    let mut app = showing(Action::Samples, snapshot, history(measures), plain());
    app.update(Action::Right);
    layout("samples", &app);
    app.update(Action::Beside);
    scene("samples_beside", &app);
    app.update(Action::Choose);
    scene("samples_zoomed", &app);
    app.update(Action::Back);
    assert!(!app.views.samples.zoomed);
}

#[test]
fn samples_of_the_plane_and_none() {
    let snapshot = running(ring(), "ring", points());
    let app = showing(Action::Samples, snapshot, history(measures), colours());
    scene("samples_points", &app);
    let app = showing(
        Action::Samples,
        starting(digits(), "digits"),
        History::default(),
        plain(),
    );
    scene("samples_none", &app);
}

#[test]
fn samples_and_interpolations_that_are_not_finite() {
    let Samples::Points {
        step,
        real,
        mut generated,
    } = points()
    else {
        unreachable!("points are points");
    };
    generated[0] = [f32::NAN, 0.0];
    generated[1] = [f32::INFINITY, f32::NEG_INFINITY];
    generated[2] = [1e30, -1e30];
    let samples = Samples::Points {
        step,
        real,
        generated,
    };
    let snapshot = Snapshot {
        scores: Some(Arc::new(Scores {
            step: 500,
            protocol: "as is usual".into(),
            figures: Figures::Mixture(MixtureScores {
                modes: 0,
                modes_total: 8,
                high_quality: f32::NAN,
                reverse_kl: f32::INFINITY,
            }),
        })),
        ..running(ring(), "ring", samples)
    };
    let app = showing(Action::Samples, snapshot, history(measures), plain());
    scene("samples_nans", &app);
}

#[test]
fn layers_and_spectrum_before_the_first_step() {
    for (action, name) in [
        (Action::Layers, "layers_none"),
        (Action::Spectrum, "spectrum_none"),
        (Action::Plane, "plane_none"),
    ] {
        let snapshot = match action {
            Action::Plane => starting(ring(), "ring"),
            _ => starting(digits(), "digits"),
        };
        let app = showing(action, snapshot, History::default(), plain());
        scene(name, &app);
    }
}

#[test]
fn measures_below_zero_on_logarithmic_axes() {
    let below = |step| {
        let mut m = measures(step);
        m.loss_d = -1.0;
        m.loss_g = f32::NAN;
        m
    };
    let mut app = app(full(), history(below), plain());
    app.update(Action::ToggleLog);
    scene("log_nothing", &app);
}

#[test]
fn plane_with_all_its_layers() {
    let snapshot = Snapshot {
        plane: Some(Arc::new(plane())),
        ..running(ring(), "ring", points())
    };
    let mut coloured = showing(
        Action::Plane,
        snapshot.clone(),
        history(measures),
        colours(),
    );
    layout("plane", &coloured);
    let buffer = drawn(&coloured, (80, 24));
    let backgrounds = buffer
        .content
        .iter()
        .filter(|c| c.bg != Color::Reset)
        .count();
    assert!(backgrounds > 500, "{backgrounds}");
    coloured.update(Action::ToggleHeat);
    coloured.update(Action::ToggleLattice);
    scene("plane_lattice", &coloured);
    let mut app = showing(Action::Plane, snapshot, history(measures), plain());
    scene("plane_plain", &app);
    for action in [
        Action::ToggleHeat,
        Action::TogglePoints,
        Action::ToggleArrows,
        Action::ToggleCounts,
    ] {
        app.update(action);
    }
    let shown = text(&drawn(&app, (80, 24)));
    assert!(!shown.contains(" o ") && !shown.contains('→'), "{shown}");
}

#[test]
fn plane_not_watched_yet_not_finite_and_of_images() {
    let snapshot = running(ring(), "ring", points());
    let app = showing(Action::Plane, snapshot.clone(), history(measures), plain());
    scene("plane_unmeasured", &app);
    let mut broken = plane();
    broken
        .scores
        .iter_mut()
        .step_by(3)
        .for_each(|s| *s = f32::NAN);
    broken.arrows[0].1 = [f32::INFINITY, 0.0];
    broken.lines[0][3] = [f32::NAN, 1e30];
    let snapshot = Snapshot {
        plane: Some(Arc::new(broken)),
        ..snapshot
    };
    let mut app = showing(Action::Plane, snapshot, history(measures), plain());
    app.update(Action::ToggleLattice);
    scene("plane_nans", &app);
    let app = showing(Action::Plane, full(), history(measures), plain());
    assert!(text(&drawn(&app, (120, 40))).contains("learns images"));
}

#[test]
fn one_pane_in_full_screen() {
    let mut app = showing(Action::Layers, full(), history(measures), plain());
    app.update(Action::FullScreen);
    let shown = text(&drawn(&app, (80, 24)));
    assert!(
        shown.contains("est in step") && !shown.contains("σ exact"),
        "{shown}"
    );
    app.update(Action::Back);
    app.update(Action::Spectrum);
    app.update(Action::FullScreen);
    let shown = text(&drawn(&app, (120, 40)));
    assert!(
        shown.contains("σᵢ/σ₁, log") && !shown.contains("effective"),
        "{shown}"
    );
}

#[test]
fn a_picture_of_the_screen_contains_all_it_shows() {
    let app = app(full(), history(measures), colours());
    let svg = sn_tui::tui::look::svg::document(&drawn(&app, (120, 40)), "a test", false);
    for text in ["Dashboard", "output", "∇θD", "iterations", "1,234/1,500"] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(svg.len() < 150_000, "{}", svg.len());
    assert_eq!(
        svg.matches("<path").count(),
        svg.matches("/>").count() - 1,
        "one rectangle besides"
    );
}

#[test]
fn every_view_in_ascii_has_a_counterpart_for_each_character() {
    let images = Snapshot {
        interpolation: Some(Arc::new(interpolation())),
        ..full()
    };
    let points = Snapshot {
        plane: Some(Arc::new(plane())),
        ..running(ring(), "ring", points())
    };
    let views = [
        Action::Dashboard,
        Action::Layers,
        Action::Spectrum,
        Action::Samples,
        Action::Plane,
        Action::Journal,
    ];
    for (view, snapshot) in views.into_iter().flat_map(|v| [(v, &images), (v, &points)]) {
        let ascii = Look::new(Depth::None, false);
        let mut app = showing(view, snapshot.clone(), history(measures), ascii);
        app.update(Action::Pin);
        app.update(Action::ToggleLattice);
        for size in [(120, 40), (60, 18)] {
            let buffer = drawn(&app, size);
            assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
            let shown = text(&buffer).replace("? help", "").replace("? close", "");
            assert!(!shown.contains('?'), "{view:?} {size:?}\n{shown}");
        }
        for panel in [
            Action::Help,
            Action::Settings,
            Action::Presets,
            Action::CommandLine,
        ] {
            app.update(panel);
            let shown = text(&drawn(&app, (120, 400)))
                .replace("? help", "")
                .replace("? close", "");
            let shown = shown.replace(" ?  ", "");
            assert!(!shown.contains('?'), "{panel:?}\n{shown}");
            app.update(Action::Back);
        }
    }
}
