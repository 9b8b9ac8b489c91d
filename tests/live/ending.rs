//! Every end of the program restores the terminal.

use std::{fs, thread, time::Duration};

use rustix::process::Signal;

use crate::{live::Live, program::sn_tui};

#[test]
fn control_c_quits() {
    let mut live = Live::ring(&[]);
    live.press("\u{3}");
    assert_eq!(live.code_and_terminal(), 0);
    assert!(live.out().join("weights.safetensors").is_file());
}

#[test]
fn signals_leave_the_screen_and_the_files() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut live = Live::ring(&[]);
        live.signal(signal);
        assert_eq!(live.code_and_terminal(), code, "{signal:?}");
        assert!(live.out().join("weights.safetensors").is_file());
        assert!(live.out().join("samples/final.png").is_file());
    }
}

#[test]
fn a_stop_restores_the_terminal_while_it_lasts() {
    let mut live = Live::ring(&[]);
    live.press("\u{1a}");
    live.until("the main screen", |screen| !screen.alternate_screen());
    live.wait_for("the terminal's mode", || !live.raw());
    live.signal(Signal::CONT);
    live.until("the page", |screen| screen.alternate_screen());
    live.until_shown("q quit");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 0);
}

#[test]
fn a_hang_up_ends_the_run_with_its_files() {
    let mut live = Live::ring(&[]);
    live.hang_up();
    assert_eq!(live.code(), 129);
    assert!(live.out().join("weights.safetensors").is_file());
    assert!(live.log().contains("end step="), "{}", live.log());
}

#[test]
fn a_hang_up_costs_no_more_than_saving_and_the_run_can_be_resumed() {
    let mut live = Live::ring(&[]);
    let before = live.processor_time();
    live.hang_up();
    let mut after = before;
    // The last value that can be read is the total.
    while let Some(now) = live.processor_time() {
        after = Some(now);
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(live.code(), 129);
    let took = after.zip(before).map(|(after, before)| after - before);
    assert!(took < Some(Duration::from_millis(500)), "{took:?}");

    let summary = fs::read_to_string(live.out().join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["stopped"], "signal");
    let steps = summary["steps"].as_u64().unwrap();
    let more = (steps + 5).to_string();
    let mut resumed = sn_tui(&["resume", "--headless", "--quiet", "--steps", &more]);
    let output = resumed.arg(live.out()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_shell_that_ends_with_its_terminal_does_not_lose_the_files() {
    // The steps are slow, so the run is still in one when the shell's signals arrive.
    let mut live = Live::start(&["run", "digits", "--set", "batch=256"]);
    live.until("the page", |screen| screen.contents().contains("running"));
    live.hang_up();
    for _ in 0..20 {
        live.signal(Signal::HUP);
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(live.code(), 129);
    assert!(live.out().join("weights.safetensors").is_file());
}

#[test]
fn a_run_without_its_data_names_no_files() {
    let arguments = ["run", "digits", "--data", "nowhere", "--out", "upper/out"];
    let mut live = Live::start_with(&arguments, |_| {});
    live.until_shown("It made 0 of 1,500 steps");
    assert!(!live.contents().contains("upper"), "{}", live.contents());
    live.press("q");
    assert_eq!(live.code_and_terminal(), 1);
    assert!(!live.transcript().contains("log: "));
    assert!(!live.folder().join("upper").exists());
}

#[test]
fn a_start_that_fails_does_not_touch_the_screen() {
    let full = |folder: &std::path::Path| {
        fs::create_dir(folder.join("out")).unwrap();
        fs::write(folder.join("out/thesis.tex"), "x").unwrap();
    };
    let below = |folder: &std::path::Path| fs::write(folder.join("out"), "x").unwrap();
    let mut refused = Live::start_with(&["run", "ring", "--out", "out"], full);
    assert_eq!(refused.code_and_terminal(), 1);
    refused.until_shown("error: out is not empty");
    assert!(!refused.transcript().contains('\u{1b}'));

    let mut impossible = Live::start_with(&["run", "ring", "--out", "out/below"], below);
    assert_eq!(impossible.code_and_terminal(), 1);
    impossible.until_shown("error: ");
    impossible.until_shown("out/below");
    assert!(!impossible.transcript().contains('\u{1b}'));
}
