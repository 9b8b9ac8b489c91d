//! The run of this process, for its screen.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use super::Link;
use crate::{
    model::{Cause, Command, History, LaneId, Snapshot, Target, Watched},
    preset::Preset,
    run::{Branch, Handle, LaneHandle},
};

/// A run of this process, of which one lane is selected.
pub struct OwnRun {
    run: Rc<Handle>,
    /// The selected lane. `None` for lane a.
    selected: RefCell<Option<LaneHandle>>,
}

impl OwnRun {
    /// Selects lane a of a run.
    pub fn of(run: Rc<Handle>) -> Self {
        Self {
            run,
            selected: RefCell::default(),
        }
    }

    /// Calls `of_lane` with the selected lane, or `of_run` if that is lane a.
    fn with<T>(
        &self,
        of_lane: impl FnOnce(&LaneHandle) -> T,
        of_run: impl FnOnce(&Handle) -> T,
    ) -> T {
        match &*self.selected.borrow() {
            Some(lane) => of_lane(lane),
            None => of_run(&self.run),
        }
    }
}

impl Link for OwnRun {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.with(|lane| lane.feed.snapshot(), Handle::snapshot)
    }

    fn history(&self) -> History {
        self.with(|lane| lane.feed.history(), Handle::history)
    }

    fn catch_up(&self, history: &mut History) {
        match &*self.selected.borrow() {
            Some(lane) => lane.feed.catch_up(history),
            None => self.run.catch_up(history),
        }
    }

    fn branch(&self) -> Option<Arc<Branch>> {
        self.with(|lane| lane.feed.branch(), Handle::branch)
    }

    fn send(&self, command: Command) -> Option<u64> {
        match &*self.selected.borrow() {
            Some(lane) => lane.requests.send(command),
            None => self.run.send(command),
        }
    }

    fn send_to_all(&self, command: Command) -> Option<u64> {
        let own = self.run.requests();
        let selected = self.selected.borrow();
        let requests = selected.as_ref().map_or(&own, |lane| &lane.requests);
        requests.send_as(Some(Target::All), command, Cause::Key, None)
    }

    fn lanes(&self) -> Vec<(LaneId, Arc<Snapshot>)> {
        self.run.lanes()
    }

    fn select_lane(&self, lane: LaneId) -> bool {
        let found = self.run.lane(lane);
        let is_there = found.is_some();
        if is_there {
            *self.selected.borrow_mut() = found.filter(|found| found.id != LaneId::A);
        }
        is_there
    }

    fn watch(&self, lane: LaneId, looks: Vec<Watched>) {
        if let Some(lane) = self.run.lane(lane) {
            lane.requests.send(Command::Watch(looks));
        }
    }

    fn catch_up_lane(&self, lane: LaneId, history: &mut History) {
        if let Some(lane) = self.run.lane(lane) {
            lane.feed.catch_up(history);
        }
    }

    fn initial(&self) -> Option<Arc<Preset>> {
        let initial = self.selected.borrow();
        initial.as_ref().map(|lane| Arc::clone(&lane.initial))
    }
}
