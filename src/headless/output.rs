//! Log lines and the summary on standard output, and what happens if it fails.

use std::io::{self, ErrorKind, Write};

use super::{Log, console, console::Console, signals};
use crate::{
    model::{Command, Line, Logged},
    run::{Ended, Handle},
};

/// The state of standard output.
#[derive(Debug)]
pub(super) enum Output {
    Open,
    /// The reader has closed it.
    Closed,
    /// Writing failed.
    Broken(io::Error),
}

impl Output {
    /// Reacts to a failed write: asks the run to end if the reader is gone, else warns. Training continues after a
    /// warning.
    pub(super) fn handle_failure(&self, handle: &Handle, console: &Console) {
        match self {
            Self::Open => {}
            Self::Closed => {
                handle.send(Command::Quit);
            }
            Self::Broken(error) => {
                console.error(&format!(
                    "warning: standard output: {error}; training continues"
                ));
            }
        }
    }
}

/// Writes the log line of a step in the given format.
pub(super) fn write_step(
    logged: &Logged,
    log: Log,
    out: &mut impl Write,
    console: &Console,
    output: &mut Output,
) {
    match log {
        Log::Text => {
            let name = logged
                .lane
                .map_or_else(String::new, |lane| format!("{lane}: "));
            let line = console::line(&logged.measures, logged.applied);
            console.note(&format!("{name}{line}"));
            if let Some(scores) = &logged.scores {
                let of = match scores.step {
                    step if step == logged.measures.step => String::new(),
                    step => format!(" of step {step}"),
                };
                console.note(&format!("  scores{of}: {}", scores.figures));
            }
            if let Some(exact) = &logged.spectra {
                console.note(&console::exact(exact));
            }
        }
        Log::Json => {
            let line = serde_json::to_string(&Line::from(logged));
            write_json(line, out, console, output);
        }
    }
}

/// Writes a line of JSON, unless standard output is closed or broken, and updates `output`.
pub(super) fn write_json(
    line: serde_json::Result<String>,
    out: &mut impl Write,
    console: &Console,
    output: &mut Output,
) {
    if !matches!(output, Output::Open) {
        return;
    }
    let written = line.map_err(io::Error::from).and_then(|mut line| {
        line.push('\n');
        console.beside(|| out.write_all(line.as_bytes()).and_then(|()| out.flush()))
    });
    *output = match written {
        Ok(()) => Output::Open,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Output::Closed,
        Err(error) => Output::Broken(error),
    };
}

/// Returns the exit code of an ended run.
pub(super) fn exit_code(ended: &Ended, signal: Option<i32>, output: &Output) -> u8 {
    let mut lanes = std::iter::once(ended).chain(&ended.others);
    let failed = lanes.any(|lane| lane.error.is_some());
    match (signal, failed, output) {
        (Some(signal), _, _) => signals::exit_code(signal),
        (None, true, _) | (None, false, Output::Broken(_)) => 1,
        (None, false, Output::Open | Output::Closed) => 0,
    }
}
