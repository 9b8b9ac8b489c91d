//! A lane: one future of a run. It owns its training, settings, measures and files. The worker steps it and passes on the
//! commands that it executes.

mod commands;
mod finish;
mod fork;
mod results;
mod rewind;
mod saving;
mod settings;
mod spectra;
mod start;
mod step;
mod views;

use std::{
    sync::{Arc, mpsc::Sender},
    time::Instant,
};

use tracing::Dispatch;

use super::{
    Ended, Options, alarm::Detectors, engine::Failure, publisher::Publisher, rate::Rate,
    training::Training,
};
use crate::{
    gan::Outcome,
    model::feed::Stage,
    model::{Command, LaneId, Logged, Status, Stopped, Updates},
    rundir::{
        WriteError,
        checkpoint::Kind,
        directory::RunDirectory,
        journal::{Journal, expected::ExpectedLines},
        lock::{Lock, REPLACED},
        metrics::Metrics,
        resume::StartState,
        schedule::Schedule,
    },
};
use finish::Extent;
pub(super) use fork::ForkPoint;
use saving::Saving;
use spectra::ExactMeasures;
pub(super) use start::Origin;
use step::{Attempt, ended_by};
pub(super) use step::{Prepared, step_together};
use views::Views;

/// The mode of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The lane makes steps.
    Running {
        /// Number of remaining steps; `None` without a limit.
        left: Option<u64>,
        /// The networks that these steps update.
        updates: Updates,
    },
    /// The lane waits for a command.
    Paused,
    /// All steps are completed and the final files are written.
    Finished,
}

impl Mode {
    /// Steps of both networks without a limit.
    const RUNNING: Self = Self::Running {
        left: None,
        updates: Updates::Both,
    };
}

/// The reason why a lane ends.
pub(super) enum End {
    /// A regular end, with the extent of the final files.
    Stopped(Stopped, Extent),
    /// The run ends with this error message, although the engine works.
    Refused(String),
}

impl End {
    /// All steps are completed.
    pub(super) const DONE: Self = Self::Stopped(Stopped::Done, Extent::All);
    /// A user ended the run.
    pub(super) const QUIT: Self = Self::Stopped(Stopped::User, Extent::All);
}

/// The state of a lane.
pub(super) struct Lane {
    id: LaneId,
    options: Options,
    training: Training,
    mode: Mode,
    schedule: Schedule,
    directory: RunDirectory,
    /// Lock of the run directory.
    lock: Arc<Lock>,
    journal: Journal,
    /// Journal lines that a resumed run repeats. They are not written again.
    again: ExpectedLines,
    metrics: Metrics,
    saving: Saving,
    detectors: Detectors,
    views: Views,
    /// Earliest start of the next step, for slow motion.
    next_step: Instant,
    /// The step in progress.
    attempt: Option<Attempt>,
    /// The networks that the last step updated. Measures of the others are old.
    updates: Updates,
    /// The networks whose steps were requested last.
    requested: Updates,
    /// Whether a user of this process requested the current number of steps. The run pauses after them.
    user_steps: bool,
    lines: Sender<Logged>,
    log: Dispatch,
    /// Whether lines name the lane.
    names_lane: bool,
    /// The last step with a line of output.
    last_line: Option<u64>,
    /// Layers whose σ was zero or not finite in the last measures.
    unnormalized: Vec<String>,
    /// Whether the scores belong to the current state.
    scored: bool,
    /// Step of the last scores in a line of output.
    scores_in_line: Option<u64>,
    /// Step of the last scores in metrics.jsonl.
    scores_written: Option<u64>,
    exact: ExactMeasures,
    publisher: Publisher,
    rate: Rate,
    /// Files that could not be written at the end.
    unsaved: Vec<WriteError>,
    weights_sha256: Option<String>,
    /// Whether a run with all its steps skipped some of the final files.
    incomplete: bool,
}

impl Lane {
    /// The name of the lane.
    pub(super) fn id(&self) -> LaneId {
        self.id
    }

    /// The log of the lane.
    pub(super) fn log(&self) -> &Dispatch {
        &self.log
    }

