//! The commands that read runs: what there is, how one went, what it measured, what could go.

pub mod arguments;

mod about;
mod clean;
mod list;
mod metrics;
mod words;

use std::path::PathBuf;

pub use about::about;
pub use clean::clean;
pub use list::runs;
pub use metrics::metrics;

use crate::{
    preset::Diagnostic,
    rundir::record::{self, Unknown},
};

/// The directory of the run that an argument names.
///
/// # Errors
/// A name of none, or of several; for the person, as wrong arguments are.
pub fn find(argument: &str) -> Result<PathBuf, Diagnostic> {
    record::find(argument).map_err(wrong)
}

/// A wrong name as wrong arguments are told.
pub fn wrong(unknown: Unknown) -> Diagnostic {
    Diagnostic::plain(unknown.to_string())
}
