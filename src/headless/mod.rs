//! A run without a screen: JSON lines to standard output, everything else to standard error.

mod console;
pub mod signals;
mod waiting;

use std::{
    io::{self, ErrorKind, Write},
    sync::mpsc::RecvTimeoutError,
    time::Duration,
};

use clap::ValueEnum;

use crate::{
    feed::Stage,
    model::{Command, Line, Logged, Status, Stopped},
    run::{Ended, Handle},
    rundir::layout,
    text::streams,
};
use console::Console;

pub use console::{closing, exact, line};
use signals::Watch;
use waiting::Waiting;
pub use waiting::until_over;

/// Time between two looks at the run while no line comes.
const LOOK: Duration = Duration::from_millis(100);

/// How a run speaks.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub log: Log,
    /// Leave notes and progress out.
    pub quiet: bool,
    /// A hang-up does not end the run.
    pub keep_running: bool,
}

/// The form of a step's line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// For people, to standard error.
    #[default]
    Text,
    /// For programs, to standard output.
    Json,
}

/// What became of standard output.
#[derive(Debug)]
enum Output {
    Open,
    /// The reader has gone.
    Closed,
    Broken(io::Error),
}

/// Starts a run and follows it to its end; gives the exit code.
///
/// # Errors
/// A run that cannot start; signals that cannot be caught.
pub fn run<E: From<io::Error>>(
    start: impl FnOnce() -> Result<Handle, E>,
    options: Options,
) -> Result<u8, E> {
    let mut console = Console::new(options.quiet);
    let watch = Watch::new(options.keep_running)?;
    let handle = start()?;
    let caught = watch.attend(vec![handle.requests()], false)?;
    let (ended, output) = follow(handle, options.log, &mut streams::stdout(), &mut console);
    let signal = caught
        .get()
        .filter(|_| ended.summary.stopped == Stopped::Signal);
    let output = close(
        &ended,
        options.log,
        &mut streams::stdout(),
        output,
        &console,
    );
    Ok(exit_code(&ended, signal, &output))
}

/// Waits for the end of a run whose screen is gone, which from now on is one without a screen; gives how it ended and
/// the signal that ended it.
///
/// # Errors
/// No thread for the signals, which then do nothing.
pub fn keep(handle: Handle, watch: Watch) -> io::Result<(Ended, u8)> {
    handle.go_headless();
    let caught = watch.attend(vec![handle.requests()], false)?;
    let ended = handle.wait();
    let signal = caught
        .get()
        .filter(|_| matches!(ended.summary.stopped, Stopped::User | Stopped::Signal));
    let code = exit_code(&ended, signal, &Output::Open);
    Ok((ended, code))
}

