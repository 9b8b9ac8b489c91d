//! The live screen from its first run to its end, and the exit code that it comes to.

use std::{cell::RefCell, io, thread};

use signal_hook::consts::SIGHUP;

use super::{
    Setup,
    runs::{Run, Runs},
};
use crate::{
    command::{Error, exit::FAILURE},
    headless::{
        self,
        signals::{self, Watch},
    },
    model::Stopped,
    run::{self, Ended, Handle},
    rundir::layout,
    text::streams::say,
    tui,
};

/// Shows what `begin` begins until the screen and all runs have ended; gives the exit code.
///
/// # Errors
/// A first run that cannot start; a last one, or a terminal, that failed.
pub(super) fn live(
    setup: &Setup,
    begin: impl FnOnce() -> Result<Handle, run::Error>,
    options: &tui::Options,
) -> Result<u8, Error> {
    let runs = Runs {
        setup,
        all: RefCell::default(),
    };
    // Before the beginning, so that no signal meets nobody in between.
    let watch = Watch::new(options.keep_running)?;
    let first = begin()?;
    let shown = tui::run(runs.take(first), &runs, options);
    if let Ok(tui::End::Detached) = &shown {
        return keep(runs, watch);
    }
    let (mut ended, signal) = runs.end(&shown, watch);
    let Some(last) = ended.pop() else {
        return Ok(FAILURE);
    };
    let mut before = 0;
    for ended in &ended {
        setup.report(ended);
        if let Some(message) = &ended.error {
            Error::Failed(headless::failure(ended, message)).tell();
            before = FAILURE;
        }
    }
    setup.report(&last);
    match exit_code(&last, shown, signal)? {
        0 => Ok(before),
        code => Ok(code),
    }
}

/// Follows the last run, whose screen is gone, to its end; gives the exit code.
///
/// # Errors
/// Signals that cannot be caught.
fn keep(runs: Runs, watch: Watch) -> Result<u8, Error> {
    tui::detach_terminal();
    let setup = runs.setup;
    let mut all = runs.all.into_inner().into_iter().rev();
    let last = all.next().and_then(Run::going);
    // They have been told to end.
    let before: Vec<_> = all
        .filter_map(Run::going)
        .map(|handle| thread::spawn(|| handle.wait()))
        .collect();
    let Some(last) = last else {
        return Ok(FAILURE);
    };
    let directory = last.snapshot().directory.display().to_string();
    say(&format!(
        "the screen is gone, the run goes on: sn-tui attach {directory}"
    ));
    let kept = headless::keep(last, watch);
    if let Ok((ended, _)) = &kept {
        setup.report(ended);
        if let Some(message) = &ended.error {
            Error::Failed(headless::failure(ended, message)).tell();
        }
    }
    for handle in before {
        // A panic there has been reported.
        let _ = handle.join();
    }
    Ok(kept?.1)
}

/// The exit code of a screen whose last run ended so.
///
/// # Errors
/// What the run, or the terminal, failed of.
fn exit_code(
    ended: &Ended,
    shown: io::Result<tui::End>,
    meanwhile: Option<i32>,
) -> Result<u8, Error> {
    let failed = |message: &str| Err(Error::Failed(headless::failure(ended, message)));
    // One that came too late to change anything did not end it.
    let meanwhile = meanwhile.filter(|_| ended.summary.stopped == Stopped::Signal);
    match (shown, &ended.error, meanwhile) {
        (Ok(tui::End::Signal(signal)), ..) => Ok(signals::exit_code(signal)),
        (Ok(tui::End::HangUp | tui::End::Detached), ..) => Ok(signals::exit_code(SIGHUP)),
        (_, Some(message), _) => failed(message),
        (Ok(tui::End::WorkerFailed(message)), None, _) => failed(&message),
        (Ok(tui::End::Quit), None, Some(signal)) => Ok(signals::exit_code(signal)),
        (Ok(tui::End::Quit), None, None) => Ok(0),
        (Err(error), None, _) => failed(&format!("the terminal failed: {error}")),
    }
}

impl Setup<'_> {
    /// What a run left, to standard error.
    fn report(&self, ended: &Ended) {
        self.note(&headless::closing(ended));
        let log = ended.directory.join(layout::LOG);
        if log.is_file() {
            self.note(&format!("log: {}", log.display()));
        }
    }

    /// A line that `--quiet` leaves out.
    pub(super) fn note(&self, text: &str) {
        if !self.mode.quiet {
            say(text);
        }
    }
}
