//! The directory of a run, which is the truth about it: what stands in each file, how it is written, read, found and
//! cleared away.

pub mod about;
pub mod append;
pub mod checkpoint;
pub mod directory;
pub mod error;
pub mod journal;
pub mod layout;
pub mod lock;
pub mod log;
pub mod metrics;
pub mod numbered;
pub mod record;
pub mod resume;
pub mod samples;
pub mod schedule;

pub use error::Error;

use crate::files::folder::Place;

/// What is said of a file that could not be saved.
pub fn not_saved(place: &Place, error: &dyn std::error::Error) -> String {
    format!("cannot save {place}: {error}")
}
