//! `sn-tui watch`: shows running or ended runs, read from their directories only.

mod fleet;
mod log;

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{
    Error, WatchArgs, is_interactive, records,
    viewer::{self, NoLauncher},
};
use crate::{
    rundir::{layout, record::find},
    tui,
};
use fleet::Fleet;

/// Number of runs that can be watched at once. The colours of their curves must be distinguishable.
pub(crate) const MAX_RUNS: usize = 5;

/// Shows runs on the live screen, or as lines without a terminal. Returns the exit code.
///
/// # Errors
/// A run does not exist or its preset cannot be read, there are too many runs, or the terminal or standard output fails.
pub(crate) fn watch(arguments: &WatchArgs) -> Result<u8, Error> {
    let directories = directories(&arguments.runs)?;
    if !is_interactive() {
        return log::follow(&directories, arguments.log_every);
    }
    let options = viewer::options(&arguments.screen)?;
    let fleet = Fleet::start(&directories)?;
    let launcher = NoLauncher("This screen only watches: `sn-tui run` starts another run.");
    let end = tui::run(Rc::new(fleet), &launcher, &options)?;
    // Watching a run that failed is a success.
    Ok(viewer::exit_code(&end, 0))
}

/// Returns the directories of the named runs, by default of the newest one.
fn directories(runs: &[String]) -> Result<Vec<PathBuf>, Error> {
    if runs.len() > MAX_RUNS {
        let count = runs.len();
        return Err(Error::failed(format!(
            "{count} runs are too many to watch at once: {MAX_RUNS} at most"
        )));
    }
    let mut directories = Vec::new();
    for run in runs {
        let directory = records::find(run)?;
        if !directories.contains(&directory) {
            directories.push(directory);
        }
    }
    if directories.is_empty() {
        directories.push(find::newest(Path::new(layout::RUNS)).map_err(records::wrong_name)?);
    }
    Ok(directories)
}

/// Returns the error of a run that cannot be read.
fn cannot_watch(directory: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::failed(format!("cannot watch {}: {why}", directory.display()))
}
