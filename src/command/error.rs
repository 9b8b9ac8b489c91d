//! The error of a command: its message and its exit code.
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
    engine::metric::classifier,
    files::{output::NotWritten, tensors},
    preset::Diagnostic,
    remote::AttachError,
    run::{self, Failure, NoDevice},
    rundir::record::FindError,
    text::streams,
    weights,
};

/// Why a command failed.
#[derive(Debug)]
pub enum Error {
    /// Wrong input: an argument, a preset, a setting. It exits with 2.
    Wrong(Diagnostic),
    /// Every other failure, which exits with 1. Lines after the first have details.
    Failed(String),
}

impl Error {
    /// Creates a failure with this message.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// Returns the exit code of the program.
    pub fn code(&self) -> u8 {
        match self {
            Self::Wrong(_) => WRONG_INPUT,
            Self::Failed(_) => FAILURE,
        }
    }

    /// Prints the error to standard error. A closed standard error is ignored.
    pub fn print(&self) {
        match self {
            // `render` escapes control characters before it adds colours.
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
    AttachError,
    clap::Error,
    classifier::Error,
    io::Error,
    latents::Error,
    NoDevice,
    NotWritten,
    run::Error,
    serde_json::Error,
    tensors::Error,
    FindError,
    weights::Error,
);
