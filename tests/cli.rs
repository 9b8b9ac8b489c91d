//! The command line of the program: its output and exit codes.

#[path = "common/program.rs"]
mod program;

use std::{
    fs,
    process::{Output, Stdio},
};

use sn_tui::{
    engine::{metric::classifier::Classifier, nn::Host},
    preset::{builtin, parse},
};

use program::sn_tui;

fn run(arguments: &[&str]) -> Output {
    sn_tui(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn presets_lists_every_built_in_preset() {
    let output = run(&["presets"]);
    assert_eq!(output.status.code(), Some(0));
    for name in builtin::names() {
        let line = stdout(&output).lines().any(|line| line.starts_with(name));
        assert!(line, "{name}");
    }
    assert!(
        stdout(&output).contains("237,345"),
        "parameters of the digits generator"
    );
}

#[test]
fn show_prints_what_run_accepts() {
    for name in builtin::names() {
        let shown = run(&["show", name]);
        assert_eq!(shown.status.code(), Some(0));
        assert_eq!(parse(&stdout(&shown), "shown"), builtin::builtin(name));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("digits.ron");
    let changed = run(&[
        "show",
        "digits",
        "--set",
        "gain=2.5",
        "--set",
        "loss=wasserstein",
    ]);
    assert!(
        stdout(&changed).contains("gain: 2.5") && stdout(&changed).contains("loss: wasserstein")
    );
    fs::write(&file, &changed.stdout).unwrap();
    let again = run(&["show", file.to_str().unwrap()]);
    assert_eq!(stdout(&again), stdout(&changed));
}

#[test]
fn invalid_input_ends_with_2_and_a_reason() {
    for (arguments, words) in [
        (&["run", "rign"][..], "did you mean `ring`"),
        (&["show", "no/such.ron"], "cannot read no/such.ron"),
        (
            &["run", "tests/bad-presets/unknown-field.ron"],
            "unknown-field.ron:3:5",
        ),
        (
            &["show", "digits", "--set", "gian=2"],
            "did you mean `gain`",
        ),
        (&["run", "--set", "gain=0"], "`gain` cannot be 0"),
        (&["run", "--set", "gain"], "KEY=VALUE"),
        (&["run", "--at", "0:gain=2"], "1 or more"),
        (&["run", "--at", "gain=2"], "STEP:KEY=VALUE"),
        (
            &["run", "--at", "5:latent=3"],
            "fixed once a run has started",
        ),
        (
            &["run", "--at", "5:steps=3"],
            "fixed once a run has started",
        ),
        (&["run", "--at", "5:gain=x"], "--at:1:8"),
        (&["run", "--threads", "0"], "1..=1024"),
        (&["run", "--fps", "0"], "1..=240"),
        (&["run", "--log-every", "0"], "1.."),
        (&["run", "--device", "gpu"], "cpu, cuda or cuda:INDEX"),
        (&["run", "--log", "xml"], "text, json"),
        (&["completions", "csh"], "bash"),
        (&["shw"], "show"),
        (&["show"], "PRESET"),
        (&["ctl", "mine"], "VERB"),
        (&["ctl", "mine", "halt"], "halt"),
        (&["ctl", "mine", "set", "gain"], "KEY=VALUE"),
        (&["ctl", "mine", "step", "0"], "1.."),
        (&["ctl", "mine", "join", "bb"], "not a lane"),
    ] {
        let output = run(arguments);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}\n{text}");
        assert!(text.contains(words), "{arguments:?}\n{text}");
        assert!(
            output.stdout.is_empty() && text.lines().count() <= 20,
            "{text}"
        );
        assert!(
            !text.contains('\u{1b}') && !text.contains("panicked"),
            "{text}"
        );
    }
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_cpu_build_says_so_when_asked_for_cuda() {
    let output = run(&["run", "--device", "cuda:1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("built for the CPU"));
}

#[test]
fn the_manual_has_every_flag_and_every_shell_a_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("sn-tui"), "{shell}");
    }
    let manual = stdout(&run(&["man"]));
    for words in [
        ".TH sn-tui 1",
        "SN-TUI RUN",
        "SN-TUI SHOW",
        "SN-TUI BENCH",
        "log\\-every",
        "EXAMPLES",
    ] {
        assert!(manual.contains(words), "{words}");
    }
}

#[test]
fn help_has_examples_for_every_command() {
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["show", "--help"],
        &["presets", "--help"],
        &["bench", "--help"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("Examples:"), "{arguments:?}");
    }
    assert!(stdout(&run(&["--version"])).starts_with("sn-tui "));
}

#[test]
fn a_closed_reader_is_no_error() {
    for arguments in [
        &["presets"][..],
        &["show", "digits"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = sn_tui(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{}", stderr(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_1() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = sn_tui(&["show", "digits"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains("cannot write standard output"), "{told}");
}

#[test]
fn a_classifier_is_trained_and_reports_its_accuracy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("classifier.safetensors");
    let path = file.to_str().unwrap();
    let output = run(&[
        "train-classifier",
        "fashion",
        "--epochs",
        "1",
        "--out",
        path,
    ]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stderr(&output).contains("held-out accuracy 0."),
        "{}",
        stderr(&output)
    );
    let about = Classifier::parse(&Host, &fs::read(&file).unwrap())
        .unwrap()
        .about;
    assert_eq!((about.epochs, about.held_out), (1, 300));

    let nowhere = run(&[
        "train-classifier",
        "fashion",
        "--epochs",
        "1",
        "--out",
        "/nowhere/x",
    ]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(stderr(&nowhere).contains("/nowhere/x"));
    assert_eq!(
        run(&["train-classifier", "dolls", "--out", path])
            .status
            .code(),
        Some(2)
    );
}
