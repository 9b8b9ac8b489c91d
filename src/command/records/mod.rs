//! The commands that read runs: `runs`, `show --about`, `metrics`, `clean`.

pub(crate) mod arguments;

mod about;
mod clean;
mod list;
mod metrics;
mod words;

use std::path::PathBuf;

pub(crate) use about::about;
pub(crate) use clean::clean;
pub(crate) use list::runs;
pub(crate) use metrics::metrics;

use crate::{
    preset::Diagnostic,
    rundir::record::{self, FindError},
};

/// Returns the directory of the run that an argument names.
///
/// # Errors
/// No run or several runs have this name.
pub(crate) fn find(argument: &str) -> Result<PathBuf, Diagnostic> {
    record::find(argument).map_err(wrong_name)
}

/// Turns the error of a name into that of a wrong argument.
pub(crate) fn wrong_name(unknown: FindError) -> Diagnostic {
    Diagnostic::plain(unknown.to_string())
}
