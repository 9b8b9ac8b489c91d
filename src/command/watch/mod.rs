//! `sn-tui watch`: runs of other processes, or finished ones, from their directories alone.

mod fleet;
mod log;

use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{Error, WatchArgs, records};
use crate::{
    command::can_show,
    model::RunRequest,
    rundir::{
        layout,
        record::{self, find},
    },
    tui,
};
use fleet::Fleet;

/// Runs that can be watched at once: their curves are to be told apart.
pub const MOST: usize = 5;

/// Shows runs on the live screen where standard input and output are terminals, else as lines; gives the exit code.
///
/// # Errors
/// A name of no run, too many runs, one whose preset cannot be read; the terminal or standard output fails.
pub fn watch(arguments: &WatchArgs) -> Result<u8, Error> {
    let directories = directories(&arguments.runs)?;
    if !can_show() {
        return log::follow(&directories, arguments.log_every);
    }
    let options = tui::Options {
        fps: arguments.fps,
        first_request: Default::default(),
        keys: tui::app::keys::load(arguments.keys.as_deref())?,
        keep_running: false,
        caller_handles_signals: false,
    };
    let fleet = Fleet::start(&directories)?;
    let end = tui::run(Rc::new(fleet), &Nothing, &options)?;
    Ok(match end {
        tui::End::Signal(signal) => u8::try_from(128 + signal).unwrap_or(1),
        tui::End::HangUp | tui::End::Detached => 129,
        // That a run failed is no failure of watching it.
        tui::End::Quit | tui::End::WorkerFailed(_) => 0,
    })
}

fn directories(runs: &[String]) -> Result<Vec<PathBuf>, Error> {
    if runs.len() > MOST {
        let count = runs.len();
        return Err(Error::failed(format!(
            "{count} runs are too many to be told apart; {MOST} at most"
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
        directories.push(find::newest(Path::new(layout::RUNS)).map_err(records::wrong)?);
    }
    Ok(directories)
}

/// What a run is called where several stand together: its id, or the whole name.
fn short(directory: &Path) -> String {
    let name = record::name(directory);
    find::id(&name).map_or(name.clone(), str::to_owned)
}

/// Starts no other runs.
struct Nothing;

impl tui::Launcher for Nothing {
    fn start(&self, _: &RunRequest) -> Result<Rc<dyn tui::Link>, tui::LaunchError> {
        Err(tui::LaunchError::Unsupported(
            "This screen only watches: `sn-tui run` starts another run.",
        ))
    }
}
