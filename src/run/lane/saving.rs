//! Saves checkpoints.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{End, Lane, Mode};
use crate::{
    engine::gan::Outcome,
    model::{Cause, Event, Updates, snapshot},
    preset,
    run::engine::Failure,
    rundir::{
        WriteError,
        about::{self, NUMERICS, SCHEMA},
        checkpoint::{self, Checkpoint, Kind, Position, SaveReport, SaveTask, Saver},
    },
};

/// Time between two attempts after saving failed.
const RETRY: Duration = Duration::from_secs(10);

/// State of the saving of checkpoints.
#[derive(Debug)]
pub(super) struct Saving {
    /// The thread that writes checkpoints.
    pub(super) saver: Saver,
    /// Number of the last checkpoint.
    pub number: u64,
    /// When the next checkpoint is due by time.
    next: Instant,
    /// Whether a checkpoint is due.
    pub(super) wanted: bool,
    /// Time of the next attempt after a failure.
    retry: Option<Instant>,
    /// Whether the last attempt failed, which has been reported to the user.
    reported: bool,
    /// Number of rewinds after non-finite values.
    pub(super) rewinds: u32,
}

impl Saving {
    /// Waits for the checkpoint that is being written, and returns its result; `None` if there is none.
    pub(super) fn wait(&mut self) -> Option<SaveReport> {
        self.saver.wait()
    }

    /// State after `number` checkpoints. The next one is due by time after the given seconds.
    pub(super) fn new(number: u64, seconds: f32) -> Self {
        Self {
            saver: Saver::default(),
            number,
            next: Instant::now() + self::seconds(seconds),
            wanted: number == 0,
            retry: None,
            reported: false,
            rewinds: 0,
        }
    }
}

impl Lane {
    /// Handles a finished checkpoint, and starts the next one if it is due. `stepped` is whether a step was just made.
    /// Returns the reason if the run ends.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn save_on_schedule(&mut self, stepped: bool) -> Result<Option<End>, Failure> {
        if let Some(saved) = self.saving.saver.report() {
            self.take_saved(&saved);
        }
        let schedule = self.training.settings().checkpoints;
        let step = self.training.steps();
        let by_step = stepped && schedule.every > 0 && step.is_multiple_of(schedule.every);
        let by_time = stepped && schedule.seconds > 0.0 && Instant::now() >= self.saving.next;
        self.saving.wanted |= by_step || by_time;
        let now = Instant::now();
        let waits = self.saving.retry.is_some_and(|retry| now < retry);
        if !self.saving.wanted || waits || self.saving.saver.busy() {
            return Ok(None);
        }
        if self.training.settle()? == Outcome::NonFinite {
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

    /// Saves the current state, and waits until it is on the disk. The inner error is that it could not be written, which
    /// is also reported to the user.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn save_now(&mut self, kind: Kind) -> Result<Result<(), WriteError>, Failure> {
        if let Some(saved) = self.saving.saver.wait() {
            self.take_saved(&saved);
        }
        let task = self.task(kind)?;
        let saved = SaveReport {
            step: task.checkpoint.position.step,
            kind,
            result: task.save(),
        };
        self.take_saved(&saved);
        Ok(saved.result.map(drop))
    }

    /// Saves the last state before the scores of any lane, as far as it can be saved. Errors are reported at the end.
    pub(in crate::run) fn save_before_scores(&mut self) {
        let consistent = self.training.is_consistent() && self.lock.holds();
        if consistent && matches!(self.training.settle(), Ok(Outcome::Applied)) {
            let _ = self.save_now(Kind::Scheduled);
        }
    }

