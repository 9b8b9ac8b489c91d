//! The directory of a run: the format of each file, and how files are written, read, found and removed.

pub mod about;
pub(crate) mod append;
pub mod checkpoint;
pub(crate) mod directory;
pub(crate) mod error;
pub mod fork;
pub mod journal;
pub mod layout;
pub mod lines;
pub(crate) mod lock;
pub(crate) mod log;
pub mod metrics;
pub(crate) mod numbered;
pub(crate) mod record;
pub mod resume;
pub(crate) mod samples;
pub(crate) mod schedule;
pub(crate) mod summary;

pub use error::{Error, FileError, SamplesError, WriteError};

use std::path::Path;

use crate::files::open;

/// Maximum size of run.json and summary.json, in bytes. Scheduled changes (`--at`) make up most of a large run.json.
const MAX_BYTES: u64 = 4 << 20;

/// How strictly a file of a run is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// For resuming a run: a record that lacks a field which this program always writes is an error.
    Strict,
    /// For viewing a run of any version of the program: missing fields are unknown.
    Lenient,
}

/// Reads a JSON file of a run with `parse`. `None` if the file does not exist.
///
/// # Errors
/// If the file cannot be read or `parse` fails.
fn read_json<T>(
    directory: &Path,
    name: &'static str,
    parse: fn(&[u8]) -> serde_json::Result<T>,
) -> Result<Option<T>, FileError> {
    let read = open::read(&directory.join(name), MAX_BYTES);
    let bytes = read.map_err(|source| FileError::Read { name, source })?;
    let parsed = bytes.map(|bytes| parse(&bytes)).transpose();
    parsed.map_err(|source| FileError::Invalid { name, source })
}
