//! Weights of runs as others see them: exported, sampled from, started from.

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

/// What PyTorch was asked, see `tests/pytorch/load_export.py`.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/pytorch")
        .join(name)
}

/// A folder in which commands are tried one after the other.
struct Place(TempDir);

/// How a command ended.
struct Said {
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

    /// A command, its arguments split at spaces.
    fn say(&self, line: &str) -> Said {
        let arguments: Vec<&str> = line.split(' ').collect();
        let output = program(self.0.path(), &arguments).output().unwrap();
        Said {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A command that must go well.
    fn right(&self, line: &str) -> Said {
        let said = self.say(line);
        assert_eq!(said.code, Some(0), "{line}\n{}", said.err);
        said
    }

    /// A command that must be refused with this code and these words.
    fn wrong(&self, line: &str, code: i32, words: &[&str]) {
        let said = self.say(line);
        assert_eq!(said.code, Some(code), "{line}\n{}", said.err);
        for words in words {
            assert!(
                said.err.contains(words),
                "{line}: no {words:?} in\n{}",
                said.err
            );
        }
    }

    /// A small run of the ring in `name`.
    fn ring(&self, name: &str, more: &str) {
        let line = format!("run ring --set batch=8 --headless --quiet --out {name}{more}");
        self.right(&line);
    }
}
