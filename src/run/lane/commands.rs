//! Execution of commands between two steps.

use std::time::{Duration, Instant};

use super::{End, Lane, Mode};
use crate::{
    gan::Outcome,
    model::{Cause, Command, Entry, Event, LaneId, Status, Updates},
    run::{engine::Failure, gif::GifRecorder},
    rundir::{about::Environment, samples, schedule::Planned},
};

/// Maximum time between two steps in slow motion.
const MAX_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Lane {
    /// Time until the next step may start.
    pub(in crate::run) fn wait(&self) -> Duration {
        self.next_step.saturating_duration_since(Instant::now())
    }

    /// Publishes all changes.
    pub(in crate::run) fn publish(&mut self) {
        self.publisher.publish();
    }

    /// Marks a request as executed or refused.
    pub(in crate::run) fn acknowledge(&mut self, id: u64) {
        self.publisher.acknowledge(id);
        if !self.is_running() {
            self.publisher.publish();
        }
    }

    /// Minimum time between the starts of two steps.
    pub(super) fn pace(&self) -> Duration {
        let pace = self.publisher.state.pace;
        pace.map_or(Duration::ZERO, |pace| {
            Duration::try_from_secs_f32(1.0 / pace).map_or(MAX_DELAY, |pace| pace.min(MAX_DELAY))
        })
    }

    /// Executes a command. Returns the reason if the run ends.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn execute(&mut self, command: Command) -> Result<Option<End>, Failure> {
        let finished = self.mode == Mode::Finished;
        let changes_training = matches!(
            command,
            Command::Set { .. }
                | Command::Pause
                | Command::Resume
                | Command::Step { .. }
                | Command::Mark
        );
        let needs_state = changes_training
            || matches!(
                command,
                Command::SavePicture | Command::Interpolate(_) | Command::Save | Command::Rewind(_)
            );
        // These commands need a state whose updates were all finite.
        if needs_state
            && self.training.settle()? == Outcome::NonFinite
            && let Some(end) = self.not_finite()?
        {
            return Ok(Some(end));
        }
        if changes_training {
            self.repeat_journal()?;
        }
        match command {
            Command::Set { .. } | Command::Pause | Command::Resume | Command::Step { .. }
                if finished =>
            {
                self.publisher.notice(
                    "the run is finished: all steps are completed".to_owned(),
                    true,
                );
            }
            Command::Set { key, value } => {
                if let Err(refused) = self.set(&key, &value, Cause::Key) {
                    self.publisher.notice(refused.to_string(), true);
                }
            }
            Command::Pause => {
                if self.mode != Mode::Paused {
                    self.journal(Event::Pause);
                    self.measure_last_step()?;
                    self.pause(Mode::Paused);
                }
            }
            Command::Resume => {
                if self.mode != Mode::RUNNING {
                    self.journal(Event::Resume);
                    self.run_steps(None, Updates::Both);
                }
            }
            Command::Step { count: 0, .. } => {}
            Command::Step { updates, count } => {
                // Steps of both networks are the default and need no entry.
                if (updates, self.requested) != (Updates::Both, Updates::Both) {
                    self.journal(Event::Step { updates, count });
                }
                self.run_steps(Some(count), updates);
            }
            Command::Pace(pace) => self.set_pace(pace),
            Command::Watch(watched) => self.watch(watched),
            Command::Interpolate(ends) => self.interpolate(ends)?,
            Command::StartGif => self.start_gif(),
            Command::StopGif => match self.views.gif.take() {
                Some(recorder) => self.finish_gif(recorder),
                None => self
                    .publisher
                    .notice("no GIF is being recorded".to_owned(), true),
            },
            Command::SavePicture => {
                let place = self.directory.picture(self.training.steps());
                if self.save_samples(&place)?.is_ok() {
                    let saved = format!("saved {place}");
                    self.publisher.notice(saved, false);
                }
            }
            Command::SaveScreen(svg) => {
                let place = self.directory.screen(self.training.steps());
                match samples::write_screen(&place, &svg) {
                    Ok(()) => {
                        let saved = format!("saved {place}");
                        self.publisher.notice(saved, false);
                    }
                    Err(error) => self.publisher.notice(error.to_string(), true),
                }
            }
            Command::Save => return self.save_on_request(),
            Command::Mark => self.mark()?,
            Command::Rewind(step) => self.rewind(step)?,
            // The caller handles these.
            Command::Quit | Command::Terminate | Command::Preempt | Command::GoHeadless => {}
        }
        Ok(None)
    }

    /// Repeats the journaled events that are due before the next step.
    fn repeat_journal(&mut self) -> Result<(), Failure> {
        let step = self.training.steps() + 1;
        while let Some(planned) = self.schedule.due_replayed(step)? {
            match planned {
                Planned::Replayed(changes) => {
                    if let Err(refused) = self.set_again(&changes) {
                        self.publisher.notice(refused.to_string(), true);
                    }
                }
                Planned::Start { updates, count } => {
                    self.requested = updates;
                    if let Mode::Running { .. } = self.mode {
                        self.mode = Mode::Running {
                            left: count,
                            updates,
                        };
                    }
                }
                // These are executed with the next step.
                Planned::Scheduled { .. } | Planned::FailedStep => {}
            }
        }
        Ok(())
    }

    /// Sets the maximum number of steps per second.
    fn set_pace(&mut self, pace: Option<f32>) {
        match pace {
            Some(pace) if !(pace.is_finite() && pace > 0.0) => {
                let message = format!("a pace is a number of steps per second above 0, not {pace}");
                self.publisher.notice(message, true);
            }
            pace => {
                self.publisher.state.pace = pace;
                // A faster pace shortens the current wait.
                self.next_step = self.next_step.min(Instant::now() + self.pace());
            }
        }
    }

    /// Starts or stops the interpolation between two samples.
    fn interpolate(&mut self, ends: Option<(usize, usize)>) -> Result<(), Failure> {
        let count = self.training.settings().samples.count;
        if let Some((from, to)) = ends.filter(|&(from, to)| from.max(to) >= count) {
            let most = count - 1;
            let message = format!("there are samples 0 to {most}, not both {from} and {to}");
            self.publisher.notice(message, true);
            return Ok(());
        }
        self.views.ends = ends;
        self.publisher.state.interpolation = None;
        self.make_interpolation()
    }

    /// Starts to record a GIF.
    fn start_gif(&mut self) {
        if self.views.gif.is_some() {
            let message = "a GIF is already being recorded".to_owned();
            self.publisher.notice(message, true);
            return;
        }
        let place = self.directory.gif(self.training.steps());
        match GifRecorder::start(place) {
            Ok(recorder) => {
                self.views.gif = Some(recorder);
                self.add_frame();
                let message = "recording a GIF: each new picture of samples becomes a frame";
                self.publisher.notice(message.to_owned(), false);
            }
            Err(error) => self.publisher.notice(error.to_string(), true),
        }
    }

    /// Records an event that a user requested, before the next step.
    pub(super) fn journal(&mut self, event: Event) {
        self.record(self.training.steps() + 1, event, Cause::Key);
    }

    /// Adds an entry to the journal and to the snapshot, unless it repeats an existing line.
    pub(super) fn record(&mut self, step: u64, event: Event, cause: Cause) {
        self.record_with(step, event, cause, &Environment::new());
    }

    /// Records an event, with a description of the environment in its line.
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
        if let Err(error) = self.journal.append(&entry, environment) {
            self.publisher.notice(error.to_string(), true);
        }
        self.publisher.add_entry(entry);
    }

    /// Continues with steps of these networks, `left` of them if given.
    pub(super) fn run_steps(&mut self, left: Option<u64>, updates: Updates) {
        self.requested = updates;
        self.mode = Mode::Running { left, updates };
        self.user_steps = left.is_some();
        self.publisher.set_status(Status::Running);
    }

    /// Pauses because another lane has paused by itself.
    pub(in crate::run) fn pause_because_of(&mut self, other: LaneId) {
        self.publisher
            .notice(format!("paused with lane {other}"), false);
        self.pause(Mode::Paused);
    }

    /// Enters a mode without steps, and publishes it.
    pub(super) fn pause(&mut self, mode: Mode) {
        self.mode = mode;
        self.rate.pause();
        self.publisher.state.steps_per_second = 0.0;
        self.publisher.set_status(match mode {
            Mode::Running { .. } => Status::Running,
            Mode::Paused => Status::Paused,
            Mode::Finished => Status::Finished,
        });
        self.publisher.publish();
    }
}
