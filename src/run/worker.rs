//! The worker: steps, and between two steps what people ask for.

mod commands;
mod looks;
mod results;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    time::Instant,
};

use super::{
    Command, Ended, Logged, Options, Request, Status, Stopped, Summary,
    alarm::Detectors,
    directory::RunDirectory,
    engine::{Engine, Failure, Outcome, Updates},
    feed::Feed,
    journal::Journal,
    lane::Lane,
    publisher::Publisher,
    rate::Rate,
    schedule::Schedule,
};
use crate::preset::Preset;
use looks::Looks;

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

/// Why the worker ends.
enum End {
    Stopped(Stopped),
    /// The engine goes on, the run does not.
    Refused(String),
}

struct Worker<'a> {
    options: Options,
    lane: Lane,
    mode: Mode,
    schedule: Schedule,
    directory: RunDirectory,
    journal: Journal,
    detectors: Detectors,
    looks: Looks,
    /// When the next step may begin, in slow motion.
    next_step: Instant,
    /// The networks that the last step updated.
    updates: Updates,
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
    publisher: Publisher<'a>,
    rate: Rate,
    /// What could not be saved at the end.
    unsaved: Vec<String>,
    weights_sha256: Option<String>,
}

/// Does a whole run on the calling thread.
pub fn work<B>(
    options: Options,
    directory: RunDirectory,
    feed: &Feed,
    requests: Receiver<Request>,
    lines: Sender<Logged>,
    build: B,
) -> Ended
where
    B: FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure>,
{
    let mut publisher = Publisher::new(feed);
    tracing::info!(
        preset = options.name,
        seed = options.seed,
        threads = options.threads,
        device = options.device,
        "start"
    );
    let lane = match Lane::new(Arc::clone(&publisher.state.settings), options.seed, build) {
        Ok(lane) => lane,
        Err(error) => {
            let message = error.to_string();
            tracing::error!("{message}");
            publisher.status(Status::Failed(message.clone()));
            publisher.publish();
            directory.clear();
            return Ended {
                summary: Summary::of(&publisher.state, Stopped::Error),
                error: Some(message),
                directory: directory.path().to_owned(),
            };
        }
    };
    publisher.state.parameters = lane.parameters();
    let schedule = Schedule::new(options.at.clone());
    let worker = Worker {
        options,
        lane,
        mode: Mode::RUNNING,
        schedule,
        journal: Journal::new(directory.journal()),
        detectors: Detectors::default(),
        looks: Looks::default(),
        next_step: Instant::now(),
        updates: Updates::Both,
        directory,
        requests,
        lines,
        last_line: None,
        unnormalized: Vec::new(),
        scored: false,
        scores_in_line: None,
        publisher,
        rate: Rate::default(),
        unsaved: Vec::new(),
        weights_sha256: None,
    };
    worker.run()
}

