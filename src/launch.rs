//! From the arguments of `run` to a run in one of the front ends.

pub mod classifier;

use std::{
    io::{IsTerminal, Write},
    sync::Arc,
    thread,
};

use crate::{
    cli::{self, Effective, RunArgs},
    headless,
    preset::Diagnostic,
    run::{self, Command, Ended, Handle, History, Snapshot},
    tui,
};

/// The exit code of a run that could not be started or failed.
const FAILURE: u8 = 1;

/// Trains as the arguments say, on the live screen where standard input and output are terminals; gives the exit code.
///
/// # Errors
/// A preset, setting or planned change that is refused.
pub fn run(arguments: &RunArgs) -> Result<u8, Diagnostic> {
    let effective = cli::effective(
        arguments.preset.as_deref(),
        arguments.setting,
        &arguments.set,
        arguments.steps,
        arguments.data.as_deref(),
        &arguments.at,
    )?;
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    Ok(if terminal && !arguments.headless() {
        live(arguments, effective)
    } else {
        let start = || start(arguments, effective, false);
        let log = match arguments.log {
            Some(cli::Log::Json) => headless::Log::Json,
            Some(cli::Log::Text) | None => headless::Log::Text,
        };
        let quiet = arguments.quiet;
        headless::run(start, headless::Options { log, quiet })
    })
}

fn start(arguments: &RunArgs, effective: Effective, live: bool) -> Result<Handle, run::Error> {
    let device = arguments.device;
    let threads = arguments
        .threads
        .or_else(|| thread::available_parallelism().ok().map(Into::into))
        .unwrap_or(1);
    let options = run::Options {
        name: effective.name,
        preset: effective.preset,
        seed: arguments.seed,
        threads,
        device: device.to_string(),
        out: arguments.out.clone(),
        at: effective.schedule,
        live,
        measure_every: device.measure_every(),
        log_every: (!live).then(|| arguments.log_every()),
    };
    run::start(options, move |preset, seed| device.build(preset, seed))
}

fn live(arguments: &RunArgs, effective: Effective) -> u8 {
    let handle = match start(arguments, effective, true) {
        Ok(handle) => handle,
        Err(error) => {
            say(&format!("error: {error}"));
            return FAILURE;
        }
    };
    let shown = tui::run(&handle, &tui::Options { fps: arguments.fps });
    handle.send(Command::Quit);
    let ended = handle.wait();
    if !arguments.quiet {
        say(&headless::closing(&ended));
    }
    exit_code(&ended, shown)
}

fn exit_code(ended: &Ended, shown: std::io::Result<tui::End>) -> u8 {
    let failed = |message: &str| {
        say(&headless::failure(ended, message));
        FAILURE
    };
    match (shown, &ended.error) {
        (Ok(tui::End::Signal(signal)), _) => u8::try_from(128 + signal).unwrap_or(1),
        (Ok(tui::End::HangUp), _) => 129,
        (_, Some(message)) => failed(message),
        (Ok(tui::End::WorkerFailed(message)), None) => failed(&message),
        (Ok(tui::End::Quit), None) => 0,
        (Err(error), None) => failed(&format!("the terminal failed: {error}")),
    }
}

/// A line to standard error; where that is closed, the exit code has to do.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

impl tui::Link for Handle {
    fn snapshot(&self) -> Arc<Snapshot> {
        Handle::snapshot(self)
    }

    fn history(&self) -> History {
        Handle::history(self)
    }

    fn send(&self, command: Command) -> Option<u64> {
        Handle::send(self, command)
    }
}
