//! Splitting off lanes.

mod returning;

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Weak, mpsc::Sender},
};

use super::{
    Ending, StoredLane,
    admission::{announce, check, room_for_one_more},
    ending,
};
use crate::{
    model::{Cause, Change, LaneId, Logged},
    preset::{Assignment, PlannedFork, Scheduled},
    run::{
        Options,
        engine::{Build, Failure},
        lane::{End, ForkPoint, Lane, Origin},
        lanes::Lanes,
        on_alarm::RaisedAlarms,
        training::Training,
    },
    rundir::{
        self, about::About, directory::RunDirectory, layout, lock::Lock, log, resume::StartState,
    },
};

/// The planned forks, and what a new lane needs.
pub(super) struct Forks {
    /// The planned forks that are still to come, by step, with the names of their lanes.
    planned: VecDeque<(LaneId, PlannedFork)>,
    /// The last name among the planned ones, lane a if there are none.
    last_planned: LaneId,
    lanes: Weak<Lanes>,
    lines: Sender<Logged>,
    pub(super) raised: Option<RaisedAlarms>,
    pub(super) build: Box<Build<'static>>,
}

/// Why a lane was not split off.
pub(super) enum NotForked {
    /// It cannot be: a message for the user.
    Refused(String),
    /// The parent lane, or the device, fails.
    Failed(Failure),
}

/// Has a lane go on as its parent does.
fn follow(lanes: &mut [Lane], id: LaneId, parent: LaneId) {
    let at = |lanes: &[Lane], id| lanes.iter().position(|lane| lane.id() == id);
    if let (Some(lane), Some(parent)) = (at(lanes, id), at(lanes, parent))
        && let Ok([lane, parent]) = lanes.get_disjoint_mut([lane, parent])
    {
        lane.go_on_as(parent);
    }
}

impl Forks {
    /// The forks that are planned for lane a.
    pub(super) fn new(origin: &Origin, lanes: Weak<Lanes>, build: Box<Build<'static>>) -> Self {
        let names = LaneId::all().skip(1);
        let planned: VecDeque<_> = names.zip(origin.options.forks.clone()).collect();
        Self {
            last_planned: planned.back().map_or(LaneId::A, |(id, _)| *id),
            planned,
            lanes,
            lines: origin.lines.clone(),
            raised: origin.raised.clone(),
            build,
        }
    }

    /// Adds a lane of a stored run.
    pub(super) fn resume(&self, stored: StoredLane, lanes: &mut Vec<Lane>) -> Result<(), Ending> {
        let StoredLane {
            id,
            options,
            directory,
            start,
        } = stored;
        let need = check(lanes, &options.preset);
        let first = &mut lanes[0];
        let added = need.and_then(|need| {
            let added = self.add(id, options, directory, start, first)?;
            Ok((need, added))
        });
        match added {
            Ok((need, (lane, begun))) => {
                announce(first, id, need);
                let begun = ending(&lane, begun);
                lanes.push(lane);
                begun
            }
            Err(NotForked::Refused(why)) => Err(Ending::One(
                first.id(),
                Ok(End::Refused(format!("lane {id}: {why}"))),
            )),
            Err(NotForked::Failed(failure)) => Err(Ending::One(first.id(), Err(failure))),
        }
    }

    /// Makes the planned forks that are due after `step`.
    pub(super) fn make_due(&mut self, step: u64, lanes: &mut Vec<Lane>) -> Result<(), Ending> {
        // Lane a has ended, or catches up with others.
        if lanes[0].id() != LaneId::A || lanes[0].steps() != step {
            return Ok(());
        }
        while let Some((id, fork)) = self.planned.pop_front_if(|(_, fork)| fork.step <= step + 1) {
            if fork.step <= step {
                // An earlier process made it.
                continue;
            }
            let number = fork.step;
            match self.make(id, fork, lanes) {
                Ok(()) => {}
                Err(NotForked::Failed(failure)) => {
                    return Err(Ending::One(lanes[0].id(), Err(failure)));
                }
                Err(NotForked::Refused(why)) => {
                    let message =
                        format!("--fork {number}: {why}; the run goes on without lane {id}");
                    lanes[0].warn(message);
                }
            }
        }
        Ok(())
    }

