//! Every sign on a view is explained on it or in its help, one key away.

use std::collections::BTreeSet;

use sn_tui::{
    model::Status,
    tui::{
        app::{App, action::Action, view::View},
        look::theme::{Depth, Look},
    },
};

use super::{app, drawn, interaction::press, lanes, made_up::*, text};

/// Returns whether a character is a letter, a mark of text, a part of a frame, of a curve or of a picture.
fn is_plain(symbol: char) -> bool {
    let frame = ('\u{2500}'..='\u{257f}').contains(&symbol) && !matches!(symbol, '┊' | '┃');
    let curve = ('\u{2800}'..='\u{28ff}').contains(&symbol);
    symbol.is_alphanumeric()
        || symbol.is_ascii()
        || frame
        || curve
        || "▀·–−…→←×÷‖∇∏≤₁".contains(symbol)
}

/// Returns the signs that are drawn in a view at several sizes.
fn signs(app: &App) -> BTreeSet<char> {
    let sizes = [(200, 60), (120, 40), (80, 24), (60, 18)];
    let shown = sizes.map(|size| text(&drawn(app, size)));
    let all = shown.iter().flat_map(|text| text.chars());
    let bars = '▁'..='█';
    // Bars of all heights are one sign.
    let sign = |symbol| {
        if bars.contains(&symbol) {
            '█'
        } else {
            symbol
        }
    };
    all.filter(|symbol| !is_plain(*symbol)).map(sign).collect()
}

fn help(app: &mut App) -> String {
    press(app, &[Action::Help]);
    let mut help = String::new();
    for _ in 0..60 {
        help += &text(&drawn(app, (200, 60)));
        press(app, &[Action::PageDown]);
    }
    press(app, &[Action::Help]);
    help
}

#[test]
fn every_sign_is_explained() {
    let (mut seen, mut missing) = (BTreeSet::new(), BTreeSet::new());
    for (data, samples) in [(digits as fn() -> _, images()), (ring, points())] {
        let mut snapshot = running(data(), "run", samples);
        snapshot.spectra = Some(spectra(500, 0.9).into());
        snapshot.plane = Some(plane().into());
        let spiked = |step| {
            let mut m = measures(step);
            if step == 900 {
                (m.loss_d, m.grad_g, m.loss_g) = (1e6, -1.0, f32::NAN);
                m.sigma[0].1 = 1e6;
            }
            m
        };
        let alone = app(snapshot, history(spiked), Look::new(Depth::True, true));
        let mut paused = lanes::run(data(), 3, 1, Look::new(Depth::True, true));
        paused.lanes.others[0].snapshot = {
            let mut other = (*paused.lanes.others[0].snapshot).clone();
            other.status = Status::Paused;
            other.into()
        };
        for mut app in [alone, paused] {
            press(&mut app, &[Action::Left]);
            for view in View::ALL {
                app.view = view;
                let shown = signs(&app);
                let help = help(&mut app);
                let unexplained = shown.iter().filter(|sign| !help.contains(**sign));
                missing.extend(unexplained.map(|sign| format!("{sign} in {view:?}")));
                seen.extend(shown);
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    for sign in ['↑', '┊', '┃', '▸', '▶', '█'] {
        assert!(seen.contains(&sign), "{sign} is drawn nowhere: {seen:?}");
    }
}
