//! A terminal that says it shows pixels gets them.

use crate::live::Live;

/// Starts a run of images on a terminal that has been asked, and answers so.
pub fn answered(reply: &str) -> Live {
    let quick = [
        "run",
        "digits",
        "--set",
        "batch=16",
        "--set",
        "samples.every=5",
    ];
    let mut live = Live::start(&quick);
    live.wait_for("the question", || live.transcript().contains("\x1b[>q"));
    // What a person types meanwhile must not be lost in it, nor the reply be taken for keys.
    live.press(&format!("4{reply}"));
    live.until_shown("latest of");
    live
}

/// Whether a network lies between: then sixels wait to be asked for.
pub fn is_far() -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

#[test]
fn sixels_where_it_has_sixels() {
    let mut live = answered("\x1b[6;20;10t\x1b[?63;1;4c");
    if is_far() {
        return;
    }
    live.wait_for("a picture", || live.transcript().contains("\x1bP0;1;0q"));
    live.press("g");
    live.until_shown("Pictures as half blocks");
    live.until("half blocks", |screen| screen.contents().contains('▀'));
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn kittys_pictures_are_taken_away_with_the_view() {
    let mut live = answered("\x1b_Gi=31;OK\x1b\\\x1b[?62;c");
    live.wait_for("a picture", || {
        live.transcript().contains("\x1b_Ga=T,f=100")
    });
    live.press("6");
    live.wait_for("its end", || live.transcript().contains("\x1b_Ga=d,d=I"));
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn characters_where_it_says_nothing() {
    let mut live = answered("\x1b[?1;2c");
    live.until("half blocks", |screen| screen.contents().contains('▀'));
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    let sent = live.transcript();
    assert!(!sent.contains("\x1b_Ga=T") && !sent.contains("\x1bP0;1"));
}
