//! Runs without a screen: JSON lines go to standard output, everything else to standard error.

mod console;
mod output;
pub mod signals;
mod waiting;

use std::{
    io::{self, Write},
    sync::mpsc::RecvTimeoutError,
    time::Duration,
};

use clap::ValueEnum;

use crate::{
    model::feed::Stage,
    model::{Status, Stopped},
    run::{Ended, Handle},
    rundir::layout,
    text::streams,
};
use console::Console;
use output::{Output, exit_code, write_json, write_step};
use signals::Watch;
use waiting::Waiting;

pub use console::{closing, exact, line, threads};
pub use waiting::wait_until_over;

/// Time between two updates of the console while no line arrives.
const LOOK: Duration = Duration::from_millis(100);

/// Output options of a headless run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Format of the log lines, and so where they go.
    pub log: Log,
    /// Show no notes and no progress.
    pub quiet: bool,
    /// SIGHUP does not end the run.
    pub keep_running: bool,
}

/// Format of the log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Log {
    /// For people, to standard error.
    #[default]
    Text,
    /// For programs, to standard output.
    Json,
}

/// Starts a run, follows it to its end and returns the exit code.
///
/// # Errors
/// The run cannot start, or signals cannot be caught.
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

/// Turns a run whose screen is gone into a headless one and waits for its end. Returns how it ended, and the exit code.
///
/// # Errors
/// The thread for signals cannot be started.
pub fn continue_headless(handle: Handle, watch: Watch) -> io::Result<(Ended, u8)> {
    handle.go_headless();
    let caught = watch.attend(vec![handle.requests()], false)?;
    let ended = handle.wait();
    let signal = caught
        .get()
        .filter(|_| matches!(ended.summary.stopped, Stopped::User | Stopped::Signal));
    let code = exit_code(&ended, signal, &Output::Open);
    Ok((ended, code))
}

/// Writes log lines and progress until the worker ends.
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
            opened = opened || show_opening(&handle, console);
            match received {
                Ok(logged) => {
                    let was_open = matches!(output, Output::Open);
                    write_step(&logged, log, out, console, &mut output);
                    if was_open {
                        output.handle_failure(&handle, console);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            console.progress(&handle);
            // While it trains, the log lines show that it works.
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

/// Writes the opening line as soon as the run has its directory, and returns whether it did. A run whose data cannot be
/// loaded gets none.
fn show_opening(handle: &Handle, console: &Console) -> bool {
    let snapshot = handle.snapshot();
    let has_directory = match snapshot.status {
        Status::Starting => snapshot.notice.is_some(),
        Status::Failed(_) => snapshot.directory.is_dir(),
        _ => true,
    };
    if has_directory {
        console.note(&console::opening(&snapshot));
    }
    has_directory
}

/// Writes the summary, the closing lines and the error of an ended run.
fn close(
    ended: &Ended,
    log: Log,
    out: &mut impl Write,
    mut output: Output,
    console: &Console,
) -> Output {
    if log == Log::Json {
        for lane in std::iter::once(ended).chain(&ended.others) {
            write_json(lane.summary.line(), out, console, &mut output);
        }
    }
    // A run that did not begin has nothing to report but its error.
    let has_begun = ended.error.is_none() || ended.directory.join(layout::LOG).is_file();
    if has_begun && !matches!(output, Output::Closed) {
        console.note(&console::closing(ended));
    }
    for failure in failures(ended) {
        console.error(&format!("error: {failure}"));
    }
    output
}

/// Returns the messages of the errors that ended lanes of a run, see [`failure`]. Lanes are named if there are several.
pub fn failures(ended: &Ended) -> Vec<String> {
    let lanes = std::iter::once(ended).chain(&ended.others);
    let failed = lanes.filter_map(|lane| Some((lane, lane.error.as_ref()?)));
    let texts = failed.map(|(lane, error)| {
        let name = lane.summary.lane.filter(|_| !ended.others.is_empty());
        let name = name.map_or_else(String::new, |lane| format!("lane {lane}: "));
        format!("{name}{}", failure(lane, error))
    });
    texts.collect()
}

/// Returns the message of an error that ended a run, with its log and the command to resume, if they exist.
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

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::run::{
        fake::{self, Fake},
        start,
    };

    /// Accepts a number of writes, then fails with an error. The last field has the written bytes.
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

    /// Follows a fake run of `steps` steps.
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
