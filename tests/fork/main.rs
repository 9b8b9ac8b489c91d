//! Runs of the real program that are forked from saved states of others.
#![cfg(unix)]

mod equal;
#[path = "../common/folders.rs"]
mod folders;
mod killed;
mod listed;
#[path = "../common/program.rs"]
mod program;
mod refused;
mod rewound;
#[path = "../common/waiting.rs"]
mod waiting;

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

/// What every run of these tests trains with: little work, and a state where a process ended.
const QUICK: [&str; 12] = [
    "--set",
    "batch=8",
    "--set",
    "samples.count=4",
    "--set",
    "samples.every=100000",
    "--set",
    "scores.every=0",
    "--set",
    "checkpoints.every=0",
    "--set",
    "checkpoints.keep=100",
];

/// Flags of `run`, `resume` and `fork`.
const HEADLESS: [&str; 4] = ["--headless", "--quiet", "--threads", "1"];

/// A folder in which runs are made.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The program with these words, the flags of a headless run and more words.
    fn command(&self, words: &[&str], more: &[&str]) -> Command {
        program::program(self.path(), &[words, &HEADLESS, more].concat())
    }

    /// Runs a preset in `out`, with a state at each of these steps: a process ends there, and the next one goes on.
    fn run(&self, preset: &str, out: &str, steps: &[u64], more: &[&str]) {
        let words = ["run", preset, "--out", out];
        let (first, rest) = steps.split_first().unwrap();
        let first = first.to_string();
        let all = [&QUICK[..], more, &["--steps", &first]].concat();
        ends(self.command(&words, &all), 0);
        for steps in rest {
            let steps = steps.to_string();
            ends(self.command(&["resume", out], &["--steps", &steps]), 0);
        }
    }

    /// Forks a run into `out` and waits for its end.
    fn fork(&self, run: &str, out: &str, more: &[&str]) {
        ends(self.command(&["fork", run, "--out", out], more), 0);
    }

    /// The output of a command of which only the words count. It must end with 0.
    fn output(&self, words: &[&str]) -> String {
        ends(program::program(self.path(), words), 0)
    }

    /// A JSON file of a run.
    fn json(&self, file: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path().join(file)).unwrap()).unwrap()
    }

    /// The lines of the journal of a run.
    fn journal(&self, run: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path().join(run).join("journal.jsonl")).unwrap();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Steps and weights with which a run ended.
    fn end(&self, run: &str) -> (u64, String) {
        let summary = self.json(&format!("{run}/summary.json"));
        let steps = summary["steps"].as_u64().unwrap();
        (
            steps,
            summary["weights_sha256"].as_str().unwrap().to_owned(),
        )
    }

    /// Replays a run, which must be repeated to the bit in this number of steps.
    fn replays(&self, run: &str, steps: u64) {
        let said = self.output(&["replay", run, "--quiet"]);
        let expected =
            format!("{steps} steps again, measures of {steps} compared, the whole state");
        assert!(said.contains(&expected), "{said}");
        assert!(said.contains("the same to the bit"), "{said}");
    }
}

/// Waits for the end of a command, which must have this code, and returns what it wrote.
fn ends(mut command: Command, code: i32) -> String {
    let output = command.output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!(output.status.code(), Some(code), "{command:?}\n{out}{err}");
    assert!(!err.contains("panicked"), "{err}");
    out + &err
}
