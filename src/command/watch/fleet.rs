//! Several runs behind one screen, of which one is in front.

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    command::Error,
    model::{Command, History, Snapshot},
    rundir::record::{self, follow::Follow},
    tui::{self, app::view::curves::BackgroundRun},
};

/// Time between two copies of the curves of the runs that are not in front.
const BETWEEN: Duration = Duration::from_secs(1);

/// Runs that are watched.
pub struct Fleet {
    runs: Vec<(String, Follow)>,
    front: Cell<usize>,
    /// Of the curves that were given out: the run in front, the version of each run's, and when.
    given: RefCell<Option<(usize, Vec<u64>, Instant)>>,
}

impl Fleet {
    /// Begins to watch; there is at least one directory.
    ///
    /// # Errors
    /// What a run was made from cannot be read, with its directory.
    pub fn start(directories: &[PathBuf]) -> Result<Self, Error> {
        let mut runs = Vec::new();
        for directory in directories {
            let follow = Follow::start(directory)
                .map_err(|why| format!("{} cannot be watched: {why}", directory.display()))?;
            if directories.len() == 1 {
                let name = record::name(directory);
                let text = format!(
                    "{name} is only watched: nothing can be changed from here, and q leaves it as it is."
                );
                follow.say(&text, false);
            }
            runs.push((super::short(directory), follow));
        }
        Ok(Self {
            runs,
            front: Cell::new(0),
            given: RefCell::default(),
        })
    }

    fn front(&self) -> &Follow {
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

    /// Nothing is sent anywhere; the person is told where that was asked for.
    fn send(&self, command: Command) -> Option<u64> {
        match command {
            // What the screen asks for on its own.
            Command::Watch(_)
            | Command::Save
            | Command::Quit
            | Command::Terminate
            | Command::Preempt => {}
            _ => self.front().say(
                "This screen only watches: the run is another process's, and nothing can be changed from here.",
                true,
            ),
        }
        // A number that every snapshot has acknowledged.
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
        let mut given = self.given.borrow_mut();
        if let Some((shown, _, when)) = &*given
            && *shown == front
            && when.elapsed() < BETWEEN
        {
            return None;
        }
        let versions: Vec<u64> = self.runs.iter().map(|(_, run)| run.version()).collect();
        let apart = |at: &usize| *at != front;
        if let Some((shown, before, when)) = &mut *given {
            let changed = (0..versions.len())
                .filter(apart)
                .any(|at| versions[at] != before[at]);
            if *shown == front && !changed {
                *when = Instant::now();
                return None;
            }
        }
        *given = Some((front, versions, Instant::now()));
        // From the one that comes to the front next on, so that each keeps its colour as long as it can.
        let behind = (0..self.runs.len()).filter(apart).map(|at| &self.runs[at]);
        let behind = behind.map(|(name, run)| BackgroundRun {
            name: name.clone(),
            history: run.history(),
        });
        Some(behind.collect())
    }
}
