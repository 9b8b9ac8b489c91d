//! Signals of schedulers, and signals during the last scores.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ExitStatus},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    program::{Running, program},
    run::{RING, parsed},
    waiting::until,
};

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn stderr_and_status(child: &mut Child) -> (String, ExitStatus) {
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    (said, child.wait().unwrap())
}

fn written_summary(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("summary.json")).unwrap()).unwrap()
}

/// Starts a run of `ring` that takes minutes, and waits for its first line.
fn endless(folder: &Path, more: &[&str]) -> Running {
    let steps = ["--steps", "300000", "--headless", "--log-every", "1"];
    let mut child = Running::start(
        program(folder, &RING)
            .args(steps)
            .args(["--out", "out"])
            .args(more),
    );
    let out = folder.join("out");
    until("the first checkpoint", || {
        out.join("checkpoints/step-000000.safetensors").exists()
    });
    // The output is read so that it does not fill the pipe.
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut String::new()).unwrap();
    thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    child
}

fn checkpoints(out: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(out.join("checkpoints")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("step-")
    });
    files.sort();
    files
}

#[test]
fn sigusr1_saves_what_a_resume_needs_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = endless(folder.path(), &["--set", "samples.every=1000000"]);
    send(&child, Signal::USR1);
    // Neither a second signal nor a SIGTERM at the time limit changes anything.
    for signal in [Signal::USR1, Signal::TERM] {
        thread::sleep(Duration::from_millis(1));
        let _ = kill_process(Pid::from_child(&child), signal);
    }
    assert_eq!(child.wait().unwrap().code(), Some(85));
    let out = folder.path().join("out");
    let summary = written_summary(&out);
    assert_eq!(summary["stopped"], "signal");
    assert!(summary.get("modes").is_none(), "{summary}");
    let steps = summary["steps"].as_u64().unwrap();
    let last = format!("checkpoints/step-{steps:06}.safetensors");
    assert!(out.join(last).is_file() && out.join("weights.safetensors").is_file());
    assert!(!out.join("samples/final.png").exists() && !out.join("socket").exists());
    let runs = program(folder.path(), &["runs", "--json", "."])
        .output()
        .unwrap();
    let runs: Value = serde_json::from_slice(&runs.stdout).unwrap();
    assert_eq!(runs[0]["state"], "interrupted", "{runs}");
}

#[test]
fn sigusr2_saves_a_checkpoint_and_the_run_continues() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = endless(folder.path(), &[]);
    let out = folder.path().join("out");
    // A signal before the first step saves what is already saved.
    until("two more checkpoints", || {
        send(&child, Signal::USR2);
        thread::sleep(Duration::from_millis(100));
        checkpoints(&out).len() >= 3
    });
    assert_eq!(child.try_wait().unwrap(), None);
    send(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

/// Arguments of a run whose last scores take long: a large generator and the largest number of samples.
const LONG_SCORES: [&str; 14] = [
    "run",
    "cifar10",
    "--threads",
    "1",
    "--set",
    "data.source=Dolls",
    "--set",
    "spectra.every=0",
    "--set",
    "scores.count=10000",
    "--set",
    "batch=4",
    "--out",
    "out",
];

/// Starts such a run, and waits until it computes its last scores.
fn scoring(folder: &Path, steps: &str) -> Running {
    let child =
        Running::start(program(folder, &LONG_SCORES).args(["--steps", steps, "--log", "json"]));
    let summary = folder.join("out/summary.json");
    let saved = folder.join("out/checkpoints/step-000001.safetensors");
    until("weights and a summary", || {
        summary.exists() && saved.exists()
    });
    child
}

#[test]
fn a_signal_during_the_last_scores_skips_them() {
    for (signal, code) in [(Signal::INT, 130), (Signal::USR1, 85)] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = scoring(folder.path(), "1");
        let out = folder.path().join("out");
        assert_eq!(written_summary(&out)["stopped"], "done");
        assert!(written_summary(&out)["weights_sha256"].is_string());
        send(&child, signal);
        let mut stdout = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut stdout)
            .unwrap();
        let (said, status) = stderr_and_status(&mut child);
        assert_eq!(status.code(), Some(code), "{said}");
        let lines = parsed(&stdout);
        assert_eq!(lines.len(), 2, "{stdout}");
        assert_eq!(
            (&lines[0]["step"], &lines[0]["loss_d"].is_number()),
            (&1.into(), &true)
        );
        let summary = &lines[1]["summary"];
        assert_eq!(
            (summary["stopped"].as_str(), summary.get("swd")),
            (Some("signal"), None)
        );
        assert_eq!(written_summary(&out), *summary);
        assert!(out.join("weights.safetensors").is_file() && !out.join("socket").exists());
        let metrics = fs::read_to_string(out.join("metrics.jsonl")).unwrap();
        assert_eq!(metrics.lines().count(), 1, "{metrics}");
    }
}

#[test]
fn a_kill_during_the_last_scores_loses_only_the_scores() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = scoring(folder.path(), "1");
    child.kill().unwrap();
    child.wait().unwrap();
    let out = folder.path().join("out");
    let summary = written_summary(&out);
    assert_eq!(
        (&summary["stopped"], &summary["steps"]),
        (&"done".into(), &1.into())
    );
    assert!(
        summary["loss_d"].is_number() && summary.get("swd").is_none(),
        "{summary}"
    );
    assert!(out.join("weights.safetensors").is_file());
    let again = program(folder.path(), &LONG_SCORES)
        .args(["--steps", "1", "--continue"])
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(0), "{again:?}");
}
