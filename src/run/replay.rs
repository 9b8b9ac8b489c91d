//! Replays a run from preset, seed and journal, and compares it with the recorded run.

mod compare;
mod verdict;

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

pub use verdict::Verdict;

use super::{
    engine::{Engine, Failure},
    pool::pool,
    training::Training,
};
use crate::{
    engine::gan::Outcome,
    files::folder::Place,
    model::Updates,
    preset::Preset,
    rundir::{
        Error,
        checkpoint::{Checkpoint, Position},
        metrics::{self, LiveRecords, Past},
        resume::{self, StoredRun},
        schedule::{Planned, Schedule},
    },
};

/// Time between two progress reports.
const INTERVAL: Duration = Duration::from_secs(5);

/// Progress of a replay.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// The last replayed step.
    pub step: u64,
    /// The last step of the replay.
    pub until: u64,
}

/// Replays a run up to step `until`, or up to its last step. Progress is reported to `report`. No file is written.
///
/// # Errors
/// If files cannot be read, data cannot be loaded, or the device fails.
pub fn replay<B>(
    stored: &StoredRun,
    until: Option<u64>,
    threads: usize,
    build: B,
    report: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verdict, Failure>
where
    B: Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send,
{
    pool(threads)?.install(move || {
        let settings = Arc::new(stored.preset.clone());
        let mut training = Training::new(Arc::clone(&settings), stored.about.seed(), &build)?;
        let start = match (&stored.about.parent, &stored.about.init) {
            (Some(parent), _) => Some(resume::first_checkpoint(&stored.directory, parent.step)?),
            (None, Some(_)) => Some(resume::first_checkpoint(&stored.directory, 0)?),
            (None, None) => None,
        };
        let start = match start {
            Some(Checkpoint { position, state }) => {
                let settings = resume::settings(&position).map_err(|error| error.to_string())?;
                training.restore(Arc::new(settings), Some(&state))?;
                Some(position)
            }
            None => None,
        };
        Replay::new(stored, training, until, start)?.run(report)
    })
}

/// State of a replay.
struct Replay<'a> {
    training: Training,
    /// The position of the state with which the run began, if that is not fresh weights.
    start: Option<Position>,
    schedule: Schedule,
    records: std::iter::Peekable<LiveRecords>,
    /// The checkpoint to compare with.
    checkpoint: Option<&'a Checkpoint>,
    /// The last step of the replay.
    until: u64,
    /// Number of steps whose measures were compared.
    compared: u64,
    /// The step whose complete state was compared.
    state: Option<u64>,
}

impl<'a> Replay<'a> {
    fn new(
        stored: &'a StoredRun,
        training: Training,
        until: Option<u64>,
        start: Option<Position>,
    ) -> Result<Self, Error> {
        let directory = &stored.directory;
        let journal = &stored.journal;
        let lineage = journal.lineage(journal.lines());
        let lines = journal
            .clone()
            .replay_lines(|line| lineage.contains(line.number));
        let wrong = |place: &Place, error: io::Error| Error::NotResumable {
            path: place.path(),
            problem: error.to_string(),
        };
        let schedule = Schedule::replay(stored.about.at(), 0, lines)
            .map_err(|error| wrong(&directory.journal(), error))?;
        let lines = directory.metrics();
        let unreadable = |error| wrong(&lines, error);
        let checkpoint = stored.checkpoint.as_ref();
        let saved = checkpoint.map_or(0, |checkpoint| checkpoint.position.step);
        let past = Past::of(checkpoint.map(|checkpoint| &checkpoint.position));
        let last = metrics::last_step_after(&lines, &past).map_err(unreadable)?;
        let last = last.unwrap_or(0).max(saved);
        let until = until.unwrap_or(last).min(last);
        let first = training.steps();
        if until < first {
            return Err(Error::NotResumable {
                path: directory.path().to_owned(),
                problem: format!(
                    "the run begins at its fork, step {first}: there is no step up to {until} to replay"
                ),
            });
        }
        Ok(Self {
            training,
            start,
            schedule,
            records: LiveRecords::until(&lines, until)
                .map_err(unreadable)?
                .peekable(),
            checkpoint,
            until,
            compared: 0,
            state: None,
        })
    }

