//! The worker: steps, and between two steps what people ask for.

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, TryRecvError},
    },
    time::Instant,
};

use super::{
    Change, Command, Ended, Options, Request, Status, Stopped, Summary,
    directory::RunDirectory,
    engine::{Engine, Failure, Outcome},
    feed::Feed,
    files::{self, Origin},
    lane::Lane,
    publisher::Publisher,
    rate::Rate,
    schedule::Schedule,
};
use crate::{metric::Measures, preset::Preset};

/// What the worker does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Steps, so many where a number was asked for.
    Running {
        left: Option<u64>,
    },
    Paused,
    /// All steps are made; what a run leaves behind is written.
    Finished,
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
    requests: Receiver<Request>,
    lines: Sender<Arc<Measures>>,
    /// The last step that has a line.
    last_line: Option<u64>,
    publisher: Publisher<'a>,
    rate: Rate,
    /// What could not be saved at the end.
    unsaved: Vec<String>,
    weights_sha256: Option<String>,
}

/// Does a whole run on the calling thread.
pub fn work<B>(
    options: Options,
    schedule: Schedule,
    directory: RunDirectory,
    feed: &Feed,
    requests: Receiver<Request>,
    lines: Sender<Arc<Measures>>,
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
            return Ended {
                summary: Summary::of(&publisher.state, Stopped::Error),
                error: Some(message),
                directory: directory.path().to_owned(),
            };
        }
    };
    publisher.state.parameters = lane.parameters();
    let worker = Worker {
        options,
        lane,
        mode: Mode::Running { left: None },
        schedule,
        directory,
        requests,
        lines,
        last_line: None,
        publisher,
        rate: Rate::default(),
        unsaved: Vec::new(),
        weights_sha256: None,
    };
    worker.run()
}

