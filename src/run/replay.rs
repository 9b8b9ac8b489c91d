//! Replays a run from preset, seed and journal, and compares it with the recorded run.

mod verdict;

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

pub use verdict::Verdict;
use verdict::{difference, is_same};

use super::{
    engine::{Engine, Failure},
    pool::pool,
    training::Training,
};
use crate::{
    files::folder::Place,
    gan::Outcome,
    model::Updates,
    preset::Preset,
    rundir::{
        Error,
        checkpoint::{Checkpoint, Position},
        metrics::{self, LiveRecords, Record},
        resume::{self, StoredRun},
        schedule::{Planned, Schedule},
    },
    tensors::StateTensor,
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
        let last = metrics::last_step(&lines).map_err(unreadable)?;
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
        if let Some(verdict) = self.compare_state()? {
            return Ok(verdict);
        }
        if let Some(start) = &start {
            self.training.begin_fork(start)?;
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
            if let Some(verdict) = self.compare_state()? {
                return Ok(verdict);
            }
            remaining = remaining.map(|remaining: u64| remaining.saturating_sub(1));
            if remaining == Some(0) {
                (updates, remaining) = (Updates::Both, None);
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

    /// The verdict if the next step is not finite, but was finite in the run.
    fn not_finite_in_replay(&self) -> Verdict {
        Verdict::Differs {
            step: self.training.steps() + 1,
            what: "a loss or gradient is not finite in the replay, but was in the run".to_owned(),
        }
    }

    /// Compares the measures of the last step with its line in metrics.jsonl, if there is one.
    fn compare_measures(&mut self, updates: Updates) -> Result<Option<Verdict>, Failure> {
        let step = self.training.steps();
        let of_step = |record: &Record| record.measures.step == step;
        let Some(record) = self.records.next_if(of_step) else {
            return Ok(None);
        };
        let Some(measures) = self.training.measures()?.map(Arc::new) else {
            return Ok(None);
        };
        self.compared += 1;
        // Runs of older versions have no exact measures.
        let exact = match &record.spectra {
            Some(there) => {
                let spectra = self.training.spectra()?;
                let mut here = spectra.record(self.training.settings());
                // Older versions did not record it.
                here.lipschitz = here.lipschitz.filter(|_| there.lipschitz.is_some());
                Some(Arc::new(here))
            }
            None => None,
        };
        let replayed = Record {
            scores: record.scores.clone(),
            spectra: exact,
            seconds: record.seconds,
            ..Record::new(&measures, updates, 0.0)
        };
        let (recorded, replayed) = (record.line(), replayed.line());
        Ok((recorded != replayed).then(|| Verdict::Differs {
            step,
            what: difference(&recorded, &replayed),
        }))
    }

    /// Compares the complete state with the checkpoint after its step.
    fn compare_state(&mut self) -> Result<Option<Verdict>, Failure> {
        let step = self.training.steps();
        let of_step = |checkpoint: &&Checkpoint| checkpoint.position.step == step;
        let Some(checkpoint) = self.checkpoint.filter(of_step) else {
            return Ok(None);
        };
        let state = self.training.capture()?;
        let position = &checkpoint.position;
        if (state.updates_d, state.updates_g) != (position.updates_d, position.updates_g) {
            // The checkpoint was saved during the next step, which failed.
            return Ok(None);
        }
        let mut tensors = state.tensors;
        tensors.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        self.state = Some(step);
        let recorded = &checkpoint.state.tensors;
        let differs = |(a, b): &(&StateTensor, &StateTensor)| !is_same(a, b);
        let different = tensors.iter().zip(recorded).find(differs);
        let what = match different {
            Some((_, recorded)) => recorded.key.clone(),
            None if tensors.len() != recorded.len() => "the number of tensors".to_owned(),
            None => return Ok(None),
        };
        Ok(Some(Verdict::Differs { step, what }))
    }
}
