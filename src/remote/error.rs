//! Errors of the socket: messages, attaching, refused commands.

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::{act::MAX_WORDS, protocol::PROTOCOL};
use crate::preset::Diagnostic;

/// Why a message cannot be used, or a connection cannot continue.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum Error {
    #[error("the message cannot be encoded: {0}")]
    Encode(#[from] rmp_serde::encode::Error),
    #[error("the message cannot be decoded: {0}")]
    Decode(#[from] rmp_serde::decode::Error),
    #[error("{0} bytes follow the message")]
    TrailingBytes(usize),
    /// Preset text that does not parse.
    #[error("{}", .0)]
    Settings(Box<Diagnostic>),
    #[error("the images are not {height}×{width}×{channels}")]
    Images {
        channels: usize,
        height: usize,
        width: usize,
    },
    #[error("{scores} scores do not fill a plane of {columns}×{rows}")]
    Plane {
        scores: usize,
        columns: usize,
        rows: usize,
    },
    /// The curve at this index is unknown, or has more values than a curve may have.
    #[error("curve {0} is invalid")]
    Curve(usize),
    #[error("histograms of D's output have no axis or are too many")]
    Outputs,
    #[error("its process does not answer")]
    NoAnswer,
    #[error("its process closed it")]
    Closed,
    #[error("the answer does not fit the request")]
    UnexpectedAnswer,
    #[error("the first answer has no snapshot")]
    NoSnapshot,
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::TimedOut => Self::NoAnswer,
            ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

/// Why a client cannot attach to a run.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum AttachError {
    #[error("no process is training in {}", .0.display())]
    NoRun(PathBuf),
    #[error("no process is training in {}: its process was killed", .0.display())]
    Killed(PathBuf),
    #[error("the run in {} does not answer: its process may be stopped", .0.display())]
    NoAnswer(PathBuf),
    #[error("cannot attach to the run in {}: {error}", directory.display())]
    Refused {
        directory: PathBuf,
        error: io::Error,
    },
    #[error("the connection to the run failed: {0}")]
    Connection(#[from] Error),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl AttachError {
    /// The reason why connecting to the run in `directory` failed with `error`.
    pub fn from_connect(directory: &Path, error: io::Error) -> Self {
        let directory = directory.to_owned();
        match error.kind() {
            ErrorKind::NotFound => Self::NoRun(directory),
            ErrorKind::ConnectionRefused => Self::Killed(directory),
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Self::NoAnswer(directory),
            _ => Self::Refused { directory, error },
        }
    }
}

/// Why a client does not send a command.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum NotSent {
    #[error("The run has ended and takes no more commands.")]
    Over,
    #[error("The connection to the run is lost: nothing was sent.")]
    Lost,
    #[error("This screen only looks on.")]
    Viewer,
    /// A viewer that wanted control, with the reason why it has none.
    #[error("This screen only looks on: {0}.")]
    NoControl(String),
    #[error("The run's process does not keep up: nothing was sent.")]
    Busy,
    #[error("The command has {0} bytes, which is too long to send.")]
    TooLong(usize),
    #[error(transparent)]
    Encode(#[from] Error),
}

/// Why the run's process refuses a command of a peer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("command {id} comes after {last}")]
    Order { id: u64, last: u64 },
    #[error("only the run's own process may send this command")]
    OwnProcess,
    #[error("this screen only looks on")]
    Viewer,
    #[error("a program cannot send this command")]
    NotForPrograms,
    #[error("{what} has {bytes} bytes; {MAX_WORDS} are the maximum")]
    TooLong { what: &'static str, bytes: usize },
    #[error("too many commands are pending")]
    Busy,
    #[error("the training has ended and takes no more commands")]
    Over,
}

/// Why a peer is turned away at its greeting.
#[derive(Debug, thiserror::Error)]
pub(super) enum TurnedAway {
    #[error(
        "the run's sn-tui {} speaks protocol {PROTOCOL}, this one ({program}) speaks {protocol}: attach with the version that started the run",
        env!("CARGO_PKG_VERSION")
    )]
    Protocol { program: String, protocol: u32 },
    #[error("too many screens are attached already")]
    Full,
}
