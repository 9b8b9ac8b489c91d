//! The mouse in a terminal: off by default, and off again however the screen closes.

use rustix::process::Signal;
use vt100::{MouseProtocolEncoding, MouseProtocolMode};

use crate::live::Live;

fn reports(screen: &vt100::Screen) -> bool {
    screen.mouse_protocol_mode() == MouseProtocolMode::ButtonMotion
        && screen.mouse_protocol_encoding() == MouseProtocolEncoding::Sgr
}

#[test]
fn without_the_flag_the_terminal_keeps_its_mouse() {
    let mut live = Live::ring(&[]);
    live.until_shown("seed 0");
    live.until("no reports", |screen| {
        screen.alternate_screen() && screen.mouse_protocol_mode() == MouseProtocolMode::None
    });
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn with_the_flag_clicks_act_and_the_mouse_is_given_back() {
    let mut live = Live::ring(&["--mouse"]);
    live.until_shown("seed 0");
    live.until("reports of the mouse", reports);
    // The tab of the fourth view, in the second line.
    let tabs = live.contents();
    let tabs = tabs.lines().nth(1).unwrap();
    let column = tabs[..tabs.find('4').unwrap()].chars().count() + 1;
    live.press(&format!("\u{1b}[<0;{column};2M\u{1b}[<0;{column};2m"));
    live.until_shown("4 Samples");
    // The bytes of an old report are no keys: this one would quit.
    live.press("\u{1b}[M qq");
    live.press("6");
    live.until_shown("nothing changed yet");
    live.signal(Signal::TERM);
    assert_eq!(live.code_and_terminal(), 143);
}

#[test]
fn a_suspended_program_gives_the_mouse_back_and_takes_it_again() {
    let mut live = Live::ring(&["--mouse"]);
    live.until("reports of the mouse", reports);
    live.signal(Signal::TSTP);
    live.until("no reports", |screen| {
        screen.mouse_protocol_mode() == MouseProtocolMode::None
    });
    live.signal(Signal::CONT);
    live.until("reports of the mouse again", reports);
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}
