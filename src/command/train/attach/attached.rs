//! The lanes of an attached run, for the screen: a client for each.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    command::lanes::Finder,
    model::{Command, History, LaneId, Snapshot, Target, Watched, feed::Branch},
    preset::Preset,
    remote::{self, Client, Role, Wants},
    tui,
};

/// Looks at a new lane before a screen that does not control the run attaches to it.
const LOOKS: u32 = 2;

/// The lanes of an attached run, of which one is selected.
pub(super) struct Attached {
    /// The client of lane a.
    first: Arc<Client>,
    others: Finder<Client>,
    selected: RefCell<Arc<Client>>,
}

impl Attached {
    /// Attaches to the lanes of the run in `directory` in the same way as `first`, which is lane a.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub(super) fn start(
        first: Arc<Client>,
        directory: &Path,
        wants: Wants,
        between: Duration,
    ) -> io::Result<Self> {
        let run = Arc::clone(&first);
        let mut seen: BTreeMap<PathBuf, u32> = BTreeMap::new();
        let open = move |lane: &Path, is_first_look: bool| {
            if !remote::path(lane).exists() {
                seen.remove(lane);
                return None;
            }
            // The screen that controls the run comes to a new lane first.
            let looks_on =
                wants.role == Role::Controller && !wants.take && run.role() == Role::Viewer;
            let looks = seen.entry(lane.to_owned()).or_default();
            *looks += 1;
            if looks_on && !is_first_look && *looks <= LOOKS {
                return None;
            }
            Client::attach(lane, wants, between).ok()
        };
        let run = Arc::clone(&first);
        let is_gone = |client: &Client| client.is_over() || client.is_lost();
        // All lanes end with their run, and are shown to the end.
        let keep = move |client: &Client| is_gone(&run) || !is_gone(client);
        Ok(Self {
            others: Finder::start(directory, open, keep)?,
            selected: RefCell::new(Arc::clone(&first)),
            first,
        })
    }

    /// Returns the client of a lane.
    fn lane(&self, lane: LaneId) -> Option<Arc<Client>> {
        match lane {
            LaneId::A => Some(Arc::clone(&self.first)),
            lane => self.others.lane(lane),
        }
    }
}

impl tui::Link for Attached {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.selected.borrow().snapshot()
    }

    fn history(&self) -> History {
        self.selected.borrow().history()
    }

    fn catch_up(&self, history: &mut History) {
        self.selected.borrow().catch_up(history);
    }

    fn branch(&self) -> Option<Arc<Branch>> {
        self.selected.borrow().branch()
    }

    fn send(&self, command: Command) -> Option<u64> {
        self.selected.borrow().send(command)
    }

    fn send_to_all(&self, command: Command) -> Option<u64> {
        self.selected.borrow().send_to(Some(Target::All), command)
    }

    fn is_viewer(&self) -> bool {
        self.selected.borrow().role() == Role::Viewer
    }

    fn refusal(&self) -> Option<String> {
        Some(self.selected.borrow().refusal())
    }

    /// Does nothing: the run continues without this screen.
    fn release(&self, _: Command) {}

    fn initial(&self) -> Option<Arc<Preset>> {
        Some(self.selected.borrow().initial())
    }

    fn lanes(&self) -> Vec<(LaneId, Arc<Snapshot>)> {
        let others = self.others.lanes().into_iter();
        let others = others.map(|(id, lane)| (id, lane.snapshot()));
        let first = (LaneId::A, self.first.snapshot());
        std::iter::once(first).chain(others).collect()
    }

    fn select_lane(&self, lane: LaneId) -> bool {
        let found = self.lane(lane);
        let is_there = found.is_some();
        if let Some(client) = found {
            *self.selected.borrow_mut() = client;
        }
        is_there
    }

    fn watch(&self, lane: LaneId, looks: Vec<Watched>) {
        if let Some(client) = self.lane(lane) {
            client.send(Command::Watch(looks));
        }
    }

    fn catch_up_lane(&self, lane: LaneId, history: &mut History) {
        if let Some(client) = self.lane(lane) {
            client.catch_up(history);
        }
    }
}
