//! The live screen, from its first run to its exit code.

use std::{cell::RefCell, io, rc::Rc, thread};

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

/// Shows the run that `begin` starts, until the screen and all its runs have ended. Returns the exit code.
///
/// # Errors
/// The first run cannot start, the last run failed, or the terminal failed.
pub(super) fn live(
    setup: &Setup,
    begin: impl FnOnce() -> Result<Handle, run::Error>,
    options: &tui::Options,
) -> Result<u8, Error> {
    let runs = Runs {
        setup,
        all: RefCell::default(),
    };
    // Catch signals before the run starts, so that none is lost.
    let watch = Watch::new(options.keep_running)?;
    let first = begin()?;
    let first = Rc::new(tui::OwnRun::of(runs.add(first)));
    let shown = tui::run(first, &runs, options);
    if let Ok(tui::End::Detached) = &shown {
        return continue_headless(runs, watch);
    }
    let (mut ended, signal) = runs.end_all(&shown, watch);
    let Some(mut last) = ended.pop() else {
        return Ok(FAILURE);
    };
    let mut before = 0;
    for ended in &ended {
        setup.report(ended);
        if print_failures(ended) {
            before = FAILURE;
        }
    }
    setup.report(&last);
    // The error of lane a, or of the screen, is that of the command.
    let own = last.error.take();
    if print_failures(&last) {
        before = FAILURE;
    }
    last.error = own;
    match exit_code(&last, shown, signal)? {
        0 => Ok(before),
        code => Ok(code),
    }
}

/// Follows the last run, whose screen is gone, to its end. Returns the exit code.
///
/// # Errors
/// Signals cannot be caught.
fn continue_headless(runs: Runs, watch: Watch) -> Result<u8, Error> {
    tui::detach_terminal();
    let setup = runs.setup;
    let mut all = runs.all.into_inner().into_iter().rev();
    let last = all.next().and_then(Run::into_active);
    // The screen asked the earlier runs to end when it left them.
    let before: Vec<_> = all
        .filter_map(Run::into_active)
        .map(|handle| thread::spawn(|| handle.wait()))
        .collect();
    let Some(last) = last else {
        return Ok(FAILURE);
    };
    let directory = last.snapshot().directory.display().to_string();
    say(&format!(
        "the screen is gone, the run continues: sn-tui attach {directory}"
    ));
    let kept = headless::continue_headless(last, watch);
    if let Ok((ended, _)) = &kept {
        setup.report(ended);
        print_failures(ended);
    }
    for handle in before {
        // A panic of the thread has been reported.
        let _ = handle.join();
    }
    Ok(kept?.1)
}

/// Prints the errors that ended lanes of a run. Returns whether there are any.
fn print_failures(ended: &Ended) -> bool {
    let failures = headless::failures(ended);
    let any = !failures.is_empty();
    failures
        .into_iter()
        .for_each(|failure| Error::Failed(failure).print());
    any
}

/// Returns the exit code. `ended` is the last run, `meanwhile` the signal that arrived while it ended.
///
/// # Errors
/// The run or the terminal failed.
fn exit_code(
    ended: &Ended,
    shown: io::Result<tui::End>,
    meanwhile: Option<i32>,
) -> Result<u8, Error> {
    let failed = |message: &str| Err(Error::Failed(headless::failure(ended, message)));
    // A late signal did not end the run.
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
    /// Prints the summary of a run and the path of its log.
    fn report(&self, ended: &Ended) {
        self.note(&headless::closing(ended));
        for lane in std::iter::once(ended).chain(&ended.others) {
            let log = lane.directory.join(layout::LOG);
            if log.is_file() {
                self.note(&format!("log: {}", log.display()));
            }
        }
    }

    /// Prints a line, unless `--quiet` is given.
    pub(super) fn note(&self, text: &str) {
        if !self.mode.quiet {
            say(text);
        }
    }
}
