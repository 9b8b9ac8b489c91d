//! Hostile names and texts on a real terminal: only the program's own sequences arrive, also after the screen has
//! closed.

use std::fs;

use crate::live::Live;

/// A title, a bell, C1 controls and directions, none of which the program uses itself.
const HOSTILE: &str =
    "e\u{1b}]0;title\u{7}\u{9b}2J\u{9d}v\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}il";

const TINY: &str = "(
    about: \"ABOUT\",
    data: Mixture(centres: Ring(modes: 3, radius: 1), sigma: 0.1),
    latent: 2,
    generator: (layers: [Linear(out: 4), ReLU, Linear(out: 2)]),
    discriminator: (layers: [Linear(out: 4), ReLU, Linear(out: 1)]),
    batch: 4,
    steps: 100000000,
)";

fn assert_no_hostile_sequence(live: &Live) {
    let transcript = live.transcript();
    let is_foreign = |symbol: char| matches!(symbol, '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert_eq!(transcript.find(is_foreign), None, "{transcript:?}");
    let mut titles = transcript.split("\u{1b}]0;").skip(1);
    assert!(
        titles.all(|title| title.starts_with("sn-tui ")),
        "{transcript:?}"
    );
}

#[test]
fn hostile_names_and_texts_do_not_control_a_terminal() {
    let file = format!("./{HOSTILE}.ron");
    let prepare = |folder: &std::path::Path| {
        fs::write(folder.join(&file), TINY.replace("ABOUT", HOSTILE)).unwrap();
    };
    let mut live = Live::start_with(&["run", &file, "--out", HOSTILE], prepare);
    live.until_shown("running");
    for (keys, shown) in [
        ("?", "An overview of the run"),
        ("?", "running"),
        (",", "takes true or false"),
        // The bar of the dashboard. Escape must be sent alone: with a key right after it, it would be read as Alt.
        ("\u{1b}", "q quit"),
        ("S", "saved"),
        ("6", "step"),
    ] {
        live.press(keys);
        live.until_shown(shown);
    }
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    // The messages after the screen name the folder, with its control characters escaped.
    live.until_shown("log: e\\u001b]0;title");
    assert_no_hostile_sequence(&live);

    let mut watch = live.start_again(&["watch", &format!("./{HOSTILE}")]);
    watch.until_shown("interrupted");
    watch.press("q");
    assert_eq!(watch.code_and_terminal(), 0);
    assert_no_hostile_sequence(&watch);
}
