//! The directory of a run, which is the truth about it: what stands in each file, how it is written, read, found and
//! cleared away.

pub mod about;
pub(crate) mod append;
pub mod checkpoint;
pub(crate) mod directory;
pub(crate) mod error;
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

pub use error::Error;

use std::path::Path;

use crate::{
    files::{folder::Place, open},
    text::wording::unreadable,
};

/// Most bytes of run.json and summary.json; of run.json changes decided beforehand (`--at`) take the most.
const MOST_BYTES: u64 = 4 << 20;

/// How strictly a file of a run is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// To go on with a run: what lacks a field that every run of this program has is refused.
    Strict,
    /// To look at a run of any program: what a file does not say is unknown.
    Lenient,
}

/// What is said of a file that could not be saved.
pub fn not_saved(place: &Place, error: &dyn std::error::Error) -> String {
    format!("cannot save {place}: {error}")
}

/// What a JSON file of a run says to `parse`; none where there is no such file.
fn read_json<T>(
    directory: &Path,
    name: &str,
    parse: fn(&[u8]) -> serde_json::Result<T>,
) -> Result<Option<T>, String> {
    let read = open::read(&directory.join(name), MOST_BYTES);
    let bytes = read.map_err(|error| unreadable(name, error))?;
    let parsed = bytes.map(|bytes| parse(&bytes)).transpose();
    parsed.map_err(|error| format!("{name} cannot be understood: {error}"))
}
