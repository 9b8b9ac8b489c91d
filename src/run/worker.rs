//! The worker: steps, and between two steps what people ask for.

mod commands;
mod looks;
mod results;
mod saving;

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    time::Instant,
};

use super::{
    Change, Command, Ended, Logged, Options, Request, Status, Stopped, Summary,
    alarm::Detectors,
    checkpoint::Kind,
    directory::RunDirectory,
    engine::{Engine, Failure, Outcome, Updates},
    feed::Feed,
    files,
    journal::{
        Journal,
        lineage::{self, Action},
    },
    lane::Lane,
    lock::Lock,
    metrics::Metrics,
    publisher::Publisher,
    rate::Rate,
    resume::{self, Beginning},
    schedule::Schedule,
};
use crate::preset::Preset;
use looks::Looks;
use saving::Saving;

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
    /// Held as long as files are written.
    _lock: Lock,
    journal: Journal,
    /// Lines of the journal that are to come again: they stand there already.
    again: Vec<Change>,
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
    /// Whether the steps that are counted were asked for by somebody at this process, who then finds the run at rest.
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
    /// The same of metrics.jsonl.
    scores_written: Option<u64>,
    publisher: Publisher<'a>,
    rate: Rate,
    /// What could not be saved at the end.
    unsaved: Vec<String>,
    weights_sha256: Option<String>,
}

/// Does a whole run on the calling thread, or what is left of one.
#[allow(clippy::too_many_arguments)]
pub fn work<B>(
    options: Options,
    (directory, lock): (RunDirectory, Lock),
    beginning: Beginning,
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
    let settings = Arc::clone(&publisher.state.settings);
    let position = beginning.checkpoint.as_ref().map(|it| &it.position);
    publisher.state.saved = position.map(|position| position.step);
    let made = Lane::new(Arc::clone(&settings), options.seed, build).and_then(|mut lane| {
        if let Some(checkpoint) = &beginning.checkpoint {
            lane.restore(settings, Some(&checkpoint.state))?;
        }
        Ok(lane)
    });
    let lane = match made {
        Ok(lane) => lane,
        Err(error) => {
            let message = error.to_string();
            tracing::error!("{message}");
            publisher.status(Status::Failed(message.clone()));
            publisher.publish();
            if !beginning.resumed {
                directory.clear();
            }
            return Ended {
                summary: Summary::of(&publisher.state, Stopped::Error),
                error: Some(message),
                saved: position.map(|position| position.step),
                directory: directory.path().to_owned(),
            };
        }
    };
    publisher.state.parameters = lane.parameters();
    let (updates, left) = position.map_or((Updates::Both, None), resume::going);
    let paused = options.live && options.paused;
    let saving = Saving::new(beginning.number, lane.settings().checkpoints.seconds);
    let worker = Worker {
        options,
        lane,
        mode: match paused {
            true => Mode::Paused,
            false => Mode::Running { left, updates },
        },
        going: updates,
        asked: false,
        schedule: beginning.schedule,
        journal: Journal::new(directory.journal(), beginning.lines),
        again: beginning.again,
        metrics: Metrics::new(directory.metrics()),
        saving,
        _lock: lock,
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
        scores_written: None,
        publisher,
        rate: Rate::default(),
        unsaved: Vec::new(),
        weights_sha256: None,
    };
    worker.run(beginning.resumed.then_some(Taken {
        changes: beginning.changes,
        warnings: beginning.warnings,
        seconds: position.map_or(0.0, |position| position.seconds),
        rewound: beginning.rewound,
        lines: position.map_or(0, |position| position.journal),
    }))
}

/// What a worker tells of the process before it.
struct Taken {
    changes: Vec<Change>,
    warnings: Vec<String>,
    seconds: f64,
    /// Where the run got to before it is taken back.
    rewound: Option<u64>,
    /// Lines of the journal at the checkpoint.
    lines: u64,
}

