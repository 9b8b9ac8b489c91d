//! The worker: makes steps, and executes commands between two steps.

mod commands;
mod finish;
mod results;
mod rewind;
mod saving;
mod settings;
mod spectra;
mod start;
mod step;
mod views;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    time::Instant,
};

use super::{
    Ended, Options, alarm::Detectors, engine::Failure, publisher::Publisher, rate::Rate,
    training::Training,
};
use crate::{
    gan::Outcome,
    model::feed::Stage,
    model::{Command, Logged, Request, Status, Stopped, Updates},
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
use saving::Saving;
use spectra::ExactMeasures;
pub(super) use start::work;
use step::ended_by;
use views::Views;

/// The mode of the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The worker makes steps.
    Running {
        /// Number of remaining steps; `None` without a limit.
        left: Option<u64>,
        /// The networks that these steps update.
        updates: Updates,
    },
    /// The worker waits for a command.
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

/// The reason why the worker ends.
enum End {
    /// A regular end, with the extent of the final files.
    Stopped(Stopped, Extent),
    /// The run ends with this error message, although the engine works.
    Refused(String),
}

/// The state of the worker.
struct Worker<'a> {
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
    /// The networks that the last step updated. Measures of the others are old.
    updates: Updates,
    /// The networks whose steps were requested last.
    requested: Updates,
    /// Whether a user of this process requested the current number of steps. The run pauses after them.
    user_steps: bool,
    requests: Receiver<Request>,
    lines: Sender<Logged>,
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
    publisher: Publisher<'a>,
    rate: Rate,
    /// Files that could not be written at the end.
    unsaved: Vec<WriteError>,
    weights_sha256: Option<String>,
    /// Whether a run with all its steps skipped some of the final files.
    incomplete: bool,
}

impl Worker<'_> {
    /// Executes the run until it ends, and writes the final files.
    fn run(mut self, start: StartState) -> Ended {
        let started = if start.resumed {
            self.resume(start)
        } else {
            Ok(())
        };
        let ended = started.and_then(|()| self.steps());
        // The state of a partly completed step is not saved.
        let consistent = self.training.is_consistent()
            && (ended.is_ok() || matches!(self.training.settle(), Ok(Outcome::Applied)));
        let (mut stopped, extent, mut error) = match ended {
            Ok(End::Stopped(stopped, extent)) => (stopped, extent, None),
            Ok(End::Refused(message)) => (Stopped::Error, Extent::All, Some(message)),
            Err(failure) => (Stopped::Error, Extent::All, Some(failure.to_string())),
        };
        if error.is_none() && matches!(self.training.settle(), Ok(Outcome::NonFinite)) {
            self.publisher.set_steps(self.training.steps());
            (stopped, error) = (Stopped::Error, Some(ended_by(self.training.steps() + 1)));
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
        if error.is_none() && self.incomplete && self.has_signal() {
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
        tracing::info!(step = self.training.steps(), "end");
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
        }
    }

    /// Makes steps and executes commands until the run ends.
    fn steps(&mut self) -> Result<End, Failure> {
        self.report_skipped();
        if self.publisher.state.samples.is_none() {
            let _ = self.save_samples(&self.directory.picture(0))?;
        }
        if self.options.init.is_some() {
            // No other file has the initial weights.
            let saved = self.save_now(Kind::Marked)?;
            self.unsaved.extend(saved.err());
        }
        if let Some(end) = self.save_on_schedule(false)? {
            return Ok(end);
        }
        match self.mode {
            Mode::Running { .. } => self.publisher.set_status(Status::Running),
            mode => self.pause(mode),
        }
        self.publisher.publish();
        loop {
            self.update_views()?;
            while let Some(request) = self.next_request() {
                let Ok(Request { id, command }) = request else {
                    return Ok(End::Stopped(Stopped::User, Extent::All));
                };
                if let Some(end) = self.end_of(&command) {
                    self.publisher.acknowledge(id);
                    return Ok(end);
                }
                if command == Command::GoHeadless {
                    self.options.live = false;
                }
                if let Some(end) = self.execute(command)? {
                    return Ok(end);
                }
                self.publisher.acknowledge(id);
                if !matches!(self.mode, Mode::Running { .. }) {
                    self.publisher.publish();
                }
                if self.mode == Mode::Finished && !self.options.live {
                    break;
                }
            }
            if self.training.steps() < self.options.preset.steps {
                if let Mode::Running { left, updates } = self.mode
                    && self.is_due()
                    && let Some(end) = self.step(left, updates)?
                {
                    return Ok(end);
                }
                continue;
            }
            if !self.options.live {
                return Ok(End::Stopped(Stopped::Done, Extent::All));
            }
            if self.mode == Mode::Finished {
                continue;
            }
            self.save_results(true, Extent::All, Stopped::Done)?;
            if let Err(error) = self.write_summary(Stopped::Done) {
                self.publisher.notice(error.to_string(), true);
            }
            self.publisher.set_stage(Stage::Training);
            self.pause(Mode::Finished);
        }
    }

    /// How this command ends the run, if it does.
    fn end_of(&self, command: &Command) -> Option<End> {
        let complete = self.mode == Mode::Finished && !self.incomplete;
        Some(match command {
            // The exit code confirms the signal to the scheduler.
            Command::Preempt => End::Stopped(Stopped::Signal, Extent::State),
            Command::Terminate if complete => End::Stopped(Stopped::Done, Extent::All),
            Command::Terminate => End::Stopped(Stopped::Signal, Extent::Pictures),
            Command::Quit if self.mode == Mode::Finished => {
                End::Stopped(Stopped::Done, Extent::All)
            }
            Command::Quit => End::Stopped(Stopped::User, Extent::All),
            _ => return None,
        })
    }

    /// Whether the queue has a signal that ends the run.
    fn has_signal(&self) -> bool {
        let mut waiting = self.requests.try_iter();
        waiting
            .any(|Request { command, .. }| matches!(command, Command::Terminate | Command::Preempt))
    }
}
