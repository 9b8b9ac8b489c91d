//! A device that fails during a live run, on the double of a GPU's driver: `tests/rig/run cargo test --test live
//! device`.

use std::path::Path;

use crate::{live::Live, program::PROGRAM};

#[test]
fn a_failing_device_is_reported_and_the_terminal_restored() {
    if cfg!(not(feature = "cuda")) || std::env::var_os("RIG_NVCC").is_none() {
        return;
    }
    let run = [
        "RIG_FAIL_LAUNCH=400",
        PROGRAM,
        "run",
        "ring",
        "--device=cuda",
        "--set=batch=16",
        "--set=samples.count=4",
        "--set=scores.every=0",
        "--set=checkpoints.every=5",
        "--steps=100000",
        "--out=out",
    ];
    let mut live = Live::start_program(Path::new("/usr/bin/env"), &run, |_| {});
    live.until_shown("The run has stopped");
    live.until_shown("the GPU failed");
    live.until_shown("is saved: sn-tui resume");
    live.press("q");
    assert_eq!(live.code_and_terminal(), 1);
    let left = |name: &str| live.out().join(name).exists();
    assert!(!left("socket"));
    // The saved files are complete.
    let resumed = std::process::Command::new(PROGRAM)
        .args(["resume", "out", "--device=cpu", "--headless", "--steps=20"])
        .current_dir(live.folder())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&resumed.stderr).into_owned();
    assert!(resumed.status.success(), "{said}");
}
