//! The exit codes and their meanings.

use std::fmt::Write;

use crate::headless::signals::PREEMPTED;

/// An argument, a preset or a `--set` is wrong.
pub const WRONG_INPUT: u8 = 2;
/// Every other failure.
pub const FAILURE: u8 = 1;

/// `ctl` found no process that trains the run.
pub const NOBODY: u8 = 3;

/// Returns the table of exit codes in Markdown.
pub fn markdown() -> String {
    let codes = [
        (
            "0".to_owned(),
            "The command is done, or you quit it (`q` and Ctrl-C on the live screen).",
        ),
        (
            WRONG_INPUT.to_string(),
            "An argument, a preset or a `--set` is wrong.",
        ),
        (
            NOBODY.to_string(),
            "`ctl` found nobody: no such run, no process that trains it, or one that ended meanwhile.",
        ),
        (
            PREEMPTED.to_string(),
            "SIGUSR1 ended a run, which can be resumed.",
        ),
        (
            "128 + n".to_owned(),
            "Signal n ended a run (SIGINT 130, SIGTERM 143, SIGHUP 129).",
        ),
        (FAILURE.to_string(), "Every other failure."),
    ];
    let mut table = "| exit code | meaning |\n| --- | --- |\n".to_owned();
    for (code, meaning) in codes {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "| {code} | {meaning} |");
    }
    table
}
