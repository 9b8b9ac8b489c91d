//! What people ask of the worker between two steps.

use std::sync::{Arc, mpsc::TryRecvError};

use super::{Mode, Worker};
use crate::run::{Change, Command, Request, Status, engine::Failure};

impl Worker<'_> {
    /// The next request: waits for one unless steps are to be made. An error when nobody is left to ask.
    pub(super) fn next_request(&self) -> Option<Result<Request, TryRecvError>> {
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

    pub(super) fn obey(&mut self, command: Command) -> Result<(), Failure> {
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
                    self.catch_up();
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
            Command::StepDiscriminator(_)
            | Command::StepGenerator(_)
            | Command::Pace(_)
            | Command::Watch(_)
            | Command::Interpolate(_)
            | Command::StartGif
            | Command::StopGif
            | Command::SaveScreen(_) => {}
            // Taken by the caller.
            Command::Quit => {}
        }
        Ok(())
    }

    pub(super) fn set(&mut self, key: &str, value: &str, cause: &str) -> Result<(), String> {
        let Some((old, new)) = self.lane.set(key, value)? else {
            return Ok(());
        };
        self.scored = false;
        self.tell_skipped();
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

    pub(super) fn journal(&mut self, kind: &str) {
        self.publisher.change(Change {
            step: self.lane.steps() + 1,
            kind: kind.to_owned(),
            key: String::new(),
            old: String::new(),
            new: String::new(),
            cause: "key".to_owned(),
        });
    }

    pub(super) fn go(&mut self, left: Option<u64>) {
        self.mode = Mode::Running { left };
        self.publisher.status(Status::Running);
    }

    /// Stops stepping and says so.
    pub(super) fn rest(&mut self, mode: Mode) {
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
}
