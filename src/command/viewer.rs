//! Screens that show the run of another process: their options, launcher and exit code.

use std::rc::Rc;

use super::{Error, arguments::ScreenArgs, exit::FAILURE};
use crate::{headless::signals, model::RunRequest, tui};

/// Returns the screen's options for a run of another process.
///
/// # Errors
/// The file of keys is refused.
pub(super) fn options(arguments: &ScreenArgs) -> Result<tui::Options, Error> {
    Ok(tui::Options {
        fps: arguments.fps,
        mouse: arguments.mouse,
        keys: arguments.key_table()?,
        first_request: None,
        seed: None,
        demo: None,
        keep_running: false,
        caller_handles_signals: false,
    })
}

/// Returns the exit code of a screen that closed. `failed` is the code for a run that had failed.
pub(super) fn exit_code(end: &tui::End, failed: u8) -> u8 {
    match end {
        tui::End::Quit => 0,
        tui::End::WorkerFailed(_) => failed,
        tui::End::Signal(signal) => u8::try_from(128 + signal).unwrap_or(FAILURE),
        tui::End::HangUp | tui::End::Detached => signals::exit_code(signal_hook::consts::SIGHUP),
    }
}

/// Refuses to start other runs, with this message.
pub(super) struct NoLauncher(pub &'static str);

impl tui::Launcher for NoLauncher {
    fn start(&self, _: &RunRequest) -> Result<Rc<dyn tui::Link>, tui::LaunchError> {
        Err(tui::LaunchError::Unsupported(self.0))
    }
}
