//! Selecting another lane: what is shown of the run stays, and what belongs to a lane is exchanged.

use std::sync::Arc;

use super::{App, LaneView, Lanes};
use crate::{
    model::{LaneId, Request, Snapshot, feed::Branch},
    preset::Preset,
    tui::app::view::{curves::BackgroundRun, journal::Journal, pictures::Pictures},
};

/// What the screen keeps of a lane that is not selected.
#[derive(Debug, Default)]
pub(in crate::tui::app) struct Away {
    /// Whether its curves were fetched after its snapshot.
    pub(super) has_latest_curves: bool,
    /// Its journal.
    pub(super) journal: Journal,
    pub(super) pictures: Pictures,
    branch: Option<Arc<Branch>>,
    /// The background of the curves while the lane was selected.
    earlier: Option<BackgroundRun>,
    initial: Option<Arc<Preset>>,
    pending: Vec<Request>,
    /// The number of the last notice that a key has dismissed.
    pub(in crate::tui::app) dismissed: u64,
}

impl App {
    /// Selects another lane, whose latest snapshot is this. `initial` are the settings with which it began. View, cursor,
    /// window and panes stay.
    pub fn select_lane(
        &mut self,
        lane: LaneId,
        snapshot: Arc<Snapshot>,
        initial: Option<Arc<Preset>>,
    ) {
        let left = self.lanes.selected;
        if lane == left {
            return;
        }
        let mut to = self.away.remove(&lane).unwrap_or_default();
        let others = &mut self.lanes.others;
        let view = others.extract_if(.., |other| other.id == lane).next();
        self.steady_pace.follow(&snapshot);
        if view.is_none() {
            self.steady_pace.forget();
        }
        let is_known = |view: &LaneView| Arc::ptr_eq(&view.snapshot, &snapshot);
        to.has_latest_curves &= view.as_ref().is_some_and(is_known);
        let history = view.map(|other| other.history).unwrap_or_default();
        let has_branch = self.branch.is_some() || to.branch.is_some();
        let earlier = &mut self.views.curves.earlier;
        let away = Away {
            has_latest_curves: std::mem::replace(&mut self.has_latest_curves, to.has_latest_curves),
            journal: std::mem::replace(&mut self.views.journal, to.journal),
            pictures: self.views.samples.exchange(to.pictures),
            branch: std::mem::replace(&mut self.branch, to.branch),
            earlier: earlier.take_if(|_| has_branch),
            initial: Some(Arc::clone(&self.initial)),
            pending: std::mem::take(&mut self.pending),
            dismissed: self.dismissed,
        };
        if to.earlier.is_some() {
            *earlier = to.earlier;
        }
        others.push(LaneView {
            id: left,
            snapshot: std::mem::replace(&mut self.snapshot, snapshot),
            history: std::mem::replace(&mut self.history, history),
        });
        others.sort_by_key(|other| other.id);
        self.lanes.selected = lane;
        self.away.insert(left, away);

        let first = || Arc::clone(&self.snapshot.settings);
        self.initial = initial.or(to.initial).unwrap_or_else(first);
        to.pending
            .retain(|request| request.id > self.snapshot.acknowledged);
        self.pending = to.pending;
        self.views.journal.release();
        self.views.observe(&self.snapshot);
        // Errors of the lane are still news.
        let notice = self.snapshot.notice.as_ref();
        let old = notice.filter(|notice| !notice.error);
        self.dismissed = to.dismissed.max(old.map_or(0, |notice| notice.number));
    }

    /// Goes to lane a because the selected lane has ended. `snapshot` and `initial` are those of lane a.
    pub fn leave_ended_lane(&mut self, snapshot: Arc<Snapshot>, initial: Option<Arc<Preset>>) {
        let (ended, last) = (self.lanes.selected, Arc::clone(&self.snapshot));
        // What was being typed was for the lane that has ended.
        self.line = None;
        if let Some(panel) = &mut self.panel {
            panel.typing = None;
        }
        self.watched.clear();
        self.select_lane(LaneId::A, snapshot, initial);
        self.lanes.others.retain(|other| other.id != ended);
        self.away.remove(&ended);
        let place = last.directory.display();
        self.say(
            format!("Lane {ended} has ended and is kept in {place}: this is lane a."),
            false,
        );
    }

    /// Forgets all lanes, because another run is shown.
    pub(in crate::tui::app) fn forget_lanes(&mut self) {
        self.lanes = Lanes::default();
        self.away.clear();
        self.knows_lanes = false;
    }
}
