//! Lanes of the real program: several futures of one state, step by step.
#![cfg(unix)]

mod disk;
mod distances;
mod equal;
#[path = "../common/folders.rs"]
mod folders;
mod killed;
#[path = "../common/program.rs"]
mod program;
mod refused;
#[path = "../common/waiting.rs"]
mod waiting;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;
use tempfile::TempDir;

/// Settings with little work and no scores.
const QUICK: [&str; 8] = [
    "--set",
    "batch=8",
    "--set",
    "samples.count=4",
    "--set",
    "samples.every=100000",
    "--set",
    "scores.every=0",
];

/// A folder in which runs are made.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, part: &str) -> PathBuf {
        self.0.path().join(part)
    }

    /// Runs the program to its end. Its exit code must be this.
    fn program(&self, words: &[&str], code: i32) -> Output {
        let output = program::program(self.0.path(), words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{said}");
        assert_eq!(output.status.code(), Some(code), "{words:?}\n{said}");
        output
    }

    /// Trains a preset in `out` on two threads, and returns its lines.
    fn run(&self, preset: &str, out: &str, more: &[&str]) -> Vec<Value> {
        let words = ["run", preset, "--out", out, "--log", "json", "--quiet"];
        let all = [&words[..], &["--threads", "2"], &QUICK, more].concat();
        let output = self.program(&all, 0);
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The hash of the final weights of a run.
    fn weights(&self, run: &str) -> String {
        json(&self.path(run).join("summary.json"))["weights_sha256"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Replays a run, which must be the same to the bit.
    fn replay(&self, run: &str) {
        let output = self.program(&["replay", run, "--quiet"], 0);
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("the same to the bit"), "{said}");
    }

    /// The lines of the journal of a run.
    fn journal(&self, run: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(run).join("journal.jsonl")).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn json(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}
