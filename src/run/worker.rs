//! The worker: steps, and between two steps what people ask for.

mod begin;
mod commands;
mod leave;
mod looks;
mod results;
mod returning;
mod saving;
mod settings;
mod spectra;
mod step;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    time::Instant,
};

use super::{
    Ended, Options, alarm::Detectors, engine::Failure, lane::Lane, publisher::Publisher, rate::Rate,
};
use crate::{
    feed::Stage,
    gan::Outcome,
    model::{Command, Logged, Request, Status, Stopped, Updates},
    rundir::{
        append::REPLACED,
        checkpoint::Kind,
        directory::RunDirectory,
        journal::{Journal, expected::ExpectedLines},
        lock::Lock,
        metrics::Metrics,
        resume::StartState,
        schedule::Schedule,
    },
};
pub(super) use begin::work;
use leave::Extent;
use looks::Looks;
use saving::Saving;
use spectra::Exacts;
use step::ended_by;

/// What the worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Steps of these networks, so many where a number was asked for.
    Running {
        left: Option<u64>,
        updates: Updates,
    },
    Paused,
    /// All steps are made; what a run leaves behind is written.
    Finished,
}

impl Mode {
    const RUNNING: Self = Self::Running {
        left: None,
        updates: Updates::Both,
    };
}

/// Why the worker ends, and what it leaves behind before.
enum End {
    Stopped(Stopped, Extent),
    /// The engine goes on, the run does not.
    Refused(String),
}

struct Worker<'a> {
    options: Options,
    lane: Lane,
    mode: Mode,
    schedule: Schedule,
    directory: RunDirectory,
    /// Held as long as files are written.
    lock: Arc<Lock>,
    journal: Journal,
    /// Lines of the journal that are to come again: they stand there already.
    again: ExpectedLines,
    metrics: Metrics,
    saving: Saving,
    detectors: Detectors,
    looks: Looks,
    /// When the next step may begin, in slow motion.
    next_step: Instant,
    /// The networks that the last step updated.
    updates: Updates,
    /// The networks whose steps were last asked for.
    going: Updates,
    /// Whether the steps that are counted were asked for by somebody at this process, who then finds the run paused.
    asked: bool,
    requests: Receiver<Request>,
    lines: Sender<Logged>,
    /// The last step that has a line.
    last_line: Option<u64>,
    /// Layers that had no σ to be divided by when last measured.
    unnormalized: Vec<String>,
    /// Whether the scores are those of the present state.
    scored: bool,
    /// Step of the last scores that stand in a line.
    scores_in_line: Option<u64>,
    /// Step of the last scores that stand in metrics.jsonl.
    scores_written: Option<u64>,
    exacts: Exacts,
    publisher: Publisher<'a>,
    rate: Rate,
    /// What could not be saved at the end.
    unsaved: Vec<String>,
    weights_sha256: Option<String>,
    /// Whether a run that had made all its steps left out what it would have left behind.
    cut: bool,
}

impl Worker<'_> {
    fn run(mut self, start: StartState) -> Ended {
        let begun = match start.resumed {
            true => self.take_over(start),
            false => Ok(()),
        };
        let ended = begun.and_then(|()| self.steps());
        // Of a step that was made in part no state is saved: the last whole one stays.
        let whole = self.lane.is_whole()
            && (ended.is_ok() || matches!(self.lane.settle(), Ok(Outcome::Applied)));
        let (mut stopped, extent, mut error) = match ended {
            Ok(End::Stopped(stopped, extent)) => (stopped, extent, None),
            Ok(End::Refused(message)) => (Stopped::Error, Extent::All, Some(message)),
            Err(failure) => (Stopped::Error, Extent::All, Some(failure.to_string())),
        };
        if error.is_none() && matches!(self.lane.settle(), Ok(Outcome::NonFinite)) {
            self.publisher.stepped(self.lane.steps());
            (stopped, error) = (Stopped::Error, Some(ended_by(self.lane.steps() + 1)));
        }
        // After a failure of the device this fails as well; the first error is the one to report.
        let ours = self.lock.holds();
        if !ours {
            error.get_or_insert(format!("nothing more is saved: {REPLACED}"));
        } else if self.mode != Mode::Finished
            && let Err(failure) = self.leave(whole, extent, stopped)
        {
            error.get_or_insert(failure.to_string());
        }
        if error.is_none() && self.cut && self.has_signal() {
            stopped = Stopped::Signal;
        }
        if let Some(saved) = self.saving.wait() {
            self.take_saved(saved);
        }
        self.finish_films();
        if ours {
            let kept = [self.metrics.finish(), self.journal.finish()];
            self.unsaved
                .extend(kept.into_iter().filter_map(Result::err));
        }
        if error.is_none() && !self.unsaved.is_empty() {
            error = Some(self.unsaved.join("; "));
        }
        if let Some(message) = &error {
            tracing::error!("{message}");
        }
        self.publisher.state.steps_per_second = 0.0;
        self.publisher.status(match (&error, stopped) {
            (Some(message), _) => Status::Failed(message.clone()),
            (None, Stopped::User) => Status::Still("ended by a person".to_owned()),
            (None, Stopped::Signal) => Status::Still("ended by a signal".to_owned()),
            (None, Stopped::Done | Stopped::Error) => Status::Finished,
        });
        self.publisher.publish();
        tracing::info!(step = self.lane.steps(), "end");
        let summary = self.summary(stopped);
        if ours && let Err(reason) = self.write_summary(stopped) {
            tracing::error!("{reason}");
            error.get_or_insert(reason);
        }
        Ended {
            summary,
            error,
            saved: self.publisher.state.saved,
            directory: self.directory.folder().current_path(),
        }
    }

    fn steps(&mut self) -> Result<End, Failure> {
        self.tell_skipped();
        if self.publisher.state.samples.is_none() {
            let _ = self.look(&self.directory.picture(0))?;
        }
        if self.options.init.is_some() {
            // Nothing else holds the weights that the run began with.
            let saved = self.save_now(Kind::Marked)?;
            self.unsaved.extend(saved.err());
        }
        if let Some(end) = self.save_on_schedule(false)? {
            return Ok(end);
        }
        match self.mode {
            Mode::Running { .. } => self.publisher.status(Status::Running),
            mode => self.pause(mode),
        }
        self.publisher.publish();
        loop {
            self.look_around()?;
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
            if self.lane.steps() < self.options.preset.steps {
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
            self.leave(true, Extent::All, Stopped::Done)?;
            if let Err(reason) = self.write_summary(Stopped::Done) {
                self.publisher.notice(reason, true);
            }
            self.publisher.enter(Stage::Training);
            self.pause(Mode::Finished);
        }
    }

    /// How the run ends by this command, if it does.
    fn end_of(&self, command: &Command) -> Option<End> {
        let whole = self.mode == Mode::Finished && !self.cut;
        Some(match command {
            // A scheduler that wants the place back is told that it was heard.
            Command::Preempt => End::Stopped(Stopped::Signal, Extent::State),
            Command::Terminate if whole => End::Stopped(Stopped::Done, Extent::All),
            Command::Terminate => End::Stopped(Stopped::Signal, Extent::Pictures),
            Command::Quit if self.mode == Mode::Finished => {
                End::Stopped(Stopped::Done, Extent::All)
            }
            Command::Quit => End::Stopped(Stopped::User, Extent::All),
            _ => return None,
        })
    }

    /// Whether a signal that ends the run waits to be read.
    fn has_signal(&self) -> bool {
        let mut waiting = self.requests.try_iter();
        waiting
            .any(|Request { command, .. }| matches!(command, Command::Terminate | Command::Preempt))
    }
}
