//! Hostile text in everything that the screen is drawn from: cells contain only text.

use std::sync::Arc;

use sn_tui::{
    model::{Alarm, AlarmKind, Figures, History, MixtureScores, Notice, Scores, Snapshot, Status},
    preset::{Data, Source},
    text::is_unsafe,
    tui::{
        app::{App, action::Action},
        look::{
            svg,
            theme::{Depth, Look},
        },
    },
};

use super::{app, drawn, made_up::*};

const HOSTILE: &str = "e\u{1b}[31m\u{7}\r\u{7f}\u{9b}v\u{202e}i\u{2066}\u{200f}\u{61c}\u{2028}l";

fn hostile() -> String {
    HOSTILE.to_owned()
}

/// A snapshot in which every text is hostile.
fn snapshot() -> Snapshot {
    let mut snapshot = running(digits(), HOSTILE, images());
    let mut settings = preset(Data::images(Source::Path(hostile()), (1, 28, 28)));
    settings.about = hostile();
    let mut measures = measures(STEPS);
    let named = [&mut measures.sigma, &mut measures.weight_norm];
    named
        .into_iter()
        .for_each(|layers| layers.push((hostile(), 1.0)));
    let mut spectra = spectra(STEPS, 0.5);
    spectra.layers[0].key = hostile();
    spectra.layers[0].kind = hostile();
    snapshot.changes = [
        ("set", HOSTILE, HOSTILE, HOSTILE),
        ("refused", HOSTILE, HOSTILE, HOSTILE),
        ("device", "", HOSTILE, HOSTILE),
        ("not_applied", "", "", HOSTILE),
        ("alarm", HOSTILE, "", HOSTILE),
        ("alarm_end", HOSTILE, HOSTILE, ""),
        (HOSTILE, HOSTILE, HOSTILE, HOSTILE),
    ]
    .map(|(kind, key, old, new)| entry(5, kind, key, old, new, HOSTILE))
    .into();
    snapshot.alarms.push(Alarm {
        kind: AlarmKind::EstimateDrift,
        step: 3,
        layer: hostile(),
        text: hostile(),
    });
    snapshot.notice = Some(Notice {
        number: 1,
        text: hostile(),
        error: true,
    });
    snapshot.scores = Some(Arc::new(Scores {
        step: 500,
        protocol: HOSTILE.into(),
        figures: Figures::Mixture(MixtureScores {
            modes: 8,
            modes_total: 8,
            high_quality: 0.5,
            reverse_kl: 0.1,
        }),
    }));
    Snapshot {
        device: hostile(),
        directory: hostile().into(),
        settings: Arc::new(settings),
        measures: Some(Arc::new(measures)),
        spectra: Some(Arc::new(spectra)),
        ..snapshot
    }
}

fn curves() -> History {
    let mut history = history(measures);
    for name in [hostile(), format!("sigma.{HOSTILE}")] {
        history.push(&name, 7, 1.0);
    }
    history
}

fn assert_safe(app: &App, what: &str) {
    for cell in &drawn(app, (100, 30)).content {
        let symbol = cell.symbol();
        assert!(!symbol.contains(is_unsafe), "{what}: {symbol:?}");
    }
}

#[test]
fn no_text_of_a_run_reaches_a_cell_as_control() {
    let look = Look::new(Depth::True, true);
    for status in [Status::Running, Status::Failed(hostile())] {
        let snapshot = Snapshot {
            status,
            ..snapshot()
        };
        // Each action, with hostile text typed into what it opens, and with a hostile message.
        for &action in Action::ALL {
            let mut app = app(snapshot.clone(), History::default(), look);
            app.update(action);
            HOSTILE
                .chars()
                .for_each(|symbol| app.type_character(symbol));
            assert_safe(&app, action.name());
            app.say(HOSTILE, true);
            assert_safe(&app, action.name());
        }
    }
}

#[test]
fn curves_and_the_picture_of_the_screen_are_text() {
    let snapshot = Snapshot {
        status: Status::Still(hostile()),
        ..snapshot()
    };
    let app = app(snapshot, curves(), Look::new(Depth::True, true));
    assert_safe(&app, "curves");
    let svg = svg::document(&drawn(&app, (200, 60)), HOSTILE, false);
    assert_eq!(svg.find(|c| is_unsafe(c) && c != '\n'), None);
}

#[test]
fn harmless_text_is_shown() {
    let snapshot = running(digits(), "it's\u{202e} läuft 日本", images());
    let app = app(snapshot, curves(), Look::new(Depth::True, true));
    let shown = super::text(&drawn(&app, (120, 40)));
    assert!(shown.contains("it's läuft 日 本"), "{shown}");
}
