//! The real program as a command.
#![allow(dead_code, reason = "a test takes what it needs")]

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

/// The path of the program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_sn-tui");

/// The program with these arguments and no input.
pub fn sn_tui(arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).stdin(Stdio::null());
    command
}

/// The program in this folder with these arguments and no input; its output is captured, also if it is spawned.
pub fn program(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = sn_tui(arguments);
    command
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
