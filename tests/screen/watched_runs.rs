//! Several runs that are watched through their files: σ of each, and their pictures of the same step.

use std::sync::Arc;

use sn_tui::{
    model::{Alarm, AlarmKind, Samples, Snapshot, Spectra},
    preset::set,
    tui::{
        app::{App, action::Action, view::curves::BackgroundRun},
        look::theme::{Depth, Look},
    },
};

use super::{
    app, colours, drawn, layout,
    made_up::{digits, history, images, measures, running, spectra},
    scene, text,
};

/// The samples of a step on the disk: those of another latent for each hundred steps.
fn of(step: u64) -> Samples {
    let Samples::Images {
        mut pixels,
        height,
        width,
        channels,
        ..
    } = images()
    else {
        unreachable!("images are images");
    };
    pixels.rotate_left(step as usize / 100);
    Samples::Images {
        step,
        channels,
        height,
        width,
        pixels,
        real: Vec::new(),
    }
}

/// What was recorded of a run: exact measures without singular values, and pictures of these steps.
fn recorded(gain: &str, steps: &[u64]) -> Snapshot {
    let mut snapshot = running(digits(), "digits", images());
    snapshot.settings = Arc::new(set(&snapshot.settings, "gain", gain).unwrap());
    let mut layers = spectra(1_000, 1.0).layers;
    for layer in &mut layers {
        layer.singular_values.clear();
        layer.frobenius = None;
    }
    layers.retain(|layer| layer.key.starts_with("d."));
    snapshot.spectra = Some(Arc::new(Spectra {
        step: 1_000,
        layers,
    }));
    let pictures = steps.iter().map(|&step| (step, Arc::new(of(step))));
    snapshot.pictures = pictures.collect();
    snapshot
}

/// A screen that watches three runs.
fn watching(look: Look) -> App {
    let front = recorded("4", &[100, 200, 300, 400]);
    let mut app = app(front, history(measures), look);
    app.is_watching = true;
    let behind = |name: &str, gain: &str, steps: &[u64]| BackgroundRun {
        name: name.to_owned(),
        history: history(measures),
        snapshot: Some(Arc::new(recorded(gain, steps))),
    };
    app.other_runs = vec![
        behind("a1b2c3", "8", &[100, 200, 300, 400]),
        behind("0c0c0c", "16", &[90, 290, 490]),
    ];
    app
}

fn plain() -> Look {
    Look::new(Depth::None, true)
}

#[test]
fn layers_have_a_row_for_each_run() {
    let mut app = watching(colours());
    app.update(Action::Layers);
    layout("runs_layers", &app);
}

#[test]
fn sigma_of_each_run_is_on_the_dashboard() {
    let shown = text(&drawn(&watching(plain()), (200, 60)));
    let row = shown.lines().find(|row| row.contains("d.0 SN×1")).unwrap();
    assert!(row.contains(": ") && row.contains("; "), "{row}");
}

#[test]
fn an_alarm_of_a_run_behind_is_shown_with_its_name() {
    let mut app = watching(colours());
    let exploding = Alarm {
        kind: AlarmKind::ExplodingGradient,
        step: 900,
        layer: String::new(),
        text: "mean ‖∇xD‖ is 40 times its start. Try SN on (s)".to_owned(),
    };
    let behind = app.other_runs[1].snapshot.as_mut().unwrap();
    Arc::make_mut(behind).alarms.push(exploding.clone());
    for size in [(200, 60), (120, 40), (80, 24), (60, 18)] {
        let shown = text(&drawn(&app, size));
        assert!(shown.contains(" ! 0c0c0c exploding gradient"), "{shown}");
    }
    // With another one of the run in front, each is told with its name.
    Arc::make_mut(&mut app.snapshot).alarms.push(Alarm {
        kind: AlarmKind::EstimateDrift,
        layer: "d.2".to_owned(),
        ..exploding.clone()
    });
    let shown = text(&drawn(&app, (200, 60)));
    assert!(
        shown.contains("Also 2026-01-02-digits-k3x9 σ drifts d.2"),
        "{shown}"
    );
    app.update(Action::NextAlarm);
    assert_eq!(app.views.curves.cursor, Some(900));
    let told = app.message().unwrap().text;
    assert!(
        told.starts_with("Alarm 1 of 2: run 0c0c0c, exploding"),
        "{told}"
    );
    // Several of one step are visited in turn, though no journal tells them apart.
    let behind = app.other_runs[1].snapshot.as_mut().unwrap();
    for layer in ["d.0", "d.2", "d.4"] {
        Arc::make_mut(behind).alarms.push(Alarm {
            kind: AlarmKind::SpectralCollapse,
            layer: layer.to_owned(),
            ..exploding.clone()
        });
    }
    for at in [2, 3, 4, 5, 1] {
        app.update(Action::NextAlarm);
        let told = app.message().unwrap().text;
        assert!(told.starts_with(&format!("Alarm {at} of 5")), "{told}");
    }
}

