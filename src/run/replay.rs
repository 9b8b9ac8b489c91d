//! A run made again from preset, seed and journal, and held against what it recorded.

use std::{
    fmt, io,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    engine::{Engine, Failure},
    lane::Lane,
    pool::pool,
};
use crate::{
    files::folder::Place,
    gan::Outcome,
    model::Updates,
    preset::Preset,
    rundir::{
        Error,
        checkpoint::Checkpoint,
        metrics::{self, LiveRecords, Record},
        resume::{self, StoredRun},
        schedule::{Planned, Schedule},
    },
    tensors::StateTensor,
};

/// Time between two words on how far it is.
const PAUSE: Duration = Duration::from_secs(5);

/// How far a replay is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    pub step: u64,
    pub until: u64,
}

/// How a replay compares with the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every number is the same.
    Same {
        steps: u64,
        /// Steps whose measures were compared.
        compared: u64,
        /// The step after which the whole state was compared, where one of them was saved.
        state: Option<u64>,
    },
    /// The first step that differs, and in what.
    Differs { step: u64, what: String },
}

/// Runs a run again up to `until`, at most as far as it got. Nothing is written.
///
/// # Errors
/// Files that cannot be read, data that cannot be loaded, the device's.
pub fn replay<B>(
    stored: &StoredRun,
    until: Option<u64>,
    threads: usize,
    build: B,
    tell: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verdict, Failure>
where
    B: FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send,
{
    pool(threads)?.install(|| {
        let settings = Arc::new(stored.preset.clone());
        let mut lane = Lane::new(Arc::clone(&settings), stored.about.seed(), build)?;
        if stored.about.init.is_some() {
            let first = resume::initial_checkpoint(&stored.directory)?;
            lane.restore(settings, Some(&first.state))?;
        }
        Replay::new(stored, lane, until)?.run(tell)
    })
}

struct Replay<'a> {
    lane: Lane,
    schedule: Schedule,
    records: std::iter::Peekable<LiveRecords>,
    checkpoint: Option<&'a Checkpoint>,
    until: u64,
    compared: u64,
    state: Option<u64>,
}

