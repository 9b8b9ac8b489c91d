//! A whole run of the real program.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::{program::program, tensors::Weights};

/// Arguments of `ring` with a small batch: a step takes a millisecond.
pub const RING: [&str; 4] = ["run", "ring", "--set", "batch=32"];

/// A run that has ended. Its folder is removed with it.
pub struct Run {
    folder: TempDir,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Makes a run with `--out` and these arguments.
pub fn run(arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let output = program(folder.path(), arguments)
        .args(["--out", "out"])
        .output()
        .unwrap();
    Run {
        folder,
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Makes a run with JSON lines, which must succeed.
pub fn json(arguments: &[&str]) -> Run {
    let run = run(&[arguments, &["--log", "json"]].concat());
    assert_eq!(run.code, Some(0), "{arguments:?}\n{}", run.stderr);
    run
}

/// Makes a run of the small ring with JSON lines, which must succeed.
pub fn ring(arguments: &[&str]) -> Run {
    json(&[&RING[..], arguments].concat())
}

impl Run {
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Everything on standard output, each line of which must be JSON.
    pub fn json(&self) -> Vec<Value> {
        parsed(&self.stdout)
    }

    /// The lines of steps, without the summary.
    pub fn lines(&self) -> Vec<Value> {
        let mut all = self.json();
        all.pop();
        all
    }

    pub fn summary(&self) -> Value {
        summary(&self.stdout)
    }

    /// The hash of the weights in the summary.
    pub fn hash(&self) -> String {
        self.summary()["weights_sha256"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn weights(&self) -> Weights {
        Weights::read(&self.out().join("weights.safetensors"))
    }
}

pub fn parsed(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The summary on the last line.
pub fn summary(stdout: &str) -> Value {
    parsed(stdout).pop().expect("a summary")["summary"].clone()
}
