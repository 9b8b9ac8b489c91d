//! What the run publishes, of the selected lane and of the others.

use super::Session;
use crate::model::LaneId;

impl Session<'_> {
    /// Takes over what is new of the run. Returns whether something is.
    pub(super) fn observe(&mut self) -> bool {
        let lanes = self.link.lanes();
        let selected = self.app.lanes.selected;
        let mut changed = false;
        if !lanes.is_empty()
            && lanes.iter().all(|(id, _)| *id != selected)
            && self.link.select_lane(LaneId::A)
        {
            self.app
                .leave_ended_lane(self.link.snapshot(), self.link.initial());
            changed = true;
        }
        if self.app.observe(self.link.snapshot()) {
            changed = true;
            self.keep_branch();
        }
        let was_viewer = std::mem::replace(&mut self.app.is_viewer, self.link.is_viewer());
        changed |= was_viewer != self.app.is_viewer;
        changed | self.app.observe_lanes(&lanes)
    }

    /// Selects a lane of the run.
    pub(super) fn select_lane(&mut self, lane: LaneId) {
        if lane == self.app.lanes.selected {
            self.app.say(format!("Lane {lane} is selected."), false);
            return;
        }
        if self.link.select_lane(lane) {
            self.app
                .select_lane(lane, self.link.snapshot(), self.link.initial());
            self.keep_branch();
        } else {
            self.app.say(format!("Lane {lane} has ended."), true);
        }
    }

    /// Tells the worker which looks of each lane the view needs, unless it knows.
    pub(super) fn watch(&mut self) {
        for (lane, looks) in self.app.new_looks() {
            self.link.watch(lane, looks);
        }
    }

    fn keep_branch(&mut self) {
        if let Some(branch) = self.link.branch() {
            self.app.keep_branch(branch);
        }
    }
}
