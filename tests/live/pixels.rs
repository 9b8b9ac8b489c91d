//! Pictures as pixels on terminals that report support for them.

use crate::live::Live;

/// Starts a run of images and sends this reply to the program's query of the terminal.
pub fn start_with_reply(reply: &str) -> Live {
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
    // A key typed before the reply must not be lost, and the reply must not be read as keys.
    live.press(&format!("4{reply}"));
    live.until_shown("latest of");
    live
}

/// Whether the terminal is remote: sixels are then used only on request.
pub fn is_far() -> bool {
    ["SSH_CONNECTION", "SSH_TTY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

#[test]
fn sixels_on_a_terminal_with_sixels() {
    let mut live = start_with_reply("\x1b[6;20;10t\x1b[?63;1;4c");
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
fn kitty_pictures_are_removed_with_the_view() {
    let mut live = start_with_reply("\x1b_Gi=31;OK\x1b\\\x1b[?62;c");
    live.wait_for("a picture", || {
        live.transcript().contains("\x1b_Ga=T,f=100")
    });
    live.press("6");
    live.wait_for("its end", || live.transcript().contains("\x1b_Ga=d,d=I"));
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn characters_on_a_terminal_without_pixels() {
    let mut live = start_with_reply("\x1b[?1;2c");
    live.until("half blocks", |screen| screen.contents().contains('▀'));
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    let sent = live.transcript();
    assert!(!sent.contains("\x1b_Ga=T") && !sent.contains("\x1bP0;1"));
}
