//! When the whole state of a run is saved, and how a run returns to one that was.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{End, Mode, Worker};
use crate::{
    preset,
    run::{
        Change, OnNan,
        about::{self, About, NUMERICS, SCHEMA},
        checkpoint::{Checkpoint, Kind, Position, Saved, Saver, Task},
        engine::{Failure, Outcome, Updates},
        journal::{Past, lineage},
        metrics::{Record, Survivors},
        resume,
        schedule::Schedule,
    },
};

/// Time after which saving that failed is tried again.
const RETRY: Duration = Duration::from_secs(10);
/// Most returns after numbers that are not finite.
const RETURNS: u32 = 3;

/// What the worker knows of its checkpoints.
#[derive(Debug)]
pub struct Saving {
    saver: Saver,
    /// Number of the last one made.
    pub number: u64,
    /// When the next one is due by time.
    next: Instant,
    /// One is due, and waits for the last one to be written.
    wanted: bool,
    /// When saving that failed is tried again.
    retry: Option<Instant>,
    /// The last attempt failed, and the person has been told.
    told: bool,
    /// Returns after numbers that are not finite.
    returns: u32,
}

impl Saving {
    /// What became of the checkpoint that is being written, waiting for it; none where none is.
    pub fn wait(&mut self) -> Option<Saved> {
        self.saver.wait()
    }

    /// After `number` checkpoints, with the next one due by time after so many seconds.
    pub fn new(number: u64, seconds: f32) -> Self {
        Self {
            saver: Saver::default(),
            number,
            next: Instant::now() + self::seconds(seconds),
            wanted: number == 0,
            retry: None,
            told: false,
            returns: 0,
        }
    }
}

