//! Execution of commands between two steps.

use super::{End, Lane, Mode};
use crate::{
    engine::gan::Outcome,
    model::{Assignment, Cause, Change, Command, Event, Updates},
    run::{engine::Failure, gif::GifRecorder},
    rundir::{samples, schedule::Planned},
};

/// Why a run whose steps are all made takes no changes.
pub(in crate::run) const FINISHED: &str = "the run is finished: all steps are completed";

/// What a command did.
pub(in crate::run) struct Executed {
    /// The reason if the run ends.
    pub end: Option<End>,
    /// The settings that changed, or why the command was refused.
    pub reply: Result<Vec<Change>, String>,
}

impl Lane {
    /// Publishes all changes.
    pub(in crate::run) fn publish(&mut self) {
        self.publisher.publish();
    }

    /// Publishes all changes and writes pending lines of the files, for somebody who is about to read them.
    pub(in crate::run) fn show_all(&mut self) {
        self.flush();
        self.publish();
    }

    /// Marks a request as executed or refused.
    pub(in crate::run) fn acknowledge(&mut self, id: u64) {
        self.publisher.acknowledge(id);
        if !self.is_running() {
            self.publisher.publish();
        }
    }

    /// Prepares the state for a command that needs one whose updates were all finite. Returns the reason if the run ends.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn prepare_for(
        &mut self,
        command: &Command,
    ) -> Result<Option<End>, Failure> {
        let changes_training = matches!(
            command,
            Command::Set { .. }
                | Command::SetAll(_)
                | Command::Fork { .. }
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
        if needs_state
            && self.training.settle()? == Outcome::NonFinite
            && let Some(end) = self.not_finite()?
        {
            return Ok(Some(end));
        }
        if changes_training {
            self.repeat_journal()?;
        }
        Ok(None)
    }

    /// Executes a command that is not one of the whole run. A refusal is shown to the user.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn execute(
        &mut self,
        command: Command,
        cause: Cause,
    ) -> Result<Executed, Failure> {
        if let Some(end) = self.prepare_for(&command)? {
            let reply = Err("the last update was not finite".to_owned());
            return Ok(Executed {
                end: Some(end),
                reply,
            });
        }
        let (asked, lines) = (cause.clone(), self.journal.lines());
        let mut changes = Vec::new();
        let reports_itself = matches!(
            command,
            Command::SavePicture | Command::Save | Command::Mark
        );
        let done = match command {
            Command::Set { .. }
            | Command::SetAll(_)
            | Command::Pause
            | Command::Resume
            | Command::Step { .. }
                if self.mode == Mode::Finished =>
            {
                Err(FINISHED.to_owned())
            }
            Command::Set { key, value } => {
                let change = Assignment { key, value };
                let set = self.set(&[change], cause);
                set.map(|made| changes = made)
                    .map_err(|refused| refused.to_string())
            }
            Command::SetAll(wanted) => {
                let set = self.set(&wanted, cause);
                set.map(|made| changes = made)
                    .map_err(|refused| refused.to_string())
            }
            Command::Note(text) => {
                self.journal(Event::Note { text }, cause);
                Ok(())
            }
            Command::Publish => {
                self.show_all();
                Ok(())
            }
            Command::Pause => {
                if self.mode != Mode::Paused {
                    self.journal(Event::Pause, cause);
                    self.measure_last_step()?;
                    self.pause(Mode::Paused);
                }
                Ok(())
            }
            Command::Resume => {
                if self.mode != Mode::RUNNING {
                    self.journal(Event::Resume, cause);
                    self.run_steps(None, Updates::Both);
                }
                Ok(())
            }
            Command::Step { count: 0, .. } => Ok(()),
            Command::Step { updates, count } => {
                // Steps of both networks are the default and need no entry.
                if (updates, self.requested) != (Updates::Both, Updates::Both) {
                    self.journal(Event::Step { updates, count }, cause);
                }
                self.run_steps(Some(count), updates);
                Ok(())
            }
            Command::Pace(pace) => self.set_pace(pace),
            Command::Watch(watched) => {
                self.watch(watched);
                Ok(())
            }
            Command::Interpolate(ends) => self.interpolate(ends)?,
            Command::StartGif => self.start_gif(),
            Command::StopGif => match self.views.gif.take() {
                Some(recorder) => {
                    self.finish_gif(recorder);
                    Ok(())
                }
                None => Err("no GIF is being recorded".to_owned()),
            },
            Command::SavePicture => {
                let place = self.directory.picture(self.training.steps());
                let saved = self.save_samples(&place)?;
                if saved.is_ok() {
                    self.publisher.notice(format!("saved {place}"), false);
                }
                saved.map_err(|error| error.to_string())
            }
            Command::SaveScreen(svg) => {
                let place = self.directory.screen(self.training.steps());
                let written = samples::write_screen(&place, &svg);
                if written.is_ok() {
                    self.publisher.notice(format!("saved {place}"), false);
                }
                written.map_err(|error| error.to_string())
            }
            Command::SavePane(svg, csv) => {
                let step = self.training.steps();
                let saved = samples::write_pane(&self.directory, step, &svg, csv.as_deref());
                saved
                    .map(|saved| self.publisher.notice(format!("saved {saved}"), false))
                    .map_err(|error| error.to_string())
            }
            Command::Save => {
                let saved = self.save_on_request()?;
                saved.map_err(|error| error.to_string())
            }
            Command::Mark => {
                let marked = self.mark(cause)?;
                marked.map_err(|error| error.to_string())
            }
            // The worker executes these for the whole run.
            Command::Fork { .. }
            | Command::Join(_)
            | Command::Rewind(_)
            | Command::Quit
            | Command::Terminate
            | Command::Preempt
            | Command::GoHeadless => Ok(()),
        };
        match &done {
            // No line has the note.
            Ok(()) if self.journal.lines() == lines => self.keep_note(&asked),
            Err(why) if !reports_itself => self.publisher.notice(why.clone(), true),
            _ => {}
        }
        Ok(Executed {
            end: None,
            reply: done.map(|()| changes),
        })
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
                Planned::Scheduled(_) | Planned::FailedStep => {}
            }
        }
        Ok(())
    }

    /// Starts or stops the interpolation between two samples. The inner error is a refusal.
    fn interpolate(&mut self, ends: Option<(usize, usize)>) -> Result<Result<(), String>, Failure> {
        let count = self.training.settings().samples.count;
        if let Some((from, to)) = ends.filter(|&(from, to)| from.max(to) >= count) {
            let most = count - 1;
            let message = format!("there are samples 0 to {most}, not both {from} and {to}");
            return Ok(Err(message));
        }
        self.views.ends = ends;
        self.publisher.state.interpolation = None;
        self.make_interpolation().map(Ok)
    }

    /// Starts to record a GIF.
    fn start_gif(&mut self) -> Result<(), String> {
        if self.views.gif.is_some() {
            return Err("a GIF is already being recorded".to_owned());
        }
        let place = self.directory.gif(self.training.steps());
        let recorder = GifRecorder::start(place).map_err(|error| error.to_string())?;
        self.views.gif = Some(recorder);
        self.add_frame();
        let message = "recording a GIF: each new picture of samples becomes a frame";
        self.publisher.notice(message.to_owned(), false);
        Ok(())
    }
}
