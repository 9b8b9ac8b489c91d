//! What people ask of the worker between two steps.

use std::{
    sync::mpsc::{RecvTimeoutError, TryRecvError},
    time::{Duration, Instant},
};

use super::{End, Mode, Worker};
use crate::{
    gan::Outcome,
    model::{Cause, Command, Entry, Event, Request, Status, Updates},
    run::{engine::Failure, film},
    rundir::{about::Environment, samples, schedule::Planned},
};

/// Longest time between two steps.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a paused worker waits before it looks after what goes on beside it.
const GLANCE: Duration = Duration::from_millis(20);

impl Worker<'_> {
    /// The next request: waits for one unless a step is due. An error when nobody is left to ask.
    pub(super) fn next_request(&mut self) -> Option<Result<Request, TryRecvError>> {
        let request = match self.mode {
            Mode::Running { .. } => {
                let wait = self.next_step.saturating_duration_since(Instant::now());
                if wait.is_zero() {
                    return match self.requests.try_recv() {
                        Err(TryRecvError::Empty) => None,
                        request => Some(request),
                    };
                }
                // Slow motion: nothing trains meanwhile.
                self.publisher.publish();
                self.requests.recv_timeout(wait.min(GLANCE))
            }
            Mode::Paused | Mode::Finished if self.is_looking() => {
                self.requests.recv_timeout(GLANCE)
            }
            Mode::Paused | Mode::Finished => {
                let request = self.requests.recv();
                request.map_err(|_| RecvTimeoutError::Disconnected)
            }
        };
        match request {
            Ok(request) => Some(Ok(request)),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(TryRecvError::Disconnected)),
        }
    }

    /// Whether a step may begin now.
    pub(super) fn is_due(&self) -> bool {
        self.next_step <= Instant::now()
    }

    /// Time from the beginning of a step to that of the next, at least.
    pub(super) fn pace(&self) -> Duration {
        let pace = self.publisher.state.pace;
        pace.map_or(Duration::ZERO, |pace| {
            Duration::try_from_secs_f32(1.0 / pace).map_or(LONGEST, |pace| pace.min(LONGEST))
        })
    }

    /// Does what a person asks; where the run ends of it, how.
    pub(super) fn execute(&mut self, command: Command) -> Result<Option<End>, Failure> {
        let finished = self.mode == Mode::Finished;
        let of_training = matches!(
            command,
            Command::Set { .. }
                | Command::Pause
                | Command::Resume
                | Command::Step { .. }
                | Command::Mark
        );
        let of_a_state = of_training
            || matches!(
                command,
                Command::SavePicture | Command::Interpolate(_) | Command::Save | Command::Rewind(_)
            );
        // What is asked for is asked of a state that stands.
        if of_a_state
            && self.lane.settle()? == Outcome::NonFinite
            && let Some(end) = self.not_finite()?
        {
            return Ok(Some(end));
        }
        if of_training {
            self.do_again()?;
        }
        match command {
            Command::Set { .. } | Command::Pause | Command::Resume | Command::Step { .. }
                if finished =>
            {
                self.publisher
                    .notice("the run is finished: all steps are made".to_owned(), true);
            }
            Command::Set { key, value } => {
                if let Err(refused) = self.set(&key, &value, Cause::Key) {
                    self.publisher.notice(refused.to_string(), true);
                }
            }
            Command::Pause => {
                if self.mode != Mode::Paused {
                    self.journal(Event::Pause);
                    self.catch_up()?;
                    self.pause(Mode::Paused);
                }
            }
            Command::Resume => {
                if self.mode != Mode::RUNNING {
                    self.journal(Event::Resume);
                    self.go(None, Updates::Both);
                }
            }
            Command::Step { count: 0, .. } => {}
            Command::Step { updates, count } => {
                // Steps of both networks are what a run makes anyway.
                if (updates, self.going) != (Updates::Both, Updates::Both) {
                    self.journal(Event::Step { updates, count });
                }
                self.go(Some(count), updates);
            }
            Command::Pace(pace) => self.slow_down(pace),
            Command::Watch(looks) => self.watch(looks),
            Command::Interpolate(ends) => self.interpolate(ends)?,
            Command::StartGif => self.start_film(),
            Command::StopGif => match self.looks.film.take() {
                Some(film) => self.end_film(film),
                None => self
                    .publisher
                    .notice("no GIF is being taken".to_owned(), true),
            },
            Command::SavePicture => {
                let place = self.directory.picture(self.lane.steps());
                if self.look(&place)?.is_ok() {
                    let saved = format!("saved {place}");
                    self.publisher.notice(saved, false);
                }
            }
            Command::SaveScreen(svg) => {
                let place = self.directory.screen(self.lane.steps());
                match samples::write_screen(&place, &svg) {
                    Ok(()) => {
                        let saved = format!("saved {place}");
                        self.publisher.notice(saved, false);
                    }
                    Err(reason) => self.publisher.notice(reason, true),
                }
            }
            Command::Save => return self.save_on_request(),
            Command::Mark => self.mark()?,
            Command::Rewind(step) => self.rewind(step)?,
            // Taken by the caller.
            Command::Quit | Command::Terminate | Command::Preempt | Command::GoHeadless => {}
        }
        Ok(None)
    }

    /// What a journal tells to be done again before the next step comes before what is asked for now.
    fn do_again(&mut self) -> Result<(), Failure> {
        let step = self.lane.steps() + 1;
        while let Some(planned) = self.schedule.due_replayed(step)? {
            match planned {
                Planned::Replayed(changes) => {
                    if let Err(refused) = self.set_again(&changes) {
                        self.publisher.notice(refused.to_string(), true);
                    }
                }
                Planned::Start { updates, count } => {
                    self.going = updates;
                    if let Mode::Running { .. } = self.mode {
                        self.mode = Mode::Running {
                            left: count,
                            updates,
                        };
                    }
                }
                // Those come with the next step.
                Planned::Scheduled { .. } | Planned::FailedStep => {}
            }
        }
        Ok(())
    }

    fn slow_down(&mut self, pace: Option<f32>) {
        match pace {
            Some(pace) if !(pace.is_finite() && pace > 0.0) => {
                let message = format!("a pace is a number of steps a second above 0, not {pace}");
                self.publisher.notice(message, true);
            }
            pace => {
                self.publisher.state.pace = pace;
                // What was waited for by the old pace is not waited for by the new one.
                self.next_step = self.next_step.min(Instant::now() + self.pace());
            }
        }
    }

    fn interpolate(&mut self, ends: Option<(usize, usize)>) -> Result<(), Failure> {
        let count = self.lane.settings().samples.count;
        if let Some((from, to)) = ends.filter(|&(from, to)| from.max(to) >= count) {
            let most = count - 1;
            let message = format!("there are samples 0 to {most}, not both {from} and {to}");
            self.publisher.notice(message, true);
            return Ok(());
        }
        self.looks.ends = ends;
        self.publisher.state.interpolation = None;
        self.make_interpolation()
    }

    fn start_film(&mut self) {
        if self.looks.film.is_some() {
            let message = "a GIF is being taken already".to_owned();
            self.publisher.notice(message, true);
            return;
        }
        let place = self.directory.gif(self.lane.steps());
        match film::Film::begin(place) {
            Ok(film) => {
                self.looks.film = Some(film);
                self.add_frame();
                let message = "a GIF has begun: each new picture of samples becomes a frame";
                self.publisher.notice(message.to_owned(), false);
            }
            Err(reason) => self.publisher.notice(reason, true),
        }
    }

    /// Records what a person asked for before the next step.
    pub(super) fn journal(&mut self, event: Event) {
        self.record(self.lane.steps() + 1, event, Cause::Key);
    }

    /// An entry of the journal, to the person and to its file, unless it stands there and only happens again.
    pub(super) fn record(&mut self, step: u64, event: Event, cause: Cause) {
        self.record_with(step, event, cause, &Environment::new());
    }

    /// Records an event with what its line says of the program's surroundings.
    pub(super) fn record_with(
        &mut self,
        step: u64,
        event: Event,
        cause: Cause,
        environment: &Environment,
    ) {
        let entry = Entry { step, event, cause };
        if self.again.take(&entry) {
            return;
        }
        if let Err(reason) = self.journal.append(&entry, environment) {
            self.publisher.notice(reason, true);
        }
        self.publisher.entry(entry);
    }

    pub(super) fn go(&mut self, left: Option<u64>, updates: Updates) {
        self.going = updates;
        self.mode = Mode::Running { left, updates };
        self.asked = left.is_some();
        self.publisher.status(Status::Running);
    }

    /// Stops stepping and says so.
    pub(super) fn pause(&mut self, mode: Mode) {
        self.mode = mode;
        self.rate.pause();
        self.publisher.state.steps_per_second = 0.0;
        self.publisher.status(match mode {
            Mode::Running { .. } => Status::Running,
            Mode::Paused => Status::Paused,
            Mode::Finished => Status::Finished,
        });
        self.publisher.publish();
    }
}
