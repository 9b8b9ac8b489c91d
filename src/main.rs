//! The `sn-tui` program: parses the arguments, executes the command and returns its exit code.
#![deny(clippy::unwrap_used, clippy::expect_used)]
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::{process::ExitCode, sync::Arc};

use signal_hook::consts::SIGXFSZ;
use sn_tui::command;

fn main() -> ExitCode {
    survive_limits();
    let result = match command::answer() {
        Ok(true) => Ok(0),
        Ok(false) => command::parse().execute(),
        Err(error) => Err(error.into()),
    };
    ExitCode::from(result.unwrap_or_else(|error| {
        error.print();
        error.code()
    }))
}

/// Catches SIGXFSZ, so that a file beyond the shell's size limit (`ulimit -f`) fails with a write error instead of killing
/// the program.
fn survive_limits() {
    // Without the handler the signal keeps its default: it ends the program.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}