/// Passes on lines and progress until the worker ends.
fn follow(
    mut handle: Handle,
    log: Log,
    out: &mut impl Write,
    console: &mut Console,
) -> (Ended, Output) {
    let mut output = Output::Open;
    let mut opened = false;
    if let Some(lines) = handle.take_lines() {
        let mut waiting = Waiting::default();
        loop {
            let received = lines.recv_timeout(LOOK);
            opened = opened || open(&handle, console);
            match received {
                Ok(logged) => {
                    let before = matches!(output, Output::Open);
                    pass_on(&logged, log, out, console, &mut output);
                    if before && !matches!(output, Output::Open) {
                        give_up(&handle, &output, console);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            console.progress(&handle);
            // Amid its steps a run speaks for itself.
            if let Some(text) = waiting.look(&handle)
                && handle.stage() != Stage::Training
                && !matches!(output, Output::Closed)
            {
                console.note(&text);
            }
        }
        console.progress(&handle);
    }
    let ended = handle.wait();
    console.clear();
    (ended, output)
}

/// Says what is being run and where its files go, as soon as it has begun: data that cannot be had leave no files. Gives
/// whether that has been said.
fn open(handle: &Handle, console: &Console) -> bool {
    let snapshot = handle.snapshot();
    let begun = match snapshot.status {
        Status::Starting => snapshot.notice.is_some(),
        Status::Failed(_) => snapshot.directory.is_dir(),
        _ => true,
    };
    if begun {
        console.note(&console::opening(&snapshot));
    }
    begun
}

fn pass_on(
    logged: &Logged,
    log: Log,
    out: &mut impl Write,
    console: &Console,
    output: &mut Output,
) {
    match log {
        Log::Text => {
            console.note(&console::line(&logged.measures, logged.applied));
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
            write(line, out, console, output);
        }
    }
}

/// Writes a line of JSON unless standard output is gone.
fn write(
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

/// Without a reader a run ends as if asked to; where writing fails otherwise, training goes on.
fn give_up(handle: &Handle, output: &Output, console: &Console) {
    match output {
        Output::Open => {}
        Output::Closed => {
            handle.send(Command::Quit);
        }
        Output::Broken(error) => {
            console.error(&format!(
                "warning: standard output: {error}; training goes on"
            ));
        }
    }
}

/// The last words.
fn close(
    ended: &Ended,
    log: Log,
    out: &mut impl Write,
    mut output: Output,
    console: &Console,
) -> Output {
    if log == Log::Json {
        write(ended.summary.line(), out, console, &mut output);
    }
    // Of a run that did not begin there is nothing to tell but why.
    let begun = ended.error.is_none() || ended.directory.join(layout::LOG).is_file();
    if begun && !matches!(output, Output::Closed) {
        console.note(&console::closing(ended));
    }
    if let Some(error) = &ended.error {
        console.error(&format!("error: {}", failure(ended, error)));
    }
    output
}

/// An error that ended a run, where its log is, and how to go on; a run that did not begin has none of these.
pub fn failure(ended: &Ended, error: &str) -> String {
    let log = ended.directory.join(layout::LOG);
    let mut text = error.to_owned();
    if log.is_file() {
        text += &format!("\nlog: {}", log.display());
    }
    if let Some(step) = ended.saved {
        let directory = ended.directory.display();
        text += &format!("\nstep {step} is saved: sn-tui resume {directory}");
    }
    text
}

fn exit_code(ended: &Ended, signal: Option<i32>, output: &Output) -> u8 {
    match (signal, &ended.error, output) {
        (Some(signal), _, _) => signals::exit_code(signal),
        (None, Some(_), _) | (None, None, Output::Broken(_)) => 1,
        (None, None, Output::Open | Output::Closed) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{
        fake::{self, Fake},
        start,
    };

    /// Takes so many writes, then fails.
    struct Limited(usize, ErrorKind, Vec<u8>);

    impl Write for Limited {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(self.1.into());
            }
            self.0 -= 1;
            self.2.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Follows a run of the fake that would go on for ever unless `steps` end it.
    fn follow_fake(steps: u64, fake: Fake, out: &mut impl Write) -> (Ended, Output, u8) {
        let directory = tempfile::tempdir().unwrap();
        let mut options = fake::options(directory.path());
        options.preset.steps = steps;
        let handle = start(options, fake.build()).unwrap();
        let mut console = Console::new(true);
        let (ended, output) = follow(handle, Log::Json, out, &mut console);
        let output = close(&ended, Log::Json, out, output, &console);
        assert!(directory.path().join("weights.safetensors").is_file());
        let code = exit_code(&ended, None, &output);
        (ended, output, code)
    }

    #[test]
    fn lines_then_the_summary() {
        let mut out = Vec::new();
        let (_, _, code) = follow_fake(5, Fake::default(), &mut out);
        assert_eq!(code, 0);
        let lines: Vec<serde_json::Value> = String::from_utf8(out)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 6);
        assert!((0..5).all(|i| lines[i]["step"] == i + 1));
        assert_eq!(lines[5]["summary"]["stopped"], "done");
        assert_eq!(lines[5]["summary"]["modes_total"], 8);
    }

    #[test]
    fn a_loss_that_is_not_finite_is_null_and_exits_with_1() {
        let plan = Fake {
            non_finite_at: Some(3),
            ..Fake::default()
        };
        let mut out = Vec::new();
        let (_, _, code) = follow_fake(5, plan, &mut out);
        assert_eq!(code, 1);
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[2].starts_with(r#"{"step":3,"loss_d":null,"#));
        assert!(lines[3].contains(r#""stopped":"error""#) && lines.len() == 4);
    }

    #[test]
    fn a_reader_that_goes_ends_the_run_quietly() {
        let mut out = Limited(3, ErrorKind::BrokenPipe, Vec::new());
        let (ended, output, code) = follow_fake(u64::MAX, Fake::default(), &mut out);
        assert!(matches!(output, Output::Closed));
        assert_eq!((code, ended.summary.stopped), (0, Stopped::User));
    }

    #[test]
    fn an_output_that_fails_does_not_end_the_run() {
        let mut out = Limited(3, ErrorKind::StorageFull, Vec::new());
        let (ended, _, code) = follow_fake(50, Fake::default(), &mut out);
        assert_eq!((code, ended.summary.stopped), (1, Stopped::Done));
    }

    #[test]
    fn signals_have_their_own_exit_codes() {
        let (ended, output, _) = follow_fake(1, Fake::default(), &mut Vec::new());
        assert_eq!(exit_code(&ended, Some(2), &output), 130);
        assert_eq!(exit_code(&ended, Some(15), &Output::Closed), 143);
        assert_eq!(exit_code(&ended, Some(10), &output), 85);
    }
}
