//! The side effects of actions.

use std::io;

use rustix::process::{Signal, kill_current_process_group};

use super::{Session, renderer::drawn_area, save};
use crate::{
    model::{Command, RunRequest, Status},
    tui::{
        End,
        app::{Effect, view::View},
        draw,
    },
};

impl Session<'_> {
    /// Carries out the side effect of an action. Returns why the screen closes, if it does.
    ///
    /// # Errors
    /// The size of the terminal cannot be read, or the process cannot be suspended.
    pub(super) fn carry_out(&mut self, effect: Option<Effect>) -> io::Result<Option<End>> {
        match effect {
            None => {}
            Some(Effect::Send(command)) => {
                self.send(command);
            }
            Some(Effect::SendToAll(command)) => {
                let id = self.link.send_to_all(command.clone());
                self.sent(command, id);
            }
            Some(Effect::SelectLane(lane)) => self.select_lane(lane),
            Some(Effect::Start(request)) => self.start(&request),
            Some(Effect::SaveScreen) => {
                let command = save::screen(&self.app)?;
                self.send(command);
            }
            Some(Effect::SavePane) => {
                let command = save::pane(&mut self.app)?;
                self.send(command);
            }
            Some(Effect::NextRun) => {
                if self.link.next_run() {
                    self.renderer.forget_pictures();
                    self.app.switch_run(self.link.snapshot());
                } else {
                    self.app.say("This screen shows only one run.", false);
                }
            }
            Some(Effect::Redraw) => self.renderer.redraw()?,
            // Stops the whole process group, as the shell does: a parent that waits for this process must stop too.
            Some(Effect::Suspend) => kill_current_process_group(Signal::TSTP)?,
            Some(Effect::Quit) => {
                return Ok(Some(match &self.app.snapshot.status {
                    Status::Failed(message) => End::WorkerFailed(message.clone()),
                    _ => End::Quit,
                }));
            }
        }
        self.watch();
        if self.app.view == View::Compare {
            draw::limit_comparison(drawn_area()?, &mut self.app);
        }
        if self.app.help.is_some() {
            let last = draw::last_help_line(drawn_area()?, &self.app);
            self.app.limit_scroll(last);
        }
        Ok(None)
    }

    /// Sends a command to the run. If it is not accepted, a message says why.
    fn send(&mut self, command: Command) {
        let id = self.link.send(command.clone());
        self.sent(command, id);
    }

    fn sent(&mut self, command: Command, id: Option<u64>) {
        self.app.record_sent(command, id);
        if let (None, Some(reason)) = (id, self.link.refusal()) {
            self.app.say(reason, true);
        }
    }

    /// Starts another run and ends the current one. If it cannot start, the current run goes on.
    fn start(&mut self, request: &RunRequest) {
        match self.launcher.start(request) {
            Ok(link) => {
                self.app.set_history(self.link.history());
                let previous = std::mem::replace(&mut self.link, link);
                previous.release(Command::Quit);
                self.renderer.forget_pictures();
                self.app.start_run(self.link.snapshot());
            }
            Err(error) => {
                self.app.demo_run_refused();
                self.app.say(error.to_string(), true);
            }
        }
    }
}