    /// Calls `work` while messages go to the log of the lane.
    pub(super) fn logging<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let log = self.log.clone();
        tracing::dispatcher::with_default(&log, || work(self))
    }

    /// Number of completed steps.
    pub(super) fn steps(&self) -> u64 {
        self.training.steps()
    }

    /// Whether all steps are completed.
    pub(super) fn is_done(&self) -> bool {
        self.steps() >= self.options.preset.steps
    }

    /// Whether the lane makes steps.
    pub(super) fn is_running(&self) -> bool {
        matches!(self.mode, Mode::Running { .. })
    }

    /// Whether all steps are completed and the final files are written.
    pub(super) fn is_finished(&self) -> bool {
        self.mode == Mode::Finished
    }

    /// Whether the run has a screen.
    pub(super) fn is_live(&self) -> bool {
        self.options.live
    }

    /// Continues as a lane of a headless run.
    pub(super) fn go_headless(&mut self) {
        self.options.live = false;
    }

    /// Executes what comes before the first step. Returns the reason if the run ends.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn begin(&mut self, start: StartState) -> Result<Option<End>, Failure> {
        match (start.resumed, &start.checkpoint) {
            (true, _) => self.resume(start)?,
            (false, Some(_)) => self.begin_fork(start)?,
            (false, None) => {}
        }
        self.report_skipped();
        if self.publisher.state.samples.is_none() {
            let _ = self.save_samples(&self.directory.picture(self.steps()))?;
        }
        if self.options.init.is_some() {
            // No other file has the initial weights.
            let saved = self.save_now(Kind::Marked)?;
            self.unsaved.extend(saved.err());
        }
        if let Some(end) = self.save_on_schedule(false)? {
            return Ok(Some(end));
        }
        match self.mode {
            Mode::Running { .. } => self.publisher.set_status(Status::Running),
            mode => self.pause(mode),
        }
        self.publisher.publish();
        Ok(None)
    }

    /// Writes the final files of a live run after its last step, and waits for commands.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn complete(&mut self) -> Result<(), Failure> {
        self.save_results(true, Extent::All, Stopped::Done)?;
        if let Err(error) = self.write_summary(Stopped::Done) {
            self.publisher.notice(error.to_string(), true);
        }
        self.publisher.set_stage(Stage::Training);
        self.pause(Mode::Finished);
        Ok(())
    }

    /// How this command ends the lane, if it does.
    pub(super) fn end_of(&self, command: &Command) -> Option<End> {
        let complete = self.mode == Mode::Finished && !self.incomplete;
        Some(match command {
            // The exit code confirms the signal to the scheduler.
            Command::Preempt => End::Stopped(Stopped::Signal, Extent::State),
            Command::Terminate if complete => End::DONE,
            Command::Terminate => End::Stopped(Stopped::Signal, Extent::Pictures),
            Command::Quit if self.mode == Mode::Finished => End::DONE,
            Command::Quit => End::QUIT,
            _ => return None,
        })
    }

    /// Ends the lane: writes its final files. `has_signal` says whether a signal that ends the run is waiting.
    pub(super) fn finish(
        mut self,
        ended: Result<End, Failure>,
        has_signal: &mut dyn FnMut() -> bool,
    ) -> Ended {
        // The state of a partly completed step is not saved.
        let consistent = self.training.is_consistent()
            && (ended.is_ok() || matches!(self.training.settle(), Ok(Outcome::Applied)));
        let (mut stopped, extent, mut error) = match ended {
            Ok(End::Stopped(stopped, extent)) => (stopped, extent, None),
            Ok(End::Refused(message)) => (Stopped::Error, Extent::All, Some(message)),
            Err(failure) => (Stopped::Error, Extent::All, Some(failure.to_string())),
        };
        if error.is_none() && matches!(self.training.settle(), Ok(Outcome::NonFinite)) {
            self.publisher.set_steps(self.steps());
            (stopped, error) = (Stopped::Error, Some(ended_by(self.steps() + 1)));
        }
        // After a failure of the device saving also fails. Only the first error is reported.
        let ours = self.lock.holds();
        if !ours {
            error.get_or_insert(format!("nothing more is saved: {REPLACED}"));
        } else if self.mode != Mode::Finished
            && let Err(failure) = self.save_results(consistent, extent, stopped)
        {
            error.get_or_insert(failure.to_string());
        }
        if error.is_none() && self.incomplete && has_signal() {
            stopped = Stopped::Signal;
        }
        if let Some(saved) = self.saving.wait() {
            self.take_saved(&saved);
        }
        self.finish_gifs();
        if ours {
            let kept = [self.metrics.finish(), self.journal.finish()];
            self.unsaved
                .extend(kept.into_iter().filter_map(Result::err));
        }
        if error.is_none() && !self.unsaved.is_empty() {
            let unsaved: Vec<String> = self.unsaved.iter().map(ToString::to_string).collect();
            error = Some(unsaved.join("; "));
        }
        if let Some(message) = &error {
            tracing::error!("{message}");
        }
        self.publisher.state.steps_per_second = 0.0;
        self.publisher.set_status(match (&error, stopped) {
            (Some(message), _) => Status::Failed(message.clone()),
            (None, Stopped::User) => Status::Still("ended by a person".to_owned()),
            (None, Stopped::Signal) => Status::Still("ended by a signal".to_owned()),
            (None, Stopped::Done | Stopped::Error) => Status::Finished,
        });
        self.publisher.publish();
        tracing::info!(step = self.steps(), "end");
        let summary = self.summary(stopped);
        if ours && let Err(unwritten) = self.write_summary(stopped) {
            tracing::error!("{unwritten}");
            error.get_or_insert(unwritten.to_string());
        }
        Ended {
            summary,
            error,
            saved: self.publisher.state.saved,
            directory: self.directory.folder().current_path(),
            others: Vec::new(),
        }
    }
}
