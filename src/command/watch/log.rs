//! Watching without a terminal: lines for new steps and states.

use std::{
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{
    command::Error,
    headless::{exact, line},
    rundir::{
        metrics::Record,
        record::{self, State, watched::WatchedRun},
    },
    text::streams,
};

/// Time between two reads of the runs.
const INTERVAL: Duration = Duration::from_millis(500);

/// A watched run and what was printed of it.
struct Followed {
    name: String,
    watched: WatchedRun,
    /// The last printed state.
    state: Option<State>,
    /// The last step that was read.
    step: u64,
}

/// Prints the last step of each run, then every new step divisible by `every` and every change of state. Returns the exit
/// code when no process trains any of the runs.
///
/// # Errors
/// A run cannot be read, or standard output fails.
pub(super) fn follow(directories: &[PathBuf], every: u64) -> Result<u8, Error> {
    let mut runs = Vec::new();
    for directory in directories {
        runs.push(begin(directory)?);
    }
    let alone = runs.len() == 1;
    let mut out = streams::stdout();
    loop {
        for run in &mut runs {
            if let Err(error) = print_news(run, alone, every, &mut out) {
                return match error.kind() {
                    // The reader has closed the pipe.
                    ErrorKind::BrokenPipe => Ok(0),
                    _ => Err(error.into()),
                };
            }
        }
        if !runs.iter().any(|run| run.watched.state.is_alive()) {
            return Ok(0);
        }
        thread::sleep(INTERVAL);
    }
}

fn begin(directory: &Path) -> Result<Followed, Error> {
    let watched = WatchedRun::new(directory).map_err(|why| super::cannot_watch(directory, &why))?;
    Ok(Followed {
        name: record::short_name(directory),
        watched,
        state: None,
        step: 0,
    })
}

/// Prints what is new of a run. With several runs each line starts with the name of its run.
fn print_news(run: &mut Followed, alone: bool, every: u64, out: &mut impl Write) -> io::Result<()> {
    let head = if alone {
        String::new()
    } else {
        format!("{}: ", run.name)
    };
    let first = run.state.is_none();
    let (mut lines, mut last) = (Vec::new(), run.step);
    // Skip steps before the first read, and repeated steps of a run that went back.
    let after = run.step;
    run.watched.update(|record: &Record| {
        last = record.made();
        let due = !record.applied || (last > after && last.is_multiple_of(every));
        if !first && due {
            lines.push(line(&record.measures, record.applied));
        }
        if !first
            && last > after
            && let Some(spectra) = &record.spectra
        {
            lines.push(exact(spectra));
        }
    });
    if last < after {
        lines.insert(0, format!("went back to step {last}"));
    }
    run.step = last;
    let snapshot = run.watched.snapshot();
    if first && let Some(measures) = &snapshot.measures {
        lines.push(line(measures, measures.step <= snapshot.step));
    }
    for line in lines {
        writeln!(out, "{head}{line}")?;
    }
    // The duration of a silence is not a change of state.
    let kind = |state: State| std::mem::discriminant(&state);
    let state = run.watched.state;
    if run.state.map(kind) != Some(kind(state)) {
        let snapshot = run.watched.snapshot();
        let (step, steps) = (snapshot.step, snapshot.steps);
        writeln!(out, "{head}{} at step {step} of {steps}", state.name())?;
        if let Some(notice) = snapshot.notice.as_ref().filter(|notice| notice.error) {
            writeln!(out, "{head}{}", notice.text)?;
        }
        run.state = Some(state);
    }
    out.flush()
}
