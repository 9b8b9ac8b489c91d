//! The time between `q` and the end of a run, and the signals of schedulers.

use std::{fs, thread, time::Duration};

use rustix::process::Signal;
use serde_json::Value;

use crate::live::Live;

fn summary(live: &Live) -> Value {
    serde_json::from_slice(&fs::read(live.out().join("summary.json")).unwrap()).unwrap()
}

#[test]
fn long_scores_are_announced_and_ctrl_c_skips_them() {
    let steps = ["run", "digits", "--steps", "1000000", "--threads", "1"];
    let slow = ["--set", "scores.count=10000", "--set", "batch=4"];
    let mut live = Live::start(&[&steps[..], &slow].concat());
    live.until_shown("running");
    live.press("q");
    live.until("the prompt", |screen| {
        !screen.alternate_screen() && screen.contents().contains("Ctrl-C skips them")
    });
    let out = live.out();
    assert!(out.join("weights.safetensors").is_file());
    assert_eq!(summary(&live)["stopped"], "user");
    live.press("\u{3}");
    assert_eq!(live.code_and_terminal(), 0);
    let summary = summary(&live);
    assert_eq!(summary["stopped"], "user");
    assert!(summary["weights_sha256"].is_string() && summary.get("swd").is_none());
    assert!(!out.join("socket").exists());
}

#[test]
fn a_paused_run_saves_at_once_and_ends_on_a_scheduler_signal() {
    let paused = [
        "run", "ring", "--set", "batch=32", "--steps", "1000000", "--paused",
    ];
    let mut live = Live::start(&paused);
    live.until_shown("paused");
    live.signal(Signal::USR2);
    live.until_logged("step 0 is saved");
    live.signal(Signal::USR1);
    assert_eq!(live.code_and_terminal(), 85);
    let summary = summary(&live);
    assert_eq!(
        (&summary["stopped"], summary.get("modes")),
        (&"signal".into(), None)
    );
    assert!(live.out().join("weights.safetensors").is_file());
    assert!(!live.out().join("samples/final.png").exists());
}

#[test]
fn a_run_without_its_screen_handles_scheduler_signals() {
    let mut live = Live::ring(&["--keep-running"]);
    live.hang_up();
    thread::sleep(Duration::from_millis(300));
    live.signal(Signal::USR1);
    assert_eq!(live.code(), 85);
    assert_eq!(summary(&live)["stopped"], "signal");
}
