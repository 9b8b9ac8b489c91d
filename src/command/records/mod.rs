//! The commands that read runs: `runs`, `show --about`, `metrics`, `clean`.

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

/// Returns the directory of the run that an argument names.
///
/// # Errors
/// No run or several runs have this name.
pub fn find(argument: &str) -> Result<PathBuf, Diagnostic> {
    record::find(argument).map_err(wrong_name)
}

/// Turns the error of a name into that of a wrong argument.
pub fn wrong_name(unknown: Unknown) -> Diagnostic {
    Diagnostic::plain(unknown.to_string())
}