    /// Saves a checkpoint that a user requested. The inner error is that it could not be written.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn save_on_request(&mut self) -> Result<Result<(), WriteError>, Failure> {
        let saved = self.save_now(Kind::Scheduled)?;
        if saved.is_ok() {
            let step = self.training.steps();
            self.publisher
                .notice(format!("step {step} is saved"), false);
        }
        Ok(saved)
    }

    /// Handles the result of a checkpoint. After a failure, a new attempt is scheduled.
    pub(super) fn take_saved(&mut self, saved: &SaveReport) {
        match &saved.result {
            Ok(path) => {
                tracing::info!("saved {}", path.display());
                if std::mem::take(&mut self.saving.reported) {
                    let message = format!("checkpoints are saved again: {}", path.display());
                    self.publisher.notice(message, false);
                }
                self.publisher.state.saved = Some(saved.step);
                self.publish_states();
            }
            Err(error) => {
                self.saving.wanted |= saved.kind == Kind::Scheduled;
                self.saving.retry = Some(Instant::now() + RETRY);
                if std::mem::replace(&mut self.saving.reported, true) {
                    tracing::warn!("{error}");
                } else {
                    let message = format!("{error}; training goes on, and saving is tried again");
                    self.publisher.notice(message, true);
                }
            }
        }
    }

    /// The current state with its position.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn checkpoint(&mut self) -> Result<Checkpoint, Failure> {
        let state = self.training.capture()?;
        let settings = Arc::clone(self.training.settings());
        let (updates, left) = match self.mode {
            Mode::Running { left, updates } => (updates, left),
            Mode::Paused | Mode::Finished => (Updates::Both, None),
        };
        let mut pending = self.schedule.pending();
        pending.extend(self.again.pending(state.steps));
        pending.sort_unstable();
        pending.dedup();
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
            pending,
            metrics: self.metrics.size(),
            planned: self.schedule.done(),
            updates,
            left,
            seconds: self.publisher.state.seconds,
            saved: about::now(),
            changes: Vec::new(),
            device: Some(self.options.device.to_string()),
            compiler: self.options.device.compiler().map(str::to_owned),
        };
        Ok(Checkpoint { position, state })
    }

    /// A task that saves the current state.
    fn task(&mut self, kind: Kind) -> Result<SaveTask, Failure> {
        self.saving.number += 1;
        self.flush();
        let checkpoint = self.checkpoint()?;
        Ok(SaveTask {
            folder: self.directory.checkpoints(),
            kind,
            keep: self.training.settings().checkpoints.keep,
            lock: Arc::clone(&self.lock),
            // The files to which a checkpoint refers are synced before it.
            before: vec![self.directory.journal(), self.directory.metrics()],
            checkpoint,
        })
    }

    /// Flushes journal and metrics to their files.
    pub(super) fn flush(&mut self) {
        for result in [self.metrics.flush(), self.journal.flush()] {
            if let Err(error) = result {
                self.publisher.notice(error.to_string(), true);
            }
        }
    }

    /// Saves a checkpoint that is never pruned, and journals it. The inner error is that it could not be written.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn mark(&mut self, cause: Cause) -> Result<Result<(), WriteError>, Failure> {
        let step = self.training.steps();
        let saved = self.save_now(Kind::Marked)?;
        if saved.is_ok() {
            self.journal(Event::Mark { step }, cause);
            self.publisher
                .notice(format!("step {step} is marked"), false);
        }
        self.publish_states();
        Ok(saved)
    }

    /// Publishes the saved states.
    pub(super) fn publish_states(&mut self) {
        let listed = checkpoint::list(&self.directory.checkpoints());
        self.publisher.state.states = listed
            .unwrap_or_default()
            .iter()
            .filter_map(|file| {
                let position = file.position.as_ref().ok()?;
                Some(snapshot::Saved {
                    step: position.step,
                    marked: file.kind == Kind::Marked,
                })
            })
            .collect();
        self.publisher.mark_urgent();
    }
}

/// Seconds as a duration, limited to what an [`Instant`] can represent.
fn seconds(seconds: f32) -> Duration {
    let longest = Duration::from_secs(u32::MAX.into());
    Duration::try_from_secs_f32(seconds).map_or(longest, |seconds| seconds.min(longest))
}