    fn run(mut self, report: &mut (dyn FnMut(Progress) + Send)) -> Result<Verdict, Failure> {
        let first = self.training.steps();
        let start = self.start.take();
        let (mut updates, mut remaining) = start
            .as_ref()
            .map_or((Updates::Both, None), resume::active_updates);
        let mut reported = Instant::now();
        // The first state is that before the changes with which a fork begins. A later one of the same step is after them.
        let number = |position: &Position| position.number;
        let saved = self.checkpoint.map(|saved| saved.position.number);
        let is_first = start.is_some() && saved == start.as_ref().map(number);
        if is_first && let Some(verdict) = self.compare_state()? {
            return Ok(verdict);
        }
        if let Some(start) = &start {
            self.training.begin_fork(start)?;
        }
        if !is_first {
            self.make_due_before_state(&mut updates, &mut remaining)?;
            if let Some(verdict) = self.compare_state()? {
                return Ok(verdict);
            }
        }
        while self.training.steps() < self.until {
            let step = self.training.steps() + 1;
            let mut known_to_fail = false;
            // Planned changes apply to a state whose updates were all finite.
            if self.schedule.is_due(step) && self.training.settle()? == Outcome::NonFinite {
                return Ok(self.not_finite_in_replay());
            }
            while let Some(planned) = self.schedule.due(step)? {
                match planned {
                    Planned::Scheduled(change) => {
                        drop(self.training.set(std::slice::from_ref(&change))?);
                    }
                    Planned::Replayed(changes) => drop(self.training.set_all(&changes)?),
                    Planned::Start {
                        updates: these,
                        count,
                    } => (updates, remaining) = (these, count),
                    Planned::FailedStep => {
                        known_to_fail = true;
                        break;
                    }
                }
            }
            match (self.training.step(updates, known_to_fail)?, known_to_fail) {
                (Outcome::NonFinite, true) => {
                    if let Some(verdict) = self.compare_state()? {
                        return Ok(verdict);
                    }
                    if step == self.until && !self.schedule.is_due(step) {
                        // The recorded run ended with this failed step.
                        break;
                    }
                    continue;
                }
                (Outcome::Applied, false) => {}
                (Outcome::NonFinite, false) => return Ok(self.not_finite_in_replay()),
                (Outcome::Applied, true) => {
                    let what =
                        "losses and gradients are finite in the replay, but were not in the run";
                    let what = what.to_owned();
                    return Ok(Verdict::Differs { step, what });
                }
            }
            if let Some(verdict) = self.compare_measures(updates)? {
                return Ok(verdict);
            }
            remaining = remaining.map(|remaining: u64| remaining.saturating_sub(1));
            if remaining == Some(0) {
                (updates, remaining) = (Updates::Both, None);
            }
            self.make_due_before_state(&mut updates, &mut remaining)?;
            if let Some(verdict) = self.compare_state()? {
                return Ok(verdict);
            }
            if reported.elapsed() >= INTERVAL {
                reported = Instant::now();
                report(Progress {
                    step,
                    until: self.until,
                });
            }
        }
        if self.training.settle()? == Outcome::NonFinite {
            return Ok(self.not_finite_in_replay());
        }
        Ok(Verdict::Same {
            steps: self.training.steps() - first,
            compared: self.compared,
            state: self.state,
        })
    }

    /// Makes the changes that were made before the state was saved. They are part of it: they may change the weights.
    fn make_due_before_state(
        &mut self,
        updates: &mut Updates,
        remaining: &mut Option<u64>,
    ) -> Result<(), Failure> {
        while let Some(planned) = self.due_before_state()? {
            match planned {
                Planned::Replayed(changes) => drop(self.training.set_all(&changes)?),
                Planned::Start {
                    updates: these,
                    count,
                } => (*updates, *remaining) = (these, count),
                Planned::Scheduled(_) | Planned::FailedStep => {}
            }
        }
        Ok(())
    }

    /// The next action before the next step that was executed before the state of the checkpoint was saved.
    fn due_before_state(&mut self) -> Result<Option<Planned>, Failure> {
        let step = self.training.steps();
        match self.checkpoint.map(|checkpoint| &checkpoint.position) {
            Some(saved) if saved.step == step && self.training.settle()? == Outcome::Applied => {
                Ok(self.schedule.due_before_state(saved)?)
            }
            _ => Ok(None),
        }
    }

    /// The verdict if the next step is not finite, but was finite in the run.
    fn not_finite_in_replay(&self) -> Verdict {
        Verdict::Differs {
            step: self.training.steps() + 1,
            what: "a loss or gradient is not finite in the replay, but was in the run".to_owned(),
        }
    }
}
