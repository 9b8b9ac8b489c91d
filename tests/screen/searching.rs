//! Searching the help and the journal.

use std::sync::Arc;

use sn_tui::tui::app::{action::Action, keys::Mode, view::View};

use super::{
    alarms::alarmed, app, check_snapshots, colours, drawn, interaction::press, made_up::*, text,
};

fn type_in(app: &mut sn_tui::tui::app::App, text: &str) {
    text.chars().for_each(|symbol| app.type_character(symbol));
}

#[test]
fn help_begins_with_the_views_own_keys() {
    let mut app = app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    );
    for (view, own) in [
        (Action::Dashboard, Action::NextPane),
        (Action::Layers, Action::ToggleLayer),
        (Action::Spectrum, Action::Pin),
        (Action::Samples, Action::Interpolate),
        (Action::Journal, Action::Search),
    ] {
        press(&mut app, &[view, Action::Help]);
        let shown = text(&drawn(&app, (200, 60)));
        let at = |text: &str| shown.find(text).unwrap_or(usize::MAX);
        let first: String = own.description().chars().take(30).collect();
        let after = [at("What is shown"), at("Keys:"), at("Alarms, and")];
        assert!(after.iter().all(|&other| at(&first) < other), "{shown}");
    }
}

#[test]
fn the_help_is_searched() {
    let mut app = app(
        running(digits(), "digits", images()),
        history(measures),
        colours(),
    );
    press(&mut app, &[Action::Help, Action::Down, Action::Search]);
    assert_eq!(app.mode(), Mode::Typing);
    type_in(&mut app, "learning RATE");
    assert_eq!(app.help, Some(0));
    check_snapshots("help_search", &app, &[(80, 24)]);
    press(&mut app, &[Action::Choose]);
    assert_eq!(app.mode(), Mode::Help);
    press(&mut app, &[Action::Back]);
    assert!(app.help.is_some() && !app.search.is_on());
    press(&mut app, &[Action::Search]);
    type_in(&mut app, "xyzzy");
    assert!(text(&drawn(&app, (80, 24))).contains("Nothing holds these words."));
    press(&mut app, &[Action::Back, Action::Back]);
    assert_eq!(app.mode(), Mode::Page);
}

#[test]
fn the_journal_is_searched() {
    let mut app = app(alarmed(), history(measures), colours());
    press(&mut app, &[Action::Journal, Action::Search]);
    type_in(&mut app, "alarm dying");
    check_snapshots("journal_search", &app, &[(80, 24)]);
    let shown = text(&drawn(&app, (120, 40)));
    assert!(
        shown.contains("2 entries") && !shown.contains("iterations of d.2  as"),
        "{shown}"
    );
    press(&mut app, &[Action::Choose, Action::Up, Action::Up]);
    assert_eq!(app.views.curves.cursor, Some(950));
    press(&mut app, &[Action::Back]);
    assert!(text(&drawn(&app, (120, 40))).contains("iterations of d.2  as"));
    press(&mut app, &[Action::Search]);
    type_in(&mut app, "xyzzy");
    assert!(text(&drawn(&app, (80, 24))).contains("no entry holds these words"));
    press(&mut app, &[Action::Back, Action::Layers]);
    assert!(app.view == View::Layers && !app.search.is_on());
    app.observe(Arc::new(alarmed()));
}

/// u may turn between the singular vectors of two close singular values without harm to σ.
#[test]
fn an_error_of_u_beside_a_right_sigma_is_explained() {
    let mut snapshot = running(digits(), "digits", images());
    let mut spectra = spectra(1200, 1.0);
    let layer = &mut spectra.layers[1];
    layer.exact.sigma_error = Some(0.002);
    layer.exact.cosine_error_u = Some(0.97);
    layer.singular_values[1] = layer.singular_values[0] * 0.998;
    snapshot.spectra = Some(Arc::new(spectra));
    let mut app = app(snapshot, history(measures), colours());
    press(&mut app, &[Action::Layers]);
    let why =
        "err u of d.2 is 0.970: its first singular values are close (σ₂/σ₁ = 0.998), and u lies";
    for size in [(200, 60), (120, 40)] {
        let shown = text(&drawn(&app, size));
        let words: Vec<&str> = shown
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect();
        assert!(words.join(" ").contains(why), "{shown}");
    }
}
