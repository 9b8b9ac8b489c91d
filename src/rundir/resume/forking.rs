//! Loading a run to fork it, also while another process trains it.

use std::{path::Path, thread, time::Duration};

use super::{Purpose, StoredRun, read, refuse};
use crate::rundir::{Error, checkpoint::Checkpoint, directory::RunDirectory, lock::is_locked};

/// How often a run that a process trains is read, at most: a checkpoint may be pruned or written meanwhile.
const ATTEMPTS: u32 = 3;
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(50);

/// Loads a run of any numerics without locking it, at its newest valid checkpoint, or with `step` at the newest one of
/// that step. Checkpoints are replaced and not changed, so one that was read is whole, whatever another process does.
///
/// # Errors
/// If the directory is not that of a run, a file cannot be read, there is no checkpoint of that step, or the data changed.
pub fn load_to_fork(path: &Path, step: Option<u64>) -> Result<StoredRun, Error> {
    let once = || read(RunDirectory::open(path)?, step, Purpose::Fork);
    let is_whole = |loaded: &Result<StoredRun, Error>| {
        let stored = loaded.as_ref();
        stored.is_ok_and(|stored| stored.checkpoint.is_some() && stored.warnings.is_empty())
    };
    let mut loaded = once();
    for _ in 1..ATTEMPTS {
        if is_whole(&loaded) || !is_locked(path) {
            break;
        }
        thread::sleep(PAUSE);
        loaded = once();
    }
    loaded
}

impl StoredRun {
    /// Takes the state from which another run is forked.
    ///
    /// # Errors
    /// If the run has none.
    pub fn take_state(&mut self) -> Result<Checkpoint, Error> {
        self.checkpoint.take().ok_or_else(|| {
            let why = self.warnings.first();
            let why = why.map_or_else(String::new, |why| format!(" that can be read ({why})"));
            let message = format!(
                "there is no state{why}, so nothing can be forked. A run saves one every minute \
                 (checkpoints.seconds), when it ends, and with `B` on the live screen; `sn-tui run` with its folder \
                 starts the same run anew"
            );
            refuse(&self.directory.checkpoints(), message)
        })
    }
}