    /// Makes a planned fork, unless an earlier process has done it and lane a repeats its steps.
    fn make(&self, id: LaneId, fork: PlannedFork, lanes: &mut Vec<Lane>) -> Result<(), NotForked> {
        if lanes.iter().any(|lane| lane.id() == id) {
            let parent = &mut lanes[0];
            let changes = match parent.fork_point(id, &fork.settings(), Vec::new(), &Cause::At) {
                Ok(Ok(point)) => point.fork.changes,
                Ok(Err(why)) => return Err(NotForked::Refused(why)),
                Err(failure) => return Err(NotForked::Failed(failure)),
            };
            parent.record_fork(id, changes, Cause::At);
            return Ok(());
        }
        self.fork(id, LaneId::A, &fork.settings(), fork.at, Cause::At, lanes)
            .map(drop)
    }

    /// Splits a lane off lane `parent`, because a user asks for it. Returns its name and its changes.
    pub(super) fn split_off(
        &self,
        parent: LaneId,
        changes: &[Assignment],
        cause: Cause,
        lanes: &mut Vec<Lane>,
    ) -> Result<(LaneId, Vec<Change>), NotForked> {
        let id = self.next_name(&lanes[0].run_directory())?;
        let settings: Vec<String> = changes.iter().map(ToString::to_string).collect();
        let changes = self.fork(id, parent, &settings, Vec::new(), cause, lanes)?;
        follow(lanes, id, parent);
        Ok((id, changes))
    }

    /// Forgets a lane that has ended.
    pub(super) fn ended(&self, id: LaneId) {
        if let Some(registry) = self.lanes.upgrade() {
            registry.remove(id);
        }
    }

    /// The name of the next lane: after all that are planned or have a directory in that of the run.
    fn next_name(&self, directory: &Path) -> Result<LaneId, NotForked> {
        let is_taken = |id: &LaneId| {
            let path = directory.join(layout::LANES).join(id.to_string());
            *id <= self.last_planned || path.symlink_metadata().is_ok()
        };
        let last = LaneId::all().filter(is_taken).last().unwrap_or_default();
        last.next().ok_or_else(|| {
            NotForked::Refused("the run has used up the names of lanes, a to z".to_owned())
        })
    }

    /// Splits a lane off lane `parent`. Returns its changes.
    fn fork(
        &self,
        id: LaneId,
        parent: LaneId,
        settings: &[String],
        at: Vec<Scheduled>,
        cause: Cause,
        lanes: &mut Vec<Lane>,
    ) -> Result<Vec<Change>, NotForked> {
        room_for_one_more(lanes)?;
        let Some(index) = lanes.iter().position(|lane| lane.id() == parent) else {
            return Err(NotForked::Refused(format!("there is no lane {parent}")));
        };
        let point = lanes[index].fork_point(id, settings, at, &cause);
        let point = point.map_err(NotForked::Failed)?;
        let ForkPoint {
            options,
            fork,
            settings,
        } = point.map_err(NotForked::Refused)?;
        let changes = fork.changes.clone();
        let need = check(lanes, &settings)?;
        let about = About::new(&options);
        let (directory, lock, start) = rundir::fork::create(options.out.as_deref(), about, fork)
            .map_err(|error| NotForked::Refused(error.to_string()))?;
        let (lane, begun) = self
            .add(id, options, (directory.clone(), lock), start, &mut lanes[0])
            .inspect_err(|_| directory.clear())?;
        lanes[index].record_fork(id, changes.clone(), cause);
        announce(&mut lanes[index], id, need);
        lanes.push(lane);
        lanes.sort_by_key(Lane::id);
        begun.map_err(NotForked::Failed)?;
        Ok(changes)
    }

    /// Starts a lane beside lane a.
    fn add(
        &self,
        id: LaneId,
        options: Options,
        directory: (RunDirectory, Lock),
        mut start: StartState,
        first: &mut Lane,
    ) -> Result<(Lane, Result<Option<End>, Failure>), NotForked> {
        let refused = |error: &dyn std::fmt::Display| NotForked::Refused(error.to_string());
        let Some(registry) = self.lanes.upgrade() else {
            return Err(NotForked::Refused(
                "nobody follows the run any more".to_owned(),
            ));
        };
        let log = log::open(&directory.0).map_err(|error| refused(&error))?;
        let seen = registry.add(id, &options, &directory.0, &log);
        let origin = Origin {
            id,
            names_lane: true,
            options,
            directory,
            feed: Arc::clone(&seen.feed),
            lines: self.lines.clone(),
            raised: self.raised.clone(),
            log: log.clone(),
        };
        let started = tracing::dispatcher::with_default(&log, || {
            let beside =
                |settings, seed| Training::beside(first.training(), settings, seed, &*self.build);
            let mut lane = Lane::start(origin, &mut start, beside)
                .map_err(|ended| NotForked::Refused(ended.error.unwrap_or_default()))?;
            let begun = lane.begin(start);
            Ok((lane, begun))
        });
        started.inspect_err(|_| registry.remove(id))
    }
}
