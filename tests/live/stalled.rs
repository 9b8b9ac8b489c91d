//! A terminal that stops reading.

use rustix::process::Signal;

use crate::live::Live;

/// A run with fast frames on a wide terminal, and many sample pictures that show the progress of training.
fn stalled() -> Live {
    let live = Live::ring(&["--fps", "60", "--set", "samples.every=20"]);
    live.resize(60, 200);
    live.stall(true);
    live
}

#[test]
fn it_does_not_stop_training_or_the_screen() {
    let mut live = stalled();
    let before = live.pictures();
    live.wait_for("more pictures", || live.pictures() > before + 30);
    live.stall(false);
    live.press(" ");
    live.until_shown("paused");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn it_does_not_prevent_quitting() {
    let mut live = stalled();
    let before = live.pictures();
    live.wait_for("more pictures", || live.pictures() > before + 30);
    live.press("q");
    assert_eq!(live.code(), 0);
    assert!(live.out().join("weights.safetensors").is_file());
    live.stall(false);
    assert_eq!(live.code_and_terminal(), 0);

    let mut live = stalled();
    let before = live.pictures();
    live.wait_for("more pictures", || live.pictures() > before + 30);
    live.signal(Signal::TERM);
    assert_eq!(live.code(), 143);
    live.stall(false);
    assert_eq!(live.code_and_terminal(), 143);
}
