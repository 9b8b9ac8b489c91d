//! A lane: one future of a run. It owns its training, settings, measures and files. The worker steps it and passes on the
//! commands that it executes.

mod alarms;
mod commands;
mod distances;
mod finish;
mod fork;
mod gif;
mod journaling;
mod mode;
mod outputs;
mod results;
mod rewind;
mod saving;
mod settings;
mod spectra;
mod start;
mod step;
mod together;
mod views;

use std::{
    sync::{Arc, mpsc::Sender},
    time::Instant,
};

use tracing::Dispatch;

use super::{
    Options, alarm::Detectors, engine::Failure, on_alarm::RaisedAlarms, publisher::Publisher,
    rate::Rate, training::Training,
};
use crate::{
    model::{
        Command, LaneId, Logged, Outputs, Status, Stopped, Updates, feed::Stage,
        measures::Distances,
    },
    rundir::{
        WriteError,
        checkpoint::Kind,
        directory::RunDirectory,
        journal::{Journal, expected::ExpectedLines},
        lock::Lock,
        metrics::Metrics,
        resume::StartState,
        schedule::Schedule,
    },
};
pub(super) use commands::{Executed, FINISHED};
pub(super) use distances::measure_distances;
use finish::Extent;
pub(super) use fork::ForkPoint;
pub(super) use rewind::Rewindable;
use saving::Saving;
use spectra::ExactMeasures;
pub(super) use start::Origin;
use step::Attempt;
pub(super) use step::Prepared;
pub(super) use together::step_together;
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
    /// Where alarms go, if a command waits for them.
    raised: Option<RaisedAlarms>,
    /// Lines that are still to be sent.
    unsent: Vec<Logged>,
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
    /// Histograms of D's output that are not yet recorded.
    outputs: Option<Arc<Outputs>>,
    /// The distances from lane a that are not yet recorded.
    distances: Option<Distances>,
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

    /// The options of the lane.
    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    /// Names the lane in its lines from now on: it is not the only one.
    pub(super) fn name_in_lines(&mut self) {
        self.names_lane = true;
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
}
