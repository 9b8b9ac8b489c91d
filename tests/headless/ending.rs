//! The ends of runs, with their messages and exit codes.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::ChildStdout,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    folders::names,
    program::{Running, program},
    run::{RING, run, summary},
    tensors::Weights,
};

#[test]
fn invalid_input_ends_with_2_and_makes_no_directory() {
    for wrong in [
        &["run", "rign"][..],
        &["run", "ring", "--set", "gian=1"],
        &["run", "ring", "--set", "batch=0"],
        &["run", "ring", "--at", "3:latent=2"],
        &["run", "ring", "--at", "3:generator.layers=[Linear(out: 2)]"],
        &["run", "ring", "--steps", "many"],
        &["run", "no/such.ron"],
    ] {
        let run = run(&[wrong, &["--log", "json"]].concat());
        assert_eq!(run.code, Some(2), "{wrong:?}\n{}", run.stderr);
        assert!(run.stdout.is_empty() && !run.out().exists(), "{wrong:?}");
    }
}

#[test]
fn an_unusable_directory_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/thesis.tex"), "x").unwrap();
    for (out, words) in [
        ("full", "full is not empty"),
        ("full/thesis.tex", "not a directory"),
        ("full/thesis.tex/below", "full/thesis.tex/below"),
    ] {
        let output = program(folder.path(), &RING)
            .args(["--log", "json", "--out", out])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{out}\n{text}");
        assert!(
            text.starts_with("error: ") && text.contains(words),
            "{text}"
        );
        assert!(output.stdout.is_empty() && text.lines().count() <= 3);
    }
    assert_eq!(names(&folder.path().join("full")), ["thesis.tex"]);
}

#[test]
fn a_loss_that_is_not_finite_ends_with_1() {
    // The step lies between two lines, so its line is written out of turn.
    let rate = "generator.learning_rate=1e30";
    let more = [
        "--set",
        rate,
        "--steps",
        "50",
        "--log",
        "json",
        "--log-every",
        "40",
    ];
    let run = run(&[&RING[..], &more].concat());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let lines = run.lines();
    assert_eq!(lines.len(), 1, "{}", run.stdout);
    assert!(lines[0]["step"].as_u64().unwrap() > 1);
    assert!(lines[0]["loss_d"].is_null() && lines[0]["grad_d"].is_null());
    assert_eq!(lines[0]["applied"], false);
    let metrics = fs::read_to_string(run.out().join("metrics.jsonl")).unwrap();
    let applied = metrics.lines().filter(|line| !line.contains("applied"));
    let made = lines[0]["step"].as_u64().unwrap() - 1;
    assert_eq!(applied.count() as u64, made, "{metrics}");
    // The process may have been killed before it wrote its summary.
    fs::remove_file(run.out().join("summary.json")).unwrap();
    let runs = program(&run.out(), &["runs", "--json", ".."])
        .output()
        .unwrap();
    let runs: serde_json::Value = serde_json::from_slice(&runs.stdout).unwrap();
    assert_eq!(runs[0]["step"], made, "{runs}");
    let summary = run.summary();
    assert_eq!(summary["stopped"], "error");
    assert_eq!(
        summary["steps"].as_u64(),
        lines[0]["step"].as_u64().map(|n| n - 1)
    );
    assert!(run.stderr.contains("error: ") && run.stderr.contains("not finite"));
    // D's update was not applied.
    let weights = run.weights();
    for layer in ["d.0", "d.2", "d.4", "d.6"] {
        for name in ["weight_orig", "weight_u", "weight_v", "bias"] {
            let numbers = weights.numbers(&format!("{layer}.{name}"));
            assert!(numbers.iter().all(|x| x.is_finite()), "{layer}.{name}");
        }
    }
}

/// Starts a run that takes minutes, and waits for its first line.
fn endless(folder: &Path) -> (Running, BufReader<ChildStdout>, String) {
    let words = ["--steps", "300000", "--log", "json", "--out", "out"];
    let mut child = Running::start(program(folder, &RING).args(words));
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    (child, stdout, first)
}

/// Whether this process ignores a signal, as under `nohup`; programs that it starts then ignore it too.
fn ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0) & (1 << (signal.as_raw() - 1)) != 0
}

#[test]
fn signals_end_a_run_in_order() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        if ignored(signal) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let (mut child, mut stdout, mut text) = endless(folder.path());
        kill_process(Pid::from_child(&child), signal).unwrap();
        stdout.read_to_string(&mut text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal:?}");

        let summary = summary(&text);
        assert_eq!(summary["stopped"], "signal", "{signal:?}");
        assert_eq!(
            summary["steps"].as_u64(),
            Some(text.lines().count() as u64 - 1)
        );
        let out = folder.path().join("out");
        assert!(!Weights::read(&out.join("weights.safetensors")).0.is_empty());
        assert!(out.join("samples/final.png").is_file());
    }
}

#[test]
fn a_closed_reader_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, stdout, _) = endless(folder.path());
    drop(stdout);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(said.lines().count(), 1, "the opening and no more: {said}");
    assert!(folder.path().join("out/weights.safetensors").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn a_failed_output_does_not_lose_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = program(folder.path(), &RING)
        .args(["--steps", "5", "--log", "json", "--out", "out"])
        .stdout(full)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("warning: standard output") && text.contains("done: 5 steps"));
    assert!(folder.path().join("out/weights.safetensors").is_file());
}
