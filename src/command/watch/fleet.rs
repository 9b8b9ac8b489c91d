//! Several watched runs on one screen, of which one is in front.

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    command::Error,
    model::{Command, History, Snapshot},
    rundir::record::{self, follow::Follower},
    tui::{self, app::view::curves::BackgroundRun},
};

/// Time between two copies of the curves of the other runs.
const COPY_INTERVAL: Duration = Duration::from_secs(1);

/// Watched runs.
pub(super) struct Fleet {
    /// Runs with their short names.
    runs: Vec<(String, Follower)>,
    /// Index of the run in front.
    front: Cell<usize>,
    /// The last copy of the other curves: the run in front, the version of each run, and the time.
    copied: RefCell<Option<(usize, Vec<u64>, Instant)>>,
}

impl Fleet {
    /// Starts to watch the runs in `directories`, of which there is at least one.
    ///
    /// # Errors
    /// The preset of a run cannot be read.
    pub(super) fn start(directories: &[PathBuf]) -> Result<Self, Error> {
        let mut runs = Vec::new();
        for directory in directories {
            let follow =
                Follower::start(directory).map_err(|why| super::cannot_watch(directory, &why))?;
            if directories.len() == 1 {
                let name = record::name(directory);
                let text = format!(
                    "{name} is only watched: nothing can be changed from here, and `q` leaves it as it is."
                );
                follow.notify(&text, false);
            }
            runs.push((super::short_name(directory), follow));
        }
        Ok(Self {
            runs,
            front: Cell::new(0),
            copied: RefCell::default(),
        })
    }

    fn front(&self) -> &Follower {
        &self.runs[self.front.get()].1
    }
}

impl tui::Link for Fleet {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.front().snapshot()
    }

    fn history(&self) -> History {
        self.front().history()
    }

    /// Sends nothing. A command of the person gets a message.
    fn send(&self, command: Command) -> Option<u64> {
        match command {
            // The screen sends these commands by itself.
            Command::Watch(_)
            | Command::Save
            | Command::Quit
            | Command::Terminate
            | Command::Preempt => {}
            _ => self.front().notify(
                "This screen only watches a run of another process: nothing can be changed from here.",
                true,
            ),
        }
        // Every snapshot acknowledges 0.
        Some(0)
    }

    fn next_run(&self) -> bool {
        self.front.set((self.front.get() + 1) % self.runs.len());
        self.runs.len() > 1
    }

    fn other_runs(&self) -> Option<Vec<BackgroundRun>> {
        if self.runs.len() == 1 {
            return None;
        }
        let front = self.front.get();
        let mut copied = self.copied.borrow_mut();
        if let Some((shown, _, when)) = &*copied
            && *shown == front
            && when.elapsed() < COPY_INTERVAL
        {
            return None;
        }
        let versions: Vec<u64> = self.runs.iter().map(|(_, run)| run.version()).collect();
        let is_behind = |at: &usize| *at != front;
        if let Some((shown, before, when)) = &mut *copied {
            let changed = (0..versions.len())
                .filter(is_behind)
                .any(|at| versions[at] != before[at]);
            if *shown == front && !changed {
                *when = Instant::now();
                return None;
            }
        }
        *copied = Some((front, versions, Instant::now()));
        let behind = (0..self.runs.len())
            .filter(is_behind)
            .map(|at| &self.runs[at]);
        let behind = behind.map(|(name, run)| BackgroundRun {
            name: name.clone(),
            history: run.history(),
        });
        Some(behind.collect())
    }
}
