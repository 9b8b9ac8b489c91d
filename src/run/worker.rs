//! The worker: steps the lanes of a run in lock-step, and executes commands between two steps.
//!
//! All lanes make step n before any makes step n + 1. A run without forks has one lane.

mod admission;
mod ending;
mod execute;
mod forks;
mod rewind;

use std::{
    convert::Infallible,
    sync::{
        Arc, Weak,
        mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant},
};

use super::{
    Ended, Options,
    engine::Build,
    handle::failed,
    lane::{Lane, Origin, Prepared, measure_distances, step_together},
    lanes::Lanes,
    on_alarm::RaisedAlarms,
    training::Training,
};
use crate::{
    model::feed::requests::Delivery,
    model::{Command, LaneId},
    preset::Preset,
    rundir::{directory::RunDirectory, lock::Lock, resume::StartState},
};
use ending::{Ending, ending};
use forks::Forks;

/// Time between two checks of background work while the worker waits.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Time after which no more requests are begun before the next step.
const REQUESTS_AT_ONCE: Duration = Duration::from_millis(20);

/// The run that a worker executes.
pub(super) struct Run {
    /// Lane a.
    pub origin: Origin,
    /// The state with which lane a starts.
    pub start: StartState,
    /// The other lanes of a resumed run.
    pub others: Vec<StoredLane>,
    /// The requests of all lanes.
    pub requests: Receiver<Delivery>,
    /// The lanes as front ends see them.
    pub lanes: Weak<Lanes>,
}

/// A lane of a stored run, besides lane a.
pub(super) struct StoredLane {
    /// The name of the lane.
    pub id: LaneId,
    /// Its options.
    pub options: Options,
    /// Its directory, and the right to write there.
    pub directory: (RunDirectory, Lock),
    /// The state with which it starts.
    pub start: StartState,
}

/// The state of the worker.
struct Worker {
    /// The lanes that are going, in the order of their forks. Never empty.
    lanes: Vec<Lane>,
    /// The lanes that have ended before the run, with their names.
    ended: Vec<(LaneId, Ended)>,
    requests: Receiver<Delivery>,
    forks: Forks,
}

/// Executes a new or resumed run on the calling thread.
pub(super) fn work(run: Run, build: Box<Build<'static>>) -> Ended {
    let Run {
        origin,
        mut start,
        others,
        requests,
        lanes,
    } = run;
    let feed = Arc::clone(&origin.feed);
    let forks = Forks::new(&origin, lanes, build);
    let make = |settings: Arc<Preset>, seed| Training::new(settings, seed, &*forks.build);
    let mut first = match Lane::start(origin, &mut start, make) {
        Ok(lane) => lane,
        Err(ended) => return *ended,
    };
    let begun = first.begin(start);
    let mut begun = ending(&first, begun);
    let mut lanes = vec![first];
    for stored in others {
        if begun.is_ok() {
            begun = forks.resume(stored, &mut lanes);
        }
    }
    let worker = Worker {
        lanes,
        ended: Vec::new(),
        requests,
        forks,
    };
    let ended = worker.run(begun);
    ended.unwrap_or_else(|| failed(&feed, "the run had no lane"))
}

impl Worker {
    /// Executes the run until it ends, and writes the final files. Returns how lane a ended, with the other lanes.
    fn run(mut self, begun: Result<(), Ending>) -> Option<Ended> {
        let Err(ending) = begun.and_then(|()| self.steps());
        let ways = self.ways(ending);
        let mut signal = false;
        let mut has_signal = || {
            signal |= self.requests.try_iter().any(|delivery| {
                matches!(
                    delivery.request.command,
                    Command::Terminate | Command::Preempt
                )
            });
            signal
        };
        if self.lanes.len() > 1 {
            // Scores take time: a process that is killed meanwhile loses no lane's last steps.
            self.lanes.iter_mut().for_each(Lane::save_before_scores);
        }
        let mut all = self.ended;
        for (lane, how) in self.lanes.into_iter().zip(ways) {
            let log = lane.log().clone();
            let id = lane.id();
            let finish = || lane.finish(how, &mut has_signal);
            all.push((id, tracing::dispatcher::with_default(&log, finish)));
        }
        all.sort_by_key(|(id, _)| *id);
        let ended = all.into_iter().map(|(_, ended)| ended);
        ended.reduce(|mut first, other| {
            first.others.push(other);
            first
        })
    }

