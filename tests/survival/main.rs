//! Runs of the real program that are killed, starved, damaged and contended for.

mod damage;
mod descriptors;
mod disk;
mod ending;
#[path = "../common/folders.rs"]
mod folders;
mod kill;
#[path = "../common/program.rs"]
mod program;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use program::sn_tui;

/// The program with these arguments, of which what goes wrong is kept.
fn program(arguments: &[&str]) -> Command {
    let mut command = sn_tui(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What a program that was waited for said, and its exit code.
fn said(output: &Output) -> (String, Option<i32>) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (said, output.status.code())
}

/// A small run of the ring with so many steps and these arguments.
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

/// The summary that a run left.
fn summary(out: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(out.join("summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}
