//! Hostile names and texts on a real terminal: what comes is the program's own, to the last word after the screen.

use std::fs;

use crate::live::Live;

/// A title, a bell, C1 controls and directions, none of which the program uses.
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

fn hold(live: &Live) {
    let transcript = live.transcript();
    let is_foreign = |symbol: char| matches!(symbol, '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert_eq!(transcript.find(is_foreign), None, "{transcript:?}");
    assert!(!transcript.contains("\u{1b}]0;"), "{transcript:?}");
}

#[test]
fn hostile_names_and_texts_move_no_terminal() {
    let file = format!("./{HOSTILE}.ron");
    let prepare = |folder: &std::path::Path| {
        fs::write(folder.join(&file), TINY.replace("ABOUT", HOSTILE)).unwrap();
    };
    let mut live = Live::start_with(&["run", &file, "--out", HOSTILE], prepare);
    live.until_shown("running");
    for (keys, shown) in [
        ("?", "at a glance"),
        ("?", "running"),
        (",", "takes true or false"),
        // The bar of the page: Escape and a key in one piece would be a key held with Alt.
        ("\u{1b}", "q quit"),
        ("S", "saved"),
        ("6", "step"),
    ] {
        live.press(keys);
        live.until_shown(shown);
    }
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    // The last words name the folder: its name stands there as text.
    live.until_shown("log: e\\u001b]0;title");
    hold(&live);

    let mut watch = live.beside(&["watch", &format!("./{HOSTILE}")]);
    watch.until_shown("interrupted");
    watch.press("q");
    assert_eq!(watch.code_and_terminal(), 0);
    hold(&watch);
}