impl Worker<'_> {
    fn run(mut self, taken: Option<Taken>) -> Ended {
        let begun = match taken {
            Some(taken) => self.take_over(taken),
            None => Ok(()),
        };
        let (mut stopped, mut error) = match begun.and_then(|()| self.steps()) {
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
            && let Err(failure) = self.leave(stopped == Stopped::Signal)
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
        let summary = Summary {
            weights_sha256: self.weights_sha256,
            ..Summary::of(&self.publisher.state, stopped)
        };
        if let Err(reason) = files::write_summary(&self.directory, &summary) {
            tracing::error!("{reason}");
            error.get_or_insert(reason);
        }
        Ended {
            summary,
            error,
            saved: self.publisher.state.saved,
            directory: self.directory.path().to_owned(),
        }
    }

    /// Tells what was before this process, and that it goes on.
    fn take_over(&mut self, taken: Taken) -> Result<(), Failure> {
        for warning in taken.warnings {
            self.publisher.notice(warning, true);
        }
        self.publisher.state.seconds = taken.seconds;
        let asked = taken
            .changes
            .iter()
            .filter_map(|line| match Action::of(line) {
                Some(Action::Go { updates, .. }) => Some(updates),
                _ => None,
            });
        let asked = asked.last().unwrap_or_default();
        self.publisher.changes(taken.changes);
        let step = self.lane.steps();
        self.begin_at(step)?;
        let line = |kind: &str, key: String, old: String, new: String| Change {
            step: step + 1,
            kind: kind.to_owned(),
            key,
            old,
            new,
            cause: "resume".to_owned(),
        };
        let none = String::new;
        if let Some(from) = taken.rewound {
            let key = lineage::key(taken.lines);
            self.record(line("rewind", key, from.to_string(), step.to_string()));
        }
        self.record(line("continue", none(), none(), step.to_string()));
        // The process before it was told to rest amid steps of one network.
        if asked != self.going && self.again.is_empty() {
            self.record(line("resume", none(), none(), none()));
        }
        Ok(())
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
        self.save_on_schedule(false)?;
        match self.mode {
            Mode::Running { .. } => self.publisher.status(Status::Running),
            mode => self.rest(mode),
        }
        self.publisher.publish();
        loop {
            self.look_around()?;
            while let Some(request) = self.next_request() {
                let Ok(Request { id, command }) = request else {
                    return Ok(End::Stopped(Stopped::User));
                };
                if matches!(command, Command::Quit | Command::Terminate) {
                    self.publisher.acknowledge(id);
                    return Ok(End::Stopped(match self.mode {
                        Mode::Finished => Stopped::Done,
                        _ if command == Command::Terminate => Stopped::Signal,
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
            self.leave(false)?;
            self.rest(Mode::Finished);
        }
    }

    fn step(
        &mut self,
        mut left: Option<u64>,
        mut updates: Updates,
    ) -> Result<Option<End>, Failure> {
        let start = Instant::now();
        self.next_step = start + self.pace();
        let step = self.lane.steps() + 1;
        let mut known_to_fail = false;
        while let Some(planned) = self.schedule.due(step) {
            match planned.action {
                Action::Set { key, value } => {
                    if let Err(reason) = self.set(&key, &value, &planned.cause) {
                        let message = format!("--{} {step}:{key}={value}: {reason}", planned.cause);
                        if !self.options.live {
                            return Ok(Some(End::Refused(message)));
                        }
                        self.publisher.notice(message, true);
                    }
                }
                Action::Go {
                    updates: these,
                    count,
                } => {
                    (updates, left) = (these, count);
                    self.asked = false;
                    self.going = these;
                }
                Action::Attempt => {
                    known_to_fail = true;
                    break;
                }
            }
        }
        self.mode = Mode::Running { left, updates };
        self.updates = updates;
        if self.lane.step(updates)? == Outcome::NonFinite {
            if known_to_fail {
                // What the person did then is to be done next.
                self.record(failed_attempt(step));
                return Ok(None);
            }
            return self.not_finite();
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
            return self.not_finite();
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
            self.going = Updates::Both;
            if (self.options.live || self.asked) && !self.schedule.goes_on(step + 1) {
                self.rest(Mode::Paused);
            } else {
                self.mode = Mode::RUNNING;
            }
        }
        self.save_on_schedule(true)?;
        self.publisher.tick();
        Ok(None)
    }

    /// An update of the step after the last was not applied: a live run pauses, another ends or returns to its last
    /// checkpoint.
    fn not_finite(&mut self) -> Result<Option<End>, Failure> {
        self.publisher.stepped(self.lane.steps());
        let step = self.lane.steps() + 1;
        self.measure(self.options.log_every.is_some());
        let measures = self.publisher.state.measures.as_deref();
        let turns = self.detectors.non_finite(step, measures);
        self.raise(turns);
        let message = not_applied(step);
        self.record(failed_attempt(step));
        if self.return_after_nan()? {
            return Ok(None);
        }
        if !self.options.live {
            return Ok(Some(End::Refused(message)));
        }
        self.publisher.notice(
            format!("{message}. Lower a learning rate or the gain, then resume"),
            true,
        );
        self.rest(Mode::Paused);
        Ok(None)
    }
}

/// The journal's line of a step that was begun and not made.
fn failed_attempt(step: u64) -> Change {
    Change {
        step,
        kind: "not_applied".to_owned(),
        key: String::new(),
        old: String::new(),
        new: "the loss or a gradient is not finite".to_owned(),
        cause: "alarm".to_owned(),
    }
}

fn not_applied(step: u64) -> String {
    format!("step {step}: the loss or a gradient is not finite; the update was not applied")
}
