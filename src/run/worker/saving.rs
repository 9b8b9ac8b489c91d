//! When the whole state of a run is saved.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{End, Mode, Worker};
use crate::{
    gan::Outcome,
    model::{Event, Updates, snapshot},
    preset,
    run::engine::Failure,
    rundir::{
        about::{self, NUMERICS, SCHEMA},
        checkpoint::{self, Checkpoint, Kind, Position, SaveReport, SaveTask, Saver},
    },
};

/// Time after which saving that failed is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// What the worker knows of its checkpoints.
#[derive(Debug)]
pub(super) struct Saving {
    pub(super) saver: Saver,
    /// Number of the last one made.
    pub number: u64,
    /// When the next one is due by time.
    next: Instant,
    /// One is due, and waits for the last one to be written.
    pub(super) wanted: bool,
    /// When saving that failed is tried again.
    retry: Option<Instant>,
    /// The last attempt failed, and the person has been told.
    told: bool,
    /// Returns after numbers that are not finite.
    pub(super) returns: u32,
}

impl Saving {
    /// What became of the checkpoint that is being written, if one is; waits for it.
    pub(super) fn wait(&mut self) -> Option<SaveReport> {
        self.saver.wait()
    }

    /// After `number` checkpoints, with the next one due by time after so many seconds.
    pub(super) fn new(number: u64, seconds: f32) -> Self {
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
    /// The device's.
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
        self.take_saved(SaveReport { step, kind, result });
        Ok(outcome)
    }

    /// Saves a checkpoint because somebody asked for one.
    ///
    /// # Errors
    /// The device's.
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

    pub(super) fn take_saved(&mut self, saved: SaveReport) {
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

    fn task(&mut self, kind: Kind) -> Result<SaveTask, Failure> {
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
            device: Some(self.options.device.to_string()),
            compiler: self.options.device.compiler().map(str::to_owned),
        };
        self.flush();
        Ok(SaveTask {
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
            self.journal(Event::Mark { step });
            self.publisher
                .notice(format!("step {step} is marked"), false);
        }
        self.tell_states();
        Ok(())
    }

    /// Shows the states to which the run can return.
    pub(super) fn tell_states(&mut self) {
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
        self.publisher.hurry();
    }
}

/// As far as a clock can count.
fn seconds(seconds: f32) -> Duration {
    let longest = Duration::from_secs(u32::MAX.into());
    Duration::try_from_secs_f32(seconds).map_or(longest, |seconds| seconds.min(longest))
}