impl Worker<'_> {
    fn run(mut self) -> Ended {
        let (mut stopped, mut error) = match self.steps() {
            Ok(End::Stopped(stopped)) => (stopped, None),
            Ok(End::Refused(message)) => (Stopped::Error, Some(message)),
            Err(failure) => (Stopped::Error, Some(failure.to_string())),
        };
        if error.is_none() && matches!(self.lane.settle(), Ok(Outcome::NonFinite)) {
            self.publisher.stepped(self.lane.steps());
            (stopped, error) = (Stopped::Error, Some(not_applied(self.lane.steps() + 1)));
        }
        // After a failure of the device this fails as well; the first error is the one to report.
        if self.mode != Mode::Finished
            && let Err(failure) = self.leave()
        {
            error.get_or_insert(failure.to_string());
        }
        self.finish_films();
        if error.is_none() && !self.unsaved.is_empty() {
            error = Some(self.unsaved.join("; "));
        }
        if let Some(message) = &error {
            tracing::error!("{message}");
        }
        self.publisher.state.steps_per_second = 0.0;
        self.publisher.status(match &error {
            Some(message) => Status::Failed(message.clone()),
            None => Status::Finished,
        });
        self.publisher.publish();
        tracing::info!(step = self.lane.steps(), "end");
        Ended {
            summary: Summary {
                weights_sha256: self.weights_sha256,
                ..Summary::of(&self.publisher.state, stopped)
            },
            error,
            directory: self.directory.path().to_owned(),
        }
    }

    fn steps(&mut self) -> Result<End, Failure> {
        self.tell_skipped();
        let _ = self.look(&self.directory.picture(0))?;
        self.publisher.status(Status::Running);
        self.publisher.publish();
        loop {
            self.look_around()?;
            while let Some(request) = self.next_request() {
                let Ok(Request { id, command }) = request else {
                    return Ok(End::Stopped(Stopped::User));
                };
                if command == Command::Quit {
                    self.publisher.acknowledge(id);
                    return Ok(End::Stopped(match self.mode {
                        Mode::Finished => Stopped::Done,
                        Mode::Running { .. } | Mode::Paused => Stopped::User,
                    }));
                }
                if command == Command::GoHeadless {
                    self.options.live = false;
                }
                if let Some(end) = self.obey(command)? {
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
                return Ok(End::Stopped(Stopped::Done));
            }
            if self.mode == Mode::Finished {
                continue;
            }
            self.leave()?;
            self.rest(Mode::Finished);
        }
    }

    fn step(&mut self, left: Option<u64>, updates: Updates) -> Result<Option<End>, Failure> {
        let start = Instant::now();
        self.next_step = start + self.pace();
        let step = self.lane.steps() + 1;
        while let Some(change) = self.schedule.due(step) {
            if let Err(reason) = self.set(&change.key, &change.value, "at") {
                let message = format!("--at {step}:{}={}: {reason}", change.key, change.value);
                if !self.options.live {
                    return Ok(Some(End::Refused(message)));
                }
                self.publisher.notice(message, true);
            }
        }
        self.updates = updates;
        if self.lane.step(updates)? == Outcome::NonFinite {
            return Ok(self.not_finite());
        }
        let done = step == self.options.preset.steps;
        let left = left.map(|left| left.saturating_sub(1));
        let with_line = self
            .options
            .log_every
            .is_some_and(|every| step.is_multiple_of(every.max(1)));
        let measured = with_line
            || done
            || left == Some(0)
            || step.is_multiple_of(self.options.measure_every.max(1));
        if measured && self.lane.settle()? == Outcome::NonFinite {
            return Ok(self.not_finite());
        }
        self.publisher.stepped(step);
        self.tell_skipped();
        self.scored = false;
        let every = self.lane.settings().scores.every;
        if done || (every > 0 && step.is_multiple_of(every)) {
            self.score()?;
        }

        if measured {
            self.measure(with_line);
        }
        let every = self.lane.settings().samples.every;
        if every > 0 && step.is_multiple_of(every) {
            let _ = self.look(&self.directory.picture(step))?;
        }

        let now = Instant::now();
        self.rate.step(now);
        self.publisher.state.steps_per_second = self.rate.per_second();
        self.publisher.state.seconds += now.duration_since(start).as_secs_f64();
        self.mode = Mode::Running { left, updates };
        if left == Some(0) {
            self.rest(Mode::Paused);
        } else {
            self.publisher.tick();
        }
        Ok(None)
    }

    /// An update of the step after the last was not applied: a live run pauses, another ends.
    fn not_finite(&mut self) -> Option<End> {
        self.publisher.stepped(self.lane.steps());
        let step = self.lane.steps() + 1;
        self.measure(self.options.log_every.is_some());
        let measures = self.publisher.state.measures.as_deref();
        let turns = self.detectors.non_finite(step, measures);
        self.raise(turns);
        let message = not_applied(step);
        if !self.options.live {
            return Some(End::Refused(message));
        }
        self.publisher.notice(
            format!("{message}. Lower a learning rate or the gain, then resume"),
            true,
        );
        self.rest(Mode::Paused);
        None
    }
}

fn not_applied(step: u64) -> String {
    format!("step {step}: the loss or a gradient is not finite; the update was not applied")
}