    /// Makes steps and executes commands until the run ends.
    fn steps(&mut self) -> Result<Infallible, Ending> {
        loop {
            for lane in &mut self.lanes {
                let updated = lane.logging(Lane::update_views).map(|()| None);
                ending(lane, updated)?;
            }
            if let Some(failure) = self
                .forks
                .raised
                .as_ref()
                .and_then(RaisedAlarms::take_failure)
            {
                self.lanes[0].warn(failure);
            }
            let begun = Instant::now();
            while let Some(request) = self.next_request() {
                self.execute(request.map_err(|_| Ending::Left)?)?;
                // Many requests must not hold up the steps.
                if self.is_running() && begun.elapsed() > REQUESTS_AT_ONCE {
                    break;
                }
                if self
                    .lanes
                    .iter()
                    .all(|lane| lane.is_finished() && !lane.is_live())
                {
                    break;
                }
            }
            let to_do = self.lanes.iter().filter(|lane| !lane.is_done());
            if let Some(step) = to_do.map(Lane::steps).min() {
                if self.is_running() && self.wait().is_zero() {
                    self.forks.make_due(step, &mut self.lanes)?;
                    self.round(step)?;
                }
                continue;
            }
            if !self.lanes.iter().any(Lane::is_live) {
                return Err(Ending::Done);
            }
            for lane in self.lanes.iter_mut().filter(|lane| !lane.is_finished()) {
                let completed = lane.logging(Lane::complete).map(|()| None);
                ending(lane, completed)?;
            }
        }
    }

    /// Makes the step after `step` in all lanes that have made that one.
    fn round(&mut self, step: u64) -> Result<(), Ending> {
        let (mut ready, mut endings) = (Vec::new(), Vec::new());
        for lane in self.lanes.iter_mut().filter(|lane| lane.steps() == step) {
            match lane.logging(Lane::prepare_step) {
                Ok(Prepared::Ready) => ready.push(lane),
                Ok(Prepared::NotReady(end)) => endings.extend(ending(lane, Ok(end)).err()),
                Err(failure) => endings.extend(ending(lane, Err(failure)).err()),
            }
        }
        let mut steps = step_together(&mut ready);
        measure_distances(&mut ready, &mut steps);
        for (lane, stepped) in ready.into_iter().zip(steps) {
            let completed = lane.finish_step(stepped);
            endings.extend(ending(lane, completed).err());
        }
        for ending in endings {
            self.end_alone(ending)?;
        }
        self.pause_together();
        Ok(())
    }

    /// Pauses all lanes if one has paused: its update was not finite.
    fn pause_together(&mut self) {
        let is_still = |lane: &Lane| !lane.is_running() && !lane.is_finished();
        let Some(first) = self.lanes.iter().find(|lane| is_still(lane)).map(Lane::id) else {
            return;
        };
        for lane in self.lanes.iter_mut().filter(|lane| lane.is_running()) {
            lane.pause_because_of(first);
        }
    }

    fn is_running(&self) -> bool {
        self.lanes.iter().any(Lane::is_running)
    }

    /// Time until the next step may start.
    fn wait(&self) -> Duration {
        let waits = self.lanes.iter().map(Lane::wait);
        waits.max().unwrap_or_default()
    }

    /// The next request; `None` if there is none and a step or background work is due. Waits while paused. The inner error
    /// means that all senders are gone.
    fn next_request(&mut self) -> Option<Result<Delivery, TryRecvError>> {
        let request = if self.is_running() {
            let wait = self.wait();
            if wait.is_zero() {
                return match self.requests.try_recv() {
                    Err(TryRecvError::Empty) => None,
                    request => Some(request),
                };
            }
            // Slow motion: publishing delays no step.
            self.lanes.iter_mut().for_each(Lane::publish);
            self.requests.recv_timeout(wait.min(POLL_INTERVAL))
        } else if self.lanes.iter().any(Lane::has_background_work) {
            self.requests.recv_timeout(POLL_INTERVAL)
        } else {
            let request = self.requests.recv();
            request.map_err(|_| RecvTimeoutError::Disconnected)
        };
        match request {
            Ok(request) => Some(Ok(request)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(TryRecvError::Disconnected)),
        }
    }
}
