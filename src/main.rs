//! Arguments in, exit code out.
#![deny(clippy::unwrap_used, clippy::expect_used)]
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::{process::ExitCode, sync::Arc};

use signal_hook::consts::SIGXFSZ;
use sn_tui::command;

fn main() -> ExitCode {
    survive_limits();
    let done = match command::answer() {
        Ok(true) => Ok(0),
        Ok(false) => command::parse().execute(),
        Err(error) => Err(error.into()),
    };
    ExitCode::from(done.unwrap_or_else(|error| {
        error.tell();
        error.code()
    }))
}

/// A file that grows beyond the limit of the person's shell is an error of its own, told where it happens: not the end of
/// the program.
fn survive_limits() {
    // Where the signal cannot be caught, the program ends at the limit as others do.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}
