//! What is said in full on small screens, and what is left out of them.

use std::sync::Arc;

use sn_tui::{
    model::{Samples, Snapshot, Status},
    preset::set,
    tui::{
        app::{App, action::Action, view::View},
        look::theme::{Depth, Look},
    },
};

use super::{alarms::alarmed, app, colours, drawn, interaction::press, lanes, made_up::*, text};

/// All words of a screen in a row.
fn said(app: &App, size: (u16, u16)) -> String {
    let shown = text(&drawn(app, size));
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn digits_app() -> App {
    app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    )
}

#[test]
fn the_titles_of_charts_keep_the_step_of_the_cursor() {
    let mut app = app(alarmed(), history(measures), colours());
    press(&mut app, &[Action::NextAlarm]);
    for (size, charts) in [((80, 24), 2), ((60, 18), 1), ((120, 40), 3), ((40, 10), 1)] {
        let shown = text(&drawn(&app, size));
        // The alarm itself tells its step as well.
        let titled = |line: &&str| line.contains('─') && line.contains(" at 1,200");
        assert!(shown.lines().filter(titled).count() >= charts, "{shown}");
    }
}

#[test]
fn small_charts_keep_their_names() {
    let shown = text(&drawn(&digits_app(), (60, 18)));
    assert!(shown.contains(" loss D 1.375 G 0.650 "), "{shown}");
    let mut app = digits_app();
    app.update(Action::Layers);
    for size in [(200, 60), (160, 50), (120, 40)] {
        let shown = text(&drawn(&app, size));
        assert!(shown.contains(" error σ "), "{shown}");
    }
}

#[test]
fn a_long_message_is_wrapped() {
    let few = Look::new(Depth::Indexed, true);
    for size in [(120, 40), (80, 24), (60, 18), (40, 10)] {
        let snapshot = running(digits(), "digits", images());
        let mut app = app(snapshot, history(measures), few);
        app.update(Action::Samples);
        let said = said(&app, size);
        assert!(
            said.contains("in tmux: set -as terminal-features ',*:RGB'."),
            "{said}"
        );
    }
}

#[test]
fn errors_of_u_are_explained_where_they_are_shown() {
    let mut snapshot = running(digits(), "digits", images());
    let mut close = spectra(1200, 0.8);
    close.layers[0].exact.cosine_error_u = Some(0.9);
    snapshot.spectra = Some(Arc::new(close));
    let mut app = app(snapshot, history(measures), colours());
    app.update(Action::Layers);
    let explains = |size| {
        let shown = text(&drawn(&app, size));
        (shown.contains("err u of d.0"), shown.contains(" err u "))
    };
    assert_eq!(explains((120, 40)), (true, true));
    assert_eq!(explains((80, 24)), (false, false));
}

#[test]
fn settings_that_are_searched_are_read_in_one_vocabulary() {
    let mut app = lanes::run(digits(), 2, 0, colours());
    let other = Arc::make_mut(&mut app.lanes.others[0].snapshot);
    other.settings = Arc::new(set(&app.snapshot.settings, "spectral.enabled", "false").unwrap());
    press(&mut app, &[Action::Settings, Action::Search]);
    "spectral".chars().for_each(|c| app.type_character(c));
    press(&mut app, &[Action::Choose]);
    let shown = text(&drawn(&app, (80, 24)));
    let row = shown
        .lines()
        .find(|row| row.contains("▸spectral.enabled"))
        .unwrap();
    assert!(row.contains("true b false"), "{row}");
    assert!(!row.contains('…'), "{row}");
    assert!(shown.contains("→ on/off"), "{shown}");
    press(&mut app, &[Action::Down]);
    assert!(text(&drawn(&app, (80, 24))).contains("→ larger  ← smaller"));
}

#[test]
fn the_bar_of_a_watched_run_has_no_keys_that_do_nothing() {
    let mut app = digits_app();
    for (watching, keys) in [(false, true), (true, false)] {
        app.is_watching = watching;
        for action in [Action::Dashboard, Action::Layers, Action::Samples] {
            app.update(action);
            let shown = text(&drawn(&app, (200, 60)));
            let bar = shown.lines().last().unwrap();
            assert_eq!(bar.contains("Space pause"), keys, "{bar}");
            assert_eq!(bar.contains("SN on/off"), keys, "{bar}");
            assert!(
                bar.contains("q quit") && bar.contains("Tab next view"),
                "{bar}"
            );
        }
    }
}

#[test]
fn a_watched_run_says_what_is_not_recorded() {
    let mut app = app(
        running(ring(), "ring", points()),
        history(measures),
        colours(),
    );
    app.is_watching = true;
    app.view = View::Plane;
    let why = "D's output over the plane is not recorded";
    for size in [(120, 40), (80, 24)] {
        assert!(said(&app, size).contains(why));
    }
    app.view = View::Spectrum;
    assert!(said(&app, (80, 24)).contains("no spectra recorded yet"));
    let over = Snapshot {
        status: Status::Finished,
        ..(*app.snapshot).clone()
    };
    app.observe(Arc::new(over));
    assert!(said(&app, (80, 24)).contains("this run recorded no spectra"));
}

#[test]
fn points_from_a_picture_have_a_legend() {
    let mut snapshot = running(ring(), "ring", points());
    let Samples::Points {
        real, generated, ..
    } = points()
    else {
        unreachable!("points are points");
    };
    let earlier = Samples::Points {
        step: 600,
        real,
        generated,
    };
    snapshot.pictures = [(600, Arc::new(earlier))].into();
    let mut app = app(snapshot, history(measures), colours());
    app.is_watching = true;
    press(&mut app, &[Action::Samples, Action::PageUp]);
    let shown = said(&app, (120, 40));
    assert!(
        shown.contains("1 of 2 ● real ● generated ● both"),
        "{shown}"
    );
    assert!(shown.contains("step 600"), "{shown}");
    press(&mut app, &[Action::Dashboard]);
    let small = said(&app, (60, 18));
    assert!(small.contains("● real ● fake ● both"), "{small}");
}

#[test]
fn a_finished_run_has_its_mean_rate_at_every_width() {
    let finished = Snapshot {
        status: Status::Finished,
        seconds: 100.0,
        step: 1500,
        ..running(digits(), "digits", images())
    };
    let app = app(finished, history(measures), colours());
    for size in [(120, 40), (80, 24), (60, 18)] {
        assert!(said(&app, size).contains("mean 15.0 steps/s"));
    }
}

#[test]
fn only_a_view_that_shows_nothing_has_a_pale_tab() {
    for status in [Status::Running, Status::Paused, Status::Finished] {
        let snapshot = Snapshot {
            status,
            ..running(digits(), "digits", images())
        };
        let app = app(snapshot, history(measures), colours());
        for width in [60, 80, 100, 120, 200] {
            let buffer = drawn(&app, (width, 24));
            let dim = app.look.theme.dim.fg.unwrap();
            let row = (0..width).map(|x| &buffer[(x, 1)]);
            let numbers = row.filter(|cell| ("1"..="7").contains(&cell.symbol()));
            for cell in numbers.take(7) {
                let is_plane = cell.symbol() == "5";
                assert_eq!(cell.fg == dim, is_plane, "{width} {}", cell.symbol());
            }
        }
    }
}