impl Worker<'_> {
    fn run(mut self) -> Ended {
        let (stopped, mut error) = match self.steps() {
            Ok(End::Stopped(stopped)) => (stopped, None),
            Ok(End::Refused(message)) => (Stopped::Error, Some(message)),
            Err(failure) => (Stopped::Error, Some(failure.to_string())),
        };
        // After a failure of the device this fails as well; the first error is the one to report.
        if self.mode != Mode::Finished
            && let Err(failure) = self.leave()
        {
            error.get_or_insert(failure.to_string());
        }
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
        let _ = self.look(&self.directory.picture(0))?;
        self.publisher.status(Status::Running);
        self.publisher.publish();
        loop {
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
                self.obey(command)?;
                self.publisher.acknowledge(id);
                if !matches!(self.mode, Mode::Running { .. }) {
                    self.publisher.publish();
                }
            }
            if self.lane.steps() < self.options.preset.steps {
                if let Some(end) = self.step()? {
                    return Ok(end);
                }
                continue;
            }
            if !self.options.live {
                return Ok(End::Stopped(Stopped::Done));
            }
            self.leave()?;
            self.rest(Mode::Finished);
        }
    }

    /// The next request: waits for one unless steps are to be made. An error when nobody is left to ask.
    fn next_request(&self) -> Option<Result<Request, TryRecvError>> {
        match self.mode {
            Mode::Running { .. } => match self.requests.try_recv() {
                Err(TryRecvError::Empty) => None,
                request => Some(request),
            },
            Mode::Paused | Mode::Finished => {
                Some(self.requests.recv().map_err(|_| TryRecvError::Disconnected))
            }
        }
    }

    fn obey(&mut self, command: Command) -> Result<(), Failure> {
        let finished = self.mode == Mode::Finished;
        match command {
            Command::SavePicture => {
                let path = self.directory.picture(self.lane.steps());
                if self.look(&path)?.is_ok() {
                    self.publisher
                        .notice(format!("saved {}", path.display()), false);
                }
            }
            Command::Set { .. } | Command::Pause | Command::Resume | Command::Step(_)
                if finished =>
            {
                self.publisher
                    .notice("the run is finished: all steps are made".to_owned(), true);
            }
            Command::Set { key, value } => {
                if let Err(reason) = self.set(&key, &value, "key") {
                    self.publisher.notice(reason, true);
                }
            }
            Command::Pause => {
                if self.mode != Mode::Paused {
                    self.journal("pause");
                    self.rest(Mode::Paused);
                }
            }
            Command::Resume => {
                if self.mode != (Mode::Running { left: None }) {
                    self.journal("resume");
                    self.go(None);
                }
            }
            Command::Step(0) => {}
            Command::Step(count) => self.go(Some(count)),
            // Taken by the caller.
            Command::Quit => {}
        }
        Ok(())
    }

    fn set(&mut self, key: &str, value: &str, cause: &str) -> Result<(), String> {
        let Some((old, new)) = self.lane.set(key, value)? else {
            return Ok(());
        };
        self.publisher.state.settings = Arc::clone(self.lane.settings());
        self.publisher.change(Change {
            step: self.lane.steps() + 1,
            kind: "set".to_owned(),
            key: key.to_owned(),
            old,
            new,
            cause: cause.to_owned(),
        });
        Ok(())
    }

    fn journal(&mut self, kind: &str) {
        self.publisher.change(Change {
            step: self.lane.steps() + 1,
            kind: kind.to_owned(),
            key: String::new(),
            old: String::new(),
            new: String::new(),
            cause: "key".to_owned(),
        });
    }

    fn go(&mut self, left: Option<u64>) {
        self.mode = Mode::Running { left };
        self.publisher.status(Status::Running);
    }

    /// Stops stepping and says so.
    fn rest(&mut self, mode: Mode) {
        self.mode = mode;
        self.rate.rest();
        self.publisher.state.steps_per_second = 0.0;
        self.publisher.status(match mode {
            Mode::Running { .. } => Status::Running,
            Mode::Paused => Status::Paused,
            Mode::Finished => Status::Finished,
        });
        self.publisher.publish();
    }

    fn step(&mut self) -> Result<Option<End>, Failure> {
        let start = Instant::now();
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
        if self.lane.step()? == Outcome::NonFinite {
            return self.not_finite(step);
        }
        self.publisher.state.step = step;

        let left = match self.mode {
            Mode::Running { left } => left.map(|left| left - 1),
            Mode::Paused | Mode::Finished => None,
        };
        let with_line = self
            .options
            .log_every
            .is_some_and(|every| step.is_multiple_of(every.max(1)));
        let last = step == self.options.preset.steps || left == Some(0);
        if with_line || last || step.is_multiple_of(self.options.measure_every.max(1)) {
            self.measure(with_line)?;
        }
        let every = self.lane.settings().samples.every;
        if every > 0 && step.is_multiple_of(every) {
            let _ = self.look(&self.directory.picture(step))?;
            if self.options.live {
                self.publisher.state.scores = self.lane.scores()?;
            }
        }

        let now = Instant::now();
        self.rate.step(now);
        self.publisher.state.steps_per_second = self.rate.per_second();
        self.publisher.state.seconds += now.duration_since(start).as_secs_f64();
        self.mode = Mode::Running { left };
        if left == Some(0) {
            self.rest(Mode::Paused);
        } else {
            self.publisher.tick();
        }
        Ok(None)
    }

    /// The update of `step` was not applied: a live run pauses, another ends.
    fn not_finite(&mut self, step: u64) -> Result<Option<End>, Failure> {
        self.measure(self.options.log_every.is_some())?;
        let message = format!(
            "step {step}: the loss or a gradient is not finite; the update was not applied"
        );
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

    /// Reads the measures of the last step, and sends its line.
    fn measure(&mut self, with_line: bool) -> Result<(), Failure> {
        let measures = Arc::new(self.lane.measures()?);
        if with_line {
            self.last_line = Some(measures.step);
            // Nobody may be reading any more.
            let _ = self.lines.send(Arc::clone(&measures));
        }
        self.publisher.measures(measures);
        Ok(())
    }

    /// Makes samples, shows them and writes them to `path`. That they cannot be written is told, and no failure.
    fn look(&mut self, path: &Path) -> Result<Result<(), String>, Failure> {
        let samples = Arc::new(self.lane.samples()?);
        self.publisher.state.samples = Some(Arc::clone(&samples));
        let origin = Origin {
            name: &self.options.name,
            seed: self.options.seed,
            settings: self.lane.settings(),
        };
        let written = files::write_picture(path, &samples, origin);
        if let Err(reason) = &written {
            self.publisher.notice(reason.clone(), true);
        }
        Ok(written)
    }

    /// Brings measures, line, samples and scores up to the last step and writes what a run leaves behind.
    fn leave(&mut self) -> Result<(), Failure> {
        let step = self.lane.steps();
        let known = self.publisher.state.measures.as_ref().map(|m| m.step);
        let with_line = self.options.log_every.is_some() && self.last_line < Some(step);
        if step > 0 && (known < Some(step) || with_line) {
            self.measure(with_line)?;
        }
        let written = self.look(&self.directory.final_picture())?;
        self.unsaved.extend(written.err());
        self.publisher.state.scores = self.lane.scores()?;
        let (sha256, written) = files::write_weights(&self.directory, self.lane.state()?)?;
        self.weights_sha256 = Some(sha256);
        match written {
            Ok(path) => tracing::info!("saved {}", path.display()),
            Err(reason) => {
                self.publisher.notice(reason.clone(), true);
                self.unsaved.push(reason);
            }
        }
        Ok(())
    }
}
