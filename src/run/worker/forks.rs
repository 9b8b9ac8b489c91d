//! Splitting off lanes.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak, mpsc::Sender},
};

use super::{Ending, StoredLane, ending};
use crate::{
    model::{Cause, LaneId, Logged},
    preset::{MAX_LANES, PlannedFork, Preset},
    run::{
        Options,
        engine::{Build, Failure},
        lane::{End, ForkPoint, Lane, Origin},
        lanes::Lanes,
        memory::{self, LaneNeed},
        training::Training,
    },
    rundir::{self, about::About, directory::RunDirectory, lock::Lock, log, resume::StartState},
};

/// The planned forks, and what a new lane needs.
pub(super) struct Forks {
    /// The planned forks that are still to come, by step, with the names of their lanes.
    planned: VecDeque<(LaneId, PlannedFork)>,
    lanes: Weak<Lanes>,
    lines: Sender<Logged>,
    pub(super) build: Box<Build<'static>>,
}

/// Why a lane was not split off.
enum NotForked {
    /// It cannot be: a message for the user.
    Refused(String),
    /// The parent lane, or the device, fails.
    Failed(Failure),
}

/// Checks that there is memory for one more lane with these settings.
fn check(lanes: &[Lane], settings: &Preset) -> Result<LaneNeed, NotForked> {
    let batches = lanes.iter().map(|lane| lane.training().settings().batch);
    let batches: Vec<usize> = batches.collect();
    let sets = memory::sets(settings.batch, &batches, rayon::current_num_threads());
    let need = memory::check_lane(settings, sets, !lanes[0].training().uses_pool());
    need.map_err(|shortage| NotForked::Refused(shortage.to_string()))
}

/// Tells the user what a new lane takes.
fn announce(first: &mut Lane, id: LaneId, need: LaneNeed) {
    first.tell(format!("lane {id}: about {need}"));
}

impl Forks {
    /// The forks that are planned for lane a.
    pub(super) fn new(origin: &Origin, lanes: Weak<Lanes>, build: Box<Build<'static>>) -> Self {
        let names = LaneId::all().skip(1);
        Self {
            planned: names.zip(origin.options.forks.clone()).collect(),
            lanes,
            lines: origin.lines.clone(),
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
            match self.fork(id, fork, lanes) {
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

    /// Splits a lane off lane a, unless an earlier process has done it and lane a repeats its steps.
    fn fork(&self, id: LaneId, fork: PlannedFork, lanes: &mut Vec<Lane>) -> Result<(), NotForked> {
        let cause = Cause::At;
        let is_there = lanes.iter().any(|lane| lane.id() == id);
        if !is_there && lanes.len() >= MAX_LANES {
            let message = format!("a run has at most {MAX_LANES} lanes at a time");
            return Err(NotForked::Refused(message));
        }
        let parent = &mut lanes[0];
        let point = parent.fork_point(id, &fork.settings(), fork.at, &cause);
        let point = point.map_err(NotForked::Failed)?;
        let ForkPoint {
            options,
            fork,
            settings,
        } = point.map_err(NotForked::Refused)?;
        let changes = fork.changes.clone();
        if is_there {
            parent.record_fork(id, changes, cause);
            return Ok(());
        }
        let need = check(lanes, &settings)?;
        let parent = &mut lanes[0];
        let about = About::new(&options);
        let (directory, lock, start) = rundir::fork::create(options.out.as_deref(), about, fork)
            .map_err(|error| NotForked::Refused(error.to_string()))?;
        let (lane, begun) = self
            .add(id, options, (directory.clone(), lock), start, parent)
            .inspect_err(|_| directory.clear())?;
        parent.record_fork(id, changes, cause);
        announce(parent, id, need);
        lanes.push(lane);
        begun.map(drop).map_err(NotForked::Failed)
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
