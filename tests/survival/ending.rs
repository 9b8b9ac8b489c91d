//! Ends on signals, and on numbers that are not finite.

use std::{fs, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

use super::{program, program::Running, resume, ring, stderr_and_code, summary, waiting::until};

#[test]
fn a_signal_saves_the_last_step() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let home = tempfile::tempdir().unwrap();
        let (out, whole) = (home.path().join("out"), home.path().join("whole"));
        let child = Running::start(&mut program(&ring(&out, "1000000", &[])));
        until("the first checkpoint", || {
            out.join("checkpoints/step-000000.safetensors").exists()
        });
        thread::sleep(Duration::from_millis(100));
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.output();
        assert_eq!(stderr_and_code(&output).1, Some(code));
        let stopped = summary(&out);
        assert_eq!(stopped["stopped"], "signal");
        let steps = stopped["steps"].as_u64().unwrap();
        let file = format!("checkpoints/step-{steps:06}.safetensors");
        assert!(out.join(file).is_file());

        let more = (steps + 20).to_string();
        let output = program(&resume(&out, &["--steps", &more]))
            .output()
            .unwrap();
        assert_eq!(stderr_and_code(&output), (String::new(), Some(0)));
        program(&ring(&whole, &more, &[])).output().unwrap();
        assert_eq!(
            summary(&out)["weights_sha256"],
            summary(&whole)["weights_sha256"]
        );
    }
}

#[test]
fn after_nan_a_run_rewinds_three_times_at_half_the_rates_and_then_ends() {
    let home = tempfile::tempdir().unwrap();
    let more = [
        "--set",
        "checkpoints.every=5",
        "--set",
        "spectral.enabled=false",
        "--at",
        "12:discriminator.learning_rate=1e30",
    ];
    let stopped = home.path().join("stopped");
    let (words, code) = stderr_and_code(&program(&ring(&stopped, "40", &more)).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(
        words.contains("not finite") && words.contains("sn-tui resume"),
        "{words}"
    );

    let rewound = home.path().join("rewound");
    let with = [&more[..], &["--on-nan", "rewind"]].concat();
    let (words, code) = stderr_and_code(&program(&ring(&rewound, "40", &with)).output().unwrap());
    let journal = fs::read_to_string(rewound.join("journal.jsonl")).unwrap();
    let count = |kind: &str| journal.matches(&format!("\"kind\":\"{kind}\"")).count();
    // The planned change is applied again after each rewind, so no rewind helps.
    assert_eq!(
        (code, count("rewind"), count("not_applied")),
        (Some(1), 3, 4),
        "{words}\n{journal}"
    );
    assert!(journal.contains(r#""cause":"on_nan""#));
    let log = fs::read_to_string(rewound.join("sn-tui.log")).unwrap();
    assert!(
        log.contains("at half the learning rates (3 of 3 times)"),
        "{log}"
    );
}

#[test]
fn each_rewind_halves_the_rates_again() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    // The rate is set from the start, so each rewind halves it again.
    let more = [
        "--set",
        "checkpoints.every=4",
        "--set",
        "discriminator.learning_rate=1e30",
        "--set",
        "spectral.enabled=false",
        "--on-nan",
        "rewind",
    ];
    let (words, code) = stderr_and_code(&program(&ring(&out, "8", &more)).output().unwrap());
    assert_eq!(code, Some(1), "{words}");
    let rates = fs::read_to_string(out.join("journal.jsonl")).unwrap();
    for rate in ["5e29", "2.5e29", "1.25e29"] {
        assert!(rates.contains(rate), "{rate}: {rates}");
    }
}
