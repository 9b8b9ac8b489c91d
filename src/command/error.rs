//! What a command fails of: what a person is told, and the exit code.
#![expect(clippy::disallowed_methods, reason = "a door by which text leaves")]

use std::{
    fmt,
    io::{self, Write},
};

use super::{
    exit::{FAILURE, WRONG_INPUT},
    sample::latents,
};
use crate::{
    files::output::NotWritten,
    metric::classifier,
    preset::Diagnostic,
    run::{self, Failure, NoDevice},
    rundir::record::Unknown,
    tensors,
    text::streams,
    weights,
};

/// Why a command came to nothing.
#[derive(Debug)]
pub enum Error {
    /// Something that a person wrote is wrong: its message, its place and what would be right.
    Wrong(Diagnostic),
    /// Every other failure; lines after the first say more.
    Failed(String),
}

impl Error {
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// The exit code of the program.
    pub fn code(&self) -> u8 {
        match self {
            Self::Wrong(_) => WRONG_INPUT,
            Self::Failed(_) => FAILURE,
        }
    }

    /// Tells it on standard error. Where that is closed, the exit code has to do.
    pub fn tell(&self) {
        match self {
            // It is escaped before it is coloured.
            Self::Wrong(wrong) => {
                let _ = io::stderr().write_all(wrong.render(streams::colors_errors()).as_bytes());
            }
            Self::Failed(message) => streams::say(&format!("error: {message}")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(wrong) => wrong.fmt(f),
            Self::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

impl From<Diagnostic> for Error {
    fn from(wrong: Diagnostic) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure.downcast::<Diagnostic>() {
            Ok(wrong) => Self::Wrong(*wrong),
            Err(failure) => Self::Failed(failure.to_string()),
        }
    }
}

macro_rules! failures {
    ($($kind:ty),* $(,)?) => {$(
        impl From<$kind> for Error {
            fn from(error: $kind) -> Self {
                Self::Failed(error.to_string())
            }
        }
    )*};
}

failures!(
    String,
    clap::Error,
    classifier::Error,
    io::Error,
    latents::Error,
    NoDevice,
    NotWritten,
    run::Error,
    serde_json::Error,
    tensors::Error,
    Unknown,
    weights::Error,
);
