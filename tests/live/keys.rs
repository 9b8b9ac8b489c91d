//! The effects of keys on the screen and in the run's directory.

use crate::live::Live;

#[test]
fn the_keys_of_a_run() {
    let mut live = Live::ring(&["--set", "samples.every=1000000"]);
    assert!(live.raw());
    for text in ["ring", "seed 0", "q quit", "d.6"] {
        live.until_shown(text);
    }
    live.press("s");
    live.until_logged("set spectral.enabled true -> false");
    live.press("s");
    live.until_logged("set spectral.enabled false -> true");
    live.press("++");
    live.until_logged("set spectral.iterations 2 -> 3");
    live.press("-");
    live.until_logged("set spectral.iterations 3 -> 2");
    live.until_shown("SN×2");

    live.press("p");
    live.wait_for("a picture", || live.pictures() == 2);

    live.press(" ");
    live.until_shown("paused");
    live.press(".");
    live.press(" ");
    live.until_logged("resume");
    live.until_shown("running");
    live.press("n");
    live.until_shown("paused");

    live.press("?");
    live.until_shown("An overview of the run");
    live.press("\u{1b}");
    live.until("the page again", |screen| {
        screen.contents().contains("d.6") && screen.contents().contains("q quit")
    });
    live.press("g");
    live.until_shown("Pictures as");
    live.press("w");
    live.until_shown("recent");

    for (rows, cols) in [(24, 80), (5, 20), (1, 1), (60, 200)] {
        live.resize(rows, cols);
        live.press("\u{c}");
    }
    live.until_shown("seed 0");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    live.until_shown("weights: sha256");
}

#[test]
fn the_screen_stays_after_the_last_step() {
    let mut live = Live::start(&["run", "ring", "--set", "batch=32", "--steps", "30"]);
    live.until_shown("finished");
    live.wait_for("the weights", || {
        live.out().join("weights.safetensors").is_file()
    });
    live.press(" ");
    live.until_shown("All steps are made");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
    live.until_shown("done: 30 steps");
}

#[test]
fn a_loss_that_is_not_finite_pauses_the_run() {
    let mut live = Live::start(&["run", "ring", "--set", "generator.learning_rate=1e30"]);
    live.until_shown("not finite");
    live.until_shown("paused");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn planned_changes_apply_in_live_runs_too() {
    let mut live = Live::ring(&["--at", "20:spectral.iterations=4"]);
    live.until_logged("set spectral.iterations 1 -> 4");
    live.until_shown("SN×4");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}