impl<'a> Replay<'a> {
    fn new(stored: &'a StoredRun, lane: Lane, until: Option<u64>) -> Result<Self, Error> {
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
        Ok(Self {
            lane,
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

    fn run(mut self, tell: &mut (dyn FnMut(Progress) + Send)) -> Result<Verdict, Failure> {
        let mut updates = Updates::Both;
        let mut left = None;
        let mut told = Instant::now();
        if let Some(verdict) = self.compare_state()? {
            return Ok(verdict);
        }
        while self.lane.steps() < self.until {
            let step = self.lane.steps() + 1;
            let mut known_to_fail = false;
            // What is planned is planned for a state that stands.
            if self.schedule.is_due(step) && self.lane.settle()? == Outcome::NonFinite {
                return Ok(self.not_finite_here());
            }
            while let Some(planned) = self.schedule.due(step)? {
                match planned {
                    Planned::Scheduled { key, value } => drop(self.lane.set(&key, &value)?),
                    Planned::Replayed(changes) => drop(self.lane.set_together(&changes)?),
                    Planned::Start {
                        updates: these,
                        count,
                    } => (updates, left) = (these, count),
                    Planned::FailedStep => {
                        known_to_fail = true;
                        break;
                    }
                }
            }
            match (self.lane.step(updates, known_to_fail)?, known_to_fail) {
                (Outcome::NonFinite, true) => {
                    if let Some(verdict) = self.compare_state()? {
                        return Ok(verdict);
                    }
                    if step == self.until && !self.schedule.is_due(step) {
                        // That is how it ended.
                        break;
                    }
                    continue;
                }
                (Outcome::Applied, false) => {}
                (Outcome::NonFinite, false) => return Ok(self.not_finite_here()),
                (Outcome::Applied, true) => {
                    let what = "losses and gradients are finite here, and were not there";
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
            left = left.map(|left: u64| left.saturating_sub(1));
            if left == Some(0) {
                (updates, left) = (Updates::Both, None);
            }
            if told.elapsed() >= PAUSE {
                told = Instant::now();
                tell(Progress {
                    step,
                    until: self.until,
                });
            }
        }
        if self.lane.settle()? == Outcome::NonFinite {
            return Ok(self.not_finite_here());
        }
        Ok(Verdict::Same {
            steps: self.lane.steps(),
            compared: self.compared,
            state: self.state,
        })
    }

    /// The step after the last was finite in the run.
    fn not_finite_here(&self) -> Verdict {
        Verdict::Differs {
            step: self.lane.steps() + 1,
            what: "a loss or gradient is not finite here, and was there".to_owned(),
        }
    }

    /// Holds the measures of the last step against their line, where it has one.
    fn compare_measures(&mut self, updates: Updates) -> Result<Option<Verdict>, Failure> {
        let step = self.lane.steps();
        let of_step = |record: &Record| record.measures.step == step;
        let Some(record) = self.records.next_if(of_step) else {
            return Ok(None);
        };
        let Some(measures) = self.lane.measures()?.map(Arc::new) else {
            return Ok(None);
        };
        self.compared += 1;
        // A run of an older program has none.
        let exact = match record.spectra {
            Some(_) => Some(Arc::new(self.lane.spectra()?.record())),
            None => None,
        };
        let again = Record {
            scores: record.scores.clone(),
            spectra: exact,
            seconds: record.seconds,
            ..Record::new(&measures, updates, 0.0)
        };
        let (there, here) = (record.line(), again.line());
        Ok((there != here).then(|| Verdict::Differs {
            step,
            what: difference(&there, &here),
        }))
    }

    /// Holds the whole state against the checkpoint, after the step that it was made after.
    fn compare_state(&mut self) -> Result<Option<Verdict>, Failure> {
        let step = self.lane.steps();
        let of_step = |checkpoint: &&Checkpoint| checkpoint.position.step == step;
        let Some(checkpoint) = self.checkpoint.filter(of_step) else {
            return Ok(None);
        };
        let state = self.lane.capture()?;
        let position = &checkpoint.position;
        if (state.updates_d, state.updates_g) != (position.updates_d, position.updates_g) {
            // It was made amid a step that failed, which comes next.
            return Ok(None);
        }
        let mut tensors = state.tensors;
        tensors.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        self.state = Some(step);
        let there = &checkpoint.state.tensors;
        let differs = |(here, there): &(&StateTensor, &StateTensor)| !is_same(here, there);
        let different = tensors.iter().zip(there).find(differs);
        let what = match different {
            Some((_, there)) => there.key.clone(),
            None if tensors.len() != there.len() => "the number of tensors".to_owned(),
            None => return Ok(None),
        };
        Ok(Some(Verdict::Differs { step, what }))
    }
}

/// The same to the bit.
fn is_same(a: &StateTensor, b: &StateTensor) -> bool {
    let bits = |tensor: &StateTensor| tensor.data.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    (&a.key, &a.shape, bits(a)) == (&b.key, &b.shape, bits(b))
}

/// The first entry that differs between two lines, with both values.
fn difference(there: &str, here: &str) -> String {
    let value = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_default();
    let found = differing(String::new(), &value(there), &value(here));
    found.unwrap_or_else(|| "how a number is written".to_owned())
}

/// The same of two values that stand under `name`: `spectra.d.0.sigma_svd: 1.5 there, 2.0 here`.
fn differing(name: String, there: &Value, here: &Value) -> Option<String> {
    let (Value::Object(theirs), Value::Object(ours)) = (there, here) else {
        return (there != here).then(|| format!("{name}: {there} there, {here} here"));
    };
    let under = |key: &str| match name.as_str() {
        "" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    let lacking = |key: &String| format!("{} is there on one side alone", under(key));
    let of = |(key, there): (&String, &Value)| match ours.get(key) {
        Some(here) => differing(under(key), there, here),
        None => Some(lacking(key)),
    };
    let more = || ours.keys().find(|key| !theirs.contains_key(*key));
    theirs.iter().find_map(of).or_else(|| more().map(lacking))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same {
                steps,
                compared,
                state,
            } => {
                write!(f, "{steps} steps again, measures of {compared} compared")?;
                if let Some(step) = state {
                    write!(f, ", the whole state after step {step}")?;
                }
                write!(f, ": the same to the bit")
            }
            Self::Differs { step, what } => {
                write!(f, "step {step} is the first that differs: {what}")
            }
        }
    }
}
