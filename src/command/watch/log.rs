//! Watching without a terminal: a line for new steps.

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
        record::{State, watched::Watched},
    },
    text::streams,
};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(500);

struct Told {
    name: String,
    watched: Watched,
    state: Option<State>,
    /// The last step that was looked at.
    step: u64,
}

/// Tells the last step of each run, then every new one that `every` divides and how runs stand, until no process is at any.
///
/// # Errors
/// A run that cannot be read; standard output fails.
pub fn follow(directories: &[PathBuf], every: u64) -> Result<u8, Error> {
    let mut runs = Vec::new();
    for directory in directories {
        runs.push(begin(directory)?);
    }
    let alone = runs.len() == 1;
    let mut out = streams::stdout();
    loop {
        for run in &mut runs {
            if let Err(error) = tell(run, alone, every, &mut out) {
                return match error.kind() {
                    // The reader has seen enough.
                    ErrorKind::BrokenPipe => Ok(0),
                    _ => Err(error.into()),
                };
            }
        }
        if !runs.iter().any(|run| run.watched.state.is_alive()) {
            return Ok(0);
        }
        thread::sleep(PAUSE);
    }
}

fn begin(directory: &Path) -> Result<Told, Error> {
    let watched = Watched::new(directory)
        .map_err(|why| format!("{} cannot be watched: {why}", directory.display()))?;
    Ok(Told {
        name: super::short(directory),
        watched,
        state: None,
        step: 0,
    })
}

fn tell(run: &mut Told, alone: bool, every: u64, out: &mut impl Write) -> io::Result<()> {
    let head = match alone {
        true => String::new(),
        false => format!("{}: ", run.name),
    };
    let first = run.state.is_none();
    let (mut lines, mut last) = (Vec::new(), run.step);
    // What was before the first look is history, and what a run that went back had told is told.
    let after = run.step;
    run.watched.look(|record: &Record| {
        last = record.made();
        let turn = !record.applied || (last > after && last.is_multiple_of(every));
        if !first && turn {
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
    // How long a silence lasts is no news.
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
