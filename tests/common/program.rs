//! The real program as a command.
#![allow(dead_code, reason = "a test takes what it needs")]

use std::{
    ffi::OsStr,
    ops::{Deref, DerefMut},
    path::Path,
    process::{Child, Command, Output, Stdio},
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

/// A process that ends with the test, also if the test fails. A run that goes on would keep the folder of the test from
/// being removed, and the test from ending.
pub struct Running(Option<Child>);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(Some(command.spawn().unwrap()))
    }

    /// Waits for the end, with what it wrote to captured outputs.
    pub fn output(mut self) -> Output {
        let child = self.0.take().expect("it runs until then");
        child.wait_with_output().unwrap()
    }
}

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        self.0.as_ref().expect("it runs until `output`")
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        self.0.as_mut().expect("it runs until `output`")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // It may have ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
