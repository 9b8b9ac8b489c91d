//! Runs of the real program that are killed, starved, damaged or contended for.

mod damage;
mod descriptors;
mod disk;
mod ending;
#[path = "../common/folders.rs"]
mod folders;
mod kill;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/waiting.rs"]
mod waiting;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use program::sn_tui;

/// The program with these arguments; standard error is captured.
fn program(arguments: &[&str]) -> Command {
    let mut command = sn_tui(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The standard error and exit code of a program that has ended.
fn stderr_and_code(output: &Output) -> (String, Option<i32>) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (said, output.status.code())
}

/// The arguments of a small run of `ring` with this number of steps.
fn ring<'a>(out: &'a Path, steps: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["run", "ring", "--headless", "--quiet", "--threads", "1"];
    arguments.extend(["--set", "batch=16", "--set", "samples.count=4"]);
    arguments.extend(["--set", "samples.every=100000", "--set", "scores.every=0"]);
    arguments.extend(["--steps", steps, "--out", text(out)]);
    arguments.extend(more);
    arguments
}

fn resume<'a>(out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "resume",
        text(out),
        "--headless",
        "--quiet",
        "--threads",
        "1",
    ];
    arguments.extend(more);
    arguments
}

/// The summary file of a run.
fn summary(out: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(out.join("summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}
