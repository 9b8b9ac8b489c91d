//! Several watched runs on one screen, of which one is in front.

use std::{
    cell::{Cell, RefCell},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    command::{Error, lanes::Finder},
    model::{Command, History, LaneId, Snapshot, Watched},
    rundir::{
        layout,
        record::{self, follow::Follower},
    },
    tui::{self, app::view::curves::BackgroundRun},
};

/// Time between two copies of the curves of the other runs.
const COPY_INTERVAL: Duration = Duration::from_secs(1);

/// Watched runs.
pub(super) struct Fleet {
    /// Runs with their short names.
    runs: Vec<(String, Arc<Follower>)>,
    /// The lanes of the run besides lane a, if it is the only one.
    lanes: Option<Finder<Follower>>,
    /// The selected lane; `None` for lane a.
    lane: RefCell<Option<Arc<Follower>>>,
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
            runs.push((record::short_name(directory), Arc::new(follow)));
        }
        // Its last file says that a lane has begun.
        let open = |lane: &Path, _| {
            let has_begun = lane.join(layout::ABOUT).is_file();
            has_begun.then(|| Follower::start(lane).ok()).flatten()
        };
        let lanes = match directories {
            // Lanes that have ended are shown as well, as ended runs are.
            [only] => Some(Finder::start(only, open, |_| true)?),
            _ => None,
        };
        Ok(Self {
            runs,
            lanes,
            lane: RefCell::default(),
            front: Cell::new(0),
            copied: RefCell::default(),
        })
    }

    /// Returns the selected lane, or the run in front.
    fn front(&self) -> Arc<Follower> {
        let lane = self.lane.borrow();
        Arc::clone(lane.as_ref().unwrap_or(&self.runs[self.front.get()].1))
    }

    /// Returns a lane of the only run.
    fn lane(&self, lane: LaneId) -> Option<Arc<Follower>> {
        match lane {
            LaneId::A => Some(Arc::clone(&self.runs[0].1)),
            lane => self.lanes.as_ref()?.lane(lane),
        }
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
            Command::SavePicture
            | Command::StartGif
            | Command::StopGif
            | Command::SaveScreen(_)
            | Command::SavePane(..) => self.front().notify(
                "This screen only watches: it writes nothing into the run's directory. `sn-tui attach` saves pictures of \
                 a run that goes on.",
                true,
            ),
            _ => self.front().notify(
                "This screen only watches a run of another process: nothing can be changed from here.",
                true,
            ),
        }
        // Every snapshot acknowledges 0.
        Some(0)
    }

    fn lanes(&self) -> Vec<(LaneId, Arc<Snapshot>)> {
        let Some(lanes) = &self.lanes else {
            return Vec::new();
        };
        let others = lanes.lanes().into_iter();
        let others = others.map(|(id, lane)| (id, lane.snapshot()));
        let first = (LaneId::A, self.runs[0].1.snapshot());
        std::iter::once(first).chain(others).collect()
    }

    fn select_lane(&self, lane: LaneId) -> bool {
        let found = self.lane(lane).filter(|_| self.lanes.is_some());
        let is_there = found.is_some();
        if is_there {
            *self.lane.borrow_mut() = found;
        }
        is_there
    }

    /// Reads pictures while they are shown. All else that is shown was recorded and is read anyway.
    fn watch(&self, lane: LaneId, looks: Vec<Watched>) {
        let wanted = looks.contains(&Watched::Pictures);
        match self.lane(lane) {
            Some(lane) if self.lanes.is_some() => lane.watch_pictures(wanted),
            _ => self
                .runs
                .iter()
                .for_each(|(_, run)| run.watch_pictures(wanted)),
        }
    }

    fn catch_up_lane(&self, lane: LaneId, history: &mut History) {
        if let Some(lane) = self.lane(lane) {
            *history = lane.history();
        }
    }

    fn is_watching(&self) -> bool {
        true
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
            snapshot: Some(run.snapshot()),
        });
        Some(behind.collect())
    }
}