impl Worker<'_> {
    /// Between two steps: takes what came of the last checkpoint, and begins another where one is due.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn save_on_schedule(&mut self, stepped: bool) -> Result<Option<End>, Failure> {
        if let Some(saved) = self.saving.saver.report() {
            self.take_saved(saved);
        }
        let schedule = self.lane.settings().checkpoints;
        let step = self.lane.steps();
        let by_step = stepped && schedule.every > 0 && step.is_multiple_of(schedule.every);
        let by_time = stepped && schedule.seconds > 0.0 && Instant::now() >= self.saving.next;
        self.saving.wanted |= by_step || by_time;
        let now = Instant::now();
        let waits = self.saving.retry.is_some_and(|retry| now < retry);
        if !self.saving.wanted || waits || self.saving.saver.busy() {
            return Ok(None);
        }
        if self.lane.settle()? == Outcome::NonFinite {
            return self.not_finite();
        }
        self.saving.wanted = false;
        self.saving.retry = None;
        self.saving.next = now + seconds(schedule.seconds);
        let task = self.task(Kind::Scheduled)?;
        if let Err(error) = self.saving.saver.begin(task) {
            self.publisher
                .notice(format!("checkpoints cannot be saved: {error}"), true);
        }
        Ok(None)
    }

    /// Saves the present state and waits until it is on the disk.
    pub(super) fn save_now(&mut self, kind: Kind) -> Result<Result<(), String>, Failure> {
        if let Some(saved) = self.saving.saver.wait() {
            self.take_saved(saved);
        }
        let task = self.task(kind)?;
        let step = task.checkpoint.position.step;
        let result = task.save();
        let outcome = result.clone().map(drop);
        self.take_saved(Saved { step, kind, result });
        Ok(outcome)
    }

    /// Saves a checkpoint because somebody asked for one.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn save_on_request(&mut self) -> Result<Option<End>, Failure> {
        if self.lane.settle()? == Outcome::NonFinite {
            return self.not_finite();
        }
        if self.save_now(Kind::Scheduled)?.is_ok() {
            let step = self.lane.steps();
            self.publisher
                .notice(format!("step {step} is saved"), false);
        }
        Ok(None)
    }

    pub(super) fn take_saved(&mut self, saved: Saved) {
        match saved.result {
            Ok(path) => {
                tracing::info!("saved {}", path.display());
                if std::mem::take(&mut self.saving.told) {
                    let message = format!("checkpoints are saved again: {}", path.display());
                    self.publisher.notice(message, false);
                }
                self.publisher.state.saved = Some(saved.step);
                self.tell_states();
            }
            Err(reason) => {
                self.saving.wanted |= saved.kind == Kind::Scheduled;
                self.saving.retry = Some(Instant::now() + RETRY);
                if !std::mem::replace(&mut self.saving.told, true) {
                    let message = format!("{reason}; training goes on, and it is tried again");
                    self.publisher.notice(message, true);
                } else {
                    tracing::warn!("{reason}");
                }
            }
        }
    }

    fn task(&mut self, kind: Kind) -> Result<Task, Failure> {
        self.saving.number += 1;
        let state = self.lane.capture()?;
        let settings = Arc::clone(self.lane.settings());
        let (updates, left) = match self.mode {
            Mode::Running { left, updates } => (updates, left),
            Mode::Paused | Mode::Finished => (Updates::Both, None),
        };
        let position = Position {
            schema: SCHEMA,
            numerics: NUMERICS,
            number: self.saving.number,
            step: state.steps,
            updates_d: state.updates_d,
            updates_g: state.updates_g,
            seed: self.options.seed,
            name: self.options.name.clone(),
            settings: preset::print(&settings, &self.options.name),
            journal: self.journal.lines(),
            pending: self.schedule.pending(),
            planned: self.schedule.done(),
            updates,
            left,
            seconds: self.publisher.state.seconds,
            saved: about::now(),
        };
        self.flush();
        Ok(Task {
            folder: self.directory.checkpoints(),
            kind,
            keep: settings.checkpoints.keep,
            lock: Arc::clone(&self.lock),
            // What a checkpoint builds on reaches the disk before it.
            before: vec![self.directory.journal(), self.directory.metrics()],
            checkpoint: Checkpoint { position, state },
        })
    }

    /// Hands journal and metrics to the system.
    pub(super) fn flush(&mut self) {
        for result in [self.metrics.flush(), self.journal.flush()] {
            if let Err(reason) = result {
                self.publisher.notice(reason, true);
            }
        }
    }

    /// Saves a checkpoint that stays, and says so in the journal.
    pub(super) fn mark(&mut self) -> Result<(), Failure> {
        let step = self.lane.steps();
        if self.save_now(Kind::Marked)?.is_ok() {
            self.journal("mark", step.to_string());
            self.publisher
                .notice(format!("step {step} is marked"), false);
        }
        self.tell_states();
        Ok(())
    }

    /// Goes back to the last checkpoint made of a step, and rests there.
    pub(super) fn rewind(&mut self, step: u64) -> Result<(), Failure> {
        if let Some(saved) = self.saving.saver.wait() {
            self.take_saved(saved);
        }
        match resume::of_step(&self.directory, step) {
            Ok(checkpoint) => {
                self.return_to(Some(&checkpoint), "key")?;
                let message = format!("back at step {step}; change what you like, then resume");
                self.publisher.notice(message, false);
                self.rest(Mode::Paused);
            }
            Err(error) => self.publisher.notice(error.to_string(), true),
        }
        Ok(())
    }

    /// After numbers that are not finite: back to the last checkpoint at half the rates in force, unless that was done
    /// often enough or is not wanted. Says whether it did.
    pub(super) fn return_after_nan(&mut self) -> Result<bool, Failure> {
        if self.options.on_nan == OnNan::Stop || self.options.live || self.saving.returns == RETURNS
        {
            return Ok(false);
        }
        self.saving.returns += 1;
        if let Some(saved) = self.saving.saver.wait() {
            self.take_saved(saved);
        }
        let settings = self.lane.settings();
        let rates = [
            ("generator.learning_rate", settings.generator.learning_rate),
            (
                "discriminator.learning_rate",
                settings.discriminator.learning_rate,
            ),
        ];
        self.flush();
        let about = About::read(&self.directory.about())?;
        let journal = Past::read(&self.directory.journal())?;
        let mut wrong = Vec::new();
        let checkpoint = resume::latest(&self.directory, &about, &journal, &mut wrong)?;
        for problem in wrong {
            self.publisher.notice(problem, true);
        }
        self.return_to(checkpoint.as_ref(), ON_NAN)?;
        for (key, rate) in rates {
            self.set(key, &format!("{:?}", rate / 2.0), ON_NAN)?;
        }
        let message = format!(
            "back at step {} at half the learning rates ({} of {RETURNS} times)",
            self.lane.steps(),
            self.saving.returns
        );
        self.publisher.notice(message, true);
        Ok(true)
    }

    fn return_to(&mut self, checkpoint: Option<&Checkpoint>, cause: &str) -> Result<(), Failure> {
        let from = self.lane.steps();
        let settings = match checkpoint {
            Some(checkpoint) => {
                let settings = resume::settings(&checkpoint.position);
                settings.map_err(|error| error.to_string())?
            }
            None => self.options.preset.clone(),
        };
        let settings = settings.until(self.options.preset.steps);
        let state = checkpoint.map(|checkpoint| &checkpoint.state);
        self.lane.restore(Arc::new(settings), state)?;
        let position = checkpoint.map(|checkpoint| &checkpoint.position);
        let lines = position.map_or(0, |position| position.journal);
        let done = position.map_or(0, |position| position.planned);
        // What the journal still had to be done again belonged to the branch that is left.
        self.schedule = Schedule::new(&self.options.at, done);
        self.again.clear();
        let step = self.lane.steps();
        self.record(Change {
            step: step + 1,
            kind: "rewind".to_owned(),
            key: lineage::key(lines),
            old: from.to_string(),
            new: step.to_string(),
            cause: cause.to_owned(),
        });
        self.flush();
        let (updates, left) = position.map_or((Updates::Both, None), resume::going);
        self.going = updates;
        self.mode = Mode::Running { left, updates };
        self.saving.wanted = true;
        self.publisher.state.seconds =
            position.map_or(self.publisher.state.seconds, |position| position.seconds);
        let last = self.begin_at(from)?;
        self.cut(last);
        Ok(())
    }

    /// Ends a branch in metrics.jsonl: a line of the present step again, after which those of later steps count no more.
    pub(super) fn cut(&mut self, last: Option<Record>) {
        let Some(record) = last else { return };
        let pushed = self.metrics.push(&record);
        if let Err(reason) = pushed.and_then(|()| self.metrics.flush()) {
            self.publisher.notice(reason, true);
        }
    }

    /// Shows a run that begins at the present step: its curves up to there, its settings, its samples.
    /// Gives the line of that step.
    pub(super) fn begin_at(&mut self, from: u64) -> Result<Option<Record>, Failure> {
        let step = self.lane.steps();
        self.publisher.branch(from);
        self.exacts = Default::default();
        let survivors = Survivors::until(&self.directory.metrics(), step);
        let mut last = None;
        match survivors {
            Ok(survivors) => {
                let mut scores = None;
                for record in survivors {
                    self.updates = record.updates;
                    self.publisher
                        .measures(Arc::clone(&record.measures), record.updates);
                    if let Some(found) = &record.scores {
                        self.publisher.figures(found.step, found.figures.named());
                        scores = Some(Arc::clone(found));
                    }
                    if let Some(exact) = &record.spectra {
                        self.draw_exact(exact);
                    }
                    last = Some(record);
                }
                self.publisher.state.scores = scores.filter(|scores| scores.step == step);
            }
            Err(error) => {
                let place = self.directory.metrics();
                let message = format!("curves before step {step}: {place}: {error}");
                self.publisher.notice(message, true);
            }
        }
        self.detectors = Default::default();
        self.publisher.state.alarms.clear();
        self.scored = self.publisher.state.scores.is_some();
        self.scores_written = self
            .publisher
            .state
            .scores
            .as_ref()
            .map(|scores| scores.step);
        self.last_line = Some(step);
        self.scores_in_line = None;
        self.publisher.state.settings = Arc::clone(self.lane.settings());
        self.publisher.stepped(step);
        self.publisher.state.samples = None;
        self.publisher.state.spectra = None;
        self.publisher.state.plane = None;
        self.tell_states();
        let _ = self.look(&self.directory.picture(step))?;
        Ok(last)
    }

    /// Shows the states to which the run can return.
    pub(super) fn tell_states(&mut self) {
        let listed = crate::run::checkpoint::list(&self.directory.checkpoints());
        self.publisher.state.states = listed
            .unwrap_or_default()
            .iter()
            .filter_map(|file| {
                let position = file.position.as_ref().ok()?;
                Some(crate::run::snapshot::Saved {
                    step: position.step,
                    marked: file.kind == Kind::Marked,
                })
            })
            .collect();
        self.publisher.hurry();
    }
}

const ON_NAN: &str = "on_nan";

/// As far as a clock can count.
fn seconds(seconds: f32) -> Duration {
    let longest = Duration::from_secs(u32::MAX.into());
    Duration::try_from_secs_f32(seconds).map_or(longest, |seconds| seconds.min(longest))
}