#[test]
fn singular_values_that_no_file_has_are_said_to_be_missing() {
    let mut app = watching(colours());
    app.update(Action::Spectrum);
    let shown = text(&drawn(&app, (120, 40)));
    assert!(shown.contains("are not on disk"), "{shown}");
    assert!(!shown.contains("not finite"), "{shown}");
}

/// The steps that stand above the pictures, from the left.
fn steps(app: &App) -> Vec<String> {
    let shown = text(&drawn(app, (200, 60)));
    // The first line has the step of the run in front.
    let mut rows = shown.lines().skip(1);
    let row = rows.find(|row| row.contains(" step ")).unwrap();
    let steps = row.split(" step ").skip(1);
    steps
        .map(|rest| rest.split_whitespace().next().unwrap().to_owned())
        .collect()
}

#[test]
fn pictures_of_all_runs_are_scrubbed_together() {
    let mut app = watching(plain());
    app.update(Action::Samples);
    assert_eq!(steps(&app), ["1,200", "1,200", "1,200"]);
    app.update(Action::PageUp);
    assert_eq!(steps(&app), ["400", "400", "490"]);
    app.update(Action::PageUp);
    assert_eq!(steps(&app), ["300", "300", "290"]);
    scene("runs_samples", &app);
    app.update(Action::Choose);
    scene("runs_samples_zoomed", &app);
    app.update(Action::First);
    assert_eq!(steps(&app), ["100", "100", "90"]);
    app.update(Action::Last);
    assert_eq!(steps(&app), ["1,200", "1,200", "1,200"]);
}

#[test]
fn pictures_from_files_that_come_later_can_be_scrubbed_to() {
    let mut app = watching(plain());
    app.update(Action::Samples);
    let more = Snapshot {
        pictures: recorded("4", &[100, 200, 300, 400, 1_100]).pictures,
        ..(*app.snapshot).clone()
    };
    app.observe(Arc::new(more));
    app.update(Action::PageUp);
    assert_eq!(steps(&app)[0], "1,100");
}

#[test]
fn compare_of_one_run_that_is_over_or_only_watched_names_another_way() {
    for (is_watching, status) in [
        (true, sn_tui::model::Status::Running),
        (false, sn_tui::model::Status::Finished),
        (true, sn_tui::model::Status::Still("interrupted".to_owned())),
    ] {
        let snapshot = Snapshot {
            status,
            ..recorded("4", &[])
        };
        let mut app = app(snapshot, history(measures), colours());
        app.is_watching = is_watching;
        app.update(Action::Compare);
        for size in [(120, 40), (80, 24), (60, 18), (40, 10)] {
            let shown = text(&drawn(&app, size));
            let words: Vec<&str> = shown.split_whitespace().collect();
            let said = words.join(" ");
            assert!(!said.contains("Y splits another one off here"), "{shown}");
            let fork = said.find("`sn-tui fork ").expect(&said);
            let path = "2026-01-02-digits-k3x9`";
            assert!(said[fork..].contains(path), "{shown}");
            assert_eq!(said.contains("R goes back to a saved state"), !is_watching);
        }
    }
}

#[test]
fn no_size_panics() {
    for view in [Action::Samples, Action::Layers, Action::Spectrum] {
        let mut app = watching(colours());
        app.update(view);
        app.update(Action::PageUp);
        for width in [0, 1, 2, 7, 39, 40, 41, 55, 56, 61, 80, 100, 133, 300] {
            for height in [0, 1, 2, 9, 10, 11, 14, 16, 22, 29, 30, 45, 90] {
                drawn(&app, (width, height));
            }
        }
    }
}
