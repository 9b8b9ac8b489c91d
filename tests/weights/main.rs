//! Weights of runs: exported, sampled from and started from.

#[path = "../common/folders.rs"]
mod folders;
#[path = "../common/program.rs"]
mod program;
#[path = "../common/tensors.rs"]
mod tensors;

mod export;
mod init;
mod mutated;
mod numpy;
mod pytorch;
mod sample;

use std::path::{Path, PathBuf};

use program::program;
use tempfile::TempDir;

/// A file with PyTorch's results, see `tests/pytorch/load_export.py`.
fn pytorch_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/pytorch")
        .join(name)
}

/// A folder in which commands run one after the other.
struct Place(TempDir);

/// The end of a command.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs a command; its arguments are split at spaces.
    fn execute(&self, line: &str) -> Ended {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = program(self.0.path(), &arguments).output().unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command, which must succeed.
    fn succeeds(&self, line: &str) -> Ended {
        let said = self.execute(line);
        assert_eq!(said.code, Some(0), "{line}\n{}", said.err);
        said
    }

    /// Runs a command, which must end with this code and these words.
    fn fails(&self, line: &str, code: i32, words: &[&str]) {
        let said = self.execute(line);
        assert_eq!(said.code, Some(code), "{line}\n{}", said.err);
        for words in words {
            assert!(
                said.err.contains(words),
                "{line}: no {words:?} in\n{}",
                said.err
            );
        }
    }

    /// Makes a small run of `ring` in the folder `name`.
    fn ring(&self, name: &str, more: &str) {
        let line = format!("run ring --set batch=8 --headless --quiet --out {name}{more}");
        self.succeeds(&line);
    }
}
