//! Why a run cannot start.

use std::{io, path::PathBuf};

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is not empty; a run wants a directory of its own", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} is not a directory", .0.display())]
    NotADirectory(PathBuf),
    #[error("cannot write to {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("--at {step}:{key}={value}: {reason}")]
    Schedule {
        step: u64,
        key: String,
        value: String,
        reason: String,
    },
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl Error {
    /// The exit code: 2 for wrong arguments, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Schedule { .. } => 2,
            Error::NotEmpty(_)
            | Error::NotADirectory(_)
            | Error::Write { .. }
            | Error::Thread(_) => 1,
        }
    }
}
