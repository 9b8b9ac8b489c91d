//! The contents of a run's directory as plain data, for lists, tables and screens in other processes.
//!
//! No file is trusted. Lines that cannot be parsed are left out and counted. A missing file means that less is known.
//! Memory stays bounded, however long a file is.

pub(crate) mod checkpoints;
pub(crate) mod clean;
pub(crate) mod find;
pub(crate) mod follow;
#[cfg(test)]
mod hostile;
mod pictures;
pub(crate) mod samples;
pub(crate) mod state;
pub(crate) mod watched;

use std::{
    fmt::Display,
    fs,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

pub(crate) use checkpoints::{CheckpointFile, checkpoints};
pub(crate) use find::{FindError, find};
pub(crate) use state::State;

use super::{
    about::About,
    journal::Listing,
    layout, lock,
    metrics::{self, Record},
    summary,
};
use crate::{
    files::open,
    model::{Scores, Summary},
    preset::{self, Diagnostic, Named},
    text::wording::unreadable,
};
use state::StateInputs;

/// Maximum number of directory entries that are counted.
const MAX_FILES: usize = 100_000;

/// A run and its state.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub directory: PathBuf,
    /// Name of the folder.
    pub name: String,
    pub about: About,
    /// The effective preset at the start. `None` if it cannot be read.
    pub preset: Option<Named>,
    pub state: State,
    /// Steps made, according to the files.
    pub step: u64,
    /// The last record of the metrics.
    pub last: Option<Record>,
    /// The latest scores.
    pub scores: Option<Arc<Scores>>,
    pub journal: Listing,
    /// The summary, if the process ended in order.
    pub ending: Option<Summary>,
    pub checkpoints: Vec<CheckpointFile>,
    /// When a file was last written.
    pub written: Option<SystemTime>,
    /// Total size of the files.
    pub bytes: u64,
    /// Messages about files that could not be read.
    pub problems: Vec<String>,
}

/// Whether a folder is the directory of a run.
pub(crate) fn is_run(directory: &Path) -> bool {
    let has = |name: &str| directory.join(name).is_file();
    has(layout::ABOUT) || has(layout::PRESET)
}

/// The directories of the lanes of a run, which are runs of their own, by name.
pub(crate) fn lanes(directory: &Path) -> Vec<PathBuf> {
    let folder = directory.join(layout::LANES);
    // What is behind a link does not belong to the run.
    let names = if folder.is_symlink() {
        Vec::new()
    } else {
        find::names(&folder).unwrap_or_default()
    };
    names.iter().map(|name| folder.join(name)).collect()
}

impl Run {
    /// Reads everything about a run except its curves.
    pub(crate) fn open(directory: &Path) -> Self {
        let mut problems = Vec::new();
        let about = or_report(About::read_lenient(directory), &mut problems).flatten();
        let ending = or_report(summary::read(directory), &mut problems).flatten();
        let preset = preset_of(directory);
        let preset = or_report(preset, &mut problems);
        let journal = or_report(Listing::of(directory), &mut problems).unwrap_or_default();
        if journal.unreadable > 0 {
            let count = journal.unreadable;
            problems.push(format!("{}: {count} lines cannot be read", layout::JOURNAL));
        }
        let tail = metrics::tail(directory);
        let tail = tail.map_err(|error| unreadable(layout::METRICS, error));
        let (last, scores) = or_report(tail, &mut problems).unwrap_or_default();
        let checkpoints = checkpoints(directory);
        let ended = ending.as_ref().map(|ending| ending.steps);
        let saved = checkpoints.iter().map(|file| file.step).max();
        let step = ended
            .or(last.as_ref().map(Record::made))
            .or(saved)
            .unwrap_or(0);
        let written = state::last_written(directory);
        let begun_with = preset.as_ref().map(|named| named.preset.steps);
        let made = journal
            .total()
            .or(begun_with)
            .is_some_and(|all| step >= all);
        let inputs = StateInputs {
            locked: lock::is_locked(directory),
            stopped: ending.as_ref().map(|ending| ending.stopped),
            paused: journal.is_paused() || made,
            written,
            has_weights: directory.join(layout::WEIGHTS).is_file(),
            has_lock_file: directory.join(layout::LOCK).exists(),
        };
        let of_ending = ending.as_ref().and_then(|ending| ending.scores.clone());
        Self {
            directory: directory.to_owned(),
            name: name(directory),
            state: inputs.state(SystemTime::now()),
            about: about.unwrap_or_default(),
            preset,
            step,
            scores: of_ending.or(scores),
            last,
            journal,
            ending,
            checkpoints,
            written,
            bytes: size(directory),
            problems,
        }
    }

    /// The id in the folder's name, six hexadecimal digits, if it has one.
    pub(crate) fn id(&self) -> Option<&str> {
        find::id(&self.name)
    }

    /// Name of the preset from which the run was started.
    pub(crate) fn preset_name(&self) -> Option<&str> {
        let named = self.preset.as_ref().map(|named| &*named.name);
        self.about.name.as_deref().or(named)
    }

    /// The steps to which the run was last extended.
    pub(crate) fn steps(&self) -> Option<u64> {
        let begun_with = self.preset.as_ref()?.preset.steps;
        // Older versions did not write to the journal that a run was extended.
        Some(self.journal.total().unwrap_or(begun_with.max(self.step)))
    }

    /// Seconds of training, without pauses.
    pub(crate) fn seconds(&self) -> Option<f64> {
        let last = self.last.as_ref().and_then(|last| last.seconds);
        self.ending.as_ref().map(|ending| ending.seconds).or(last)
    }
}

/// The last component of a run's path. The path is resolved first if it has none, as in `.`.
pub(crate) fn name(directory: &Path) -> String {
    let whole = || directory.canonicalize().ok();
    let of = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
    of(directory)
        .or_else(|| of(&whole()?))
        .unwrap_or_else(|| directory.display().to_string())
}

/// The short name of a run among several: its id, or else its whole name.
pub(crate) fn short_name(directory: &Path) -> String {
    let name = name(directory);
    find::id(&name).map_or(name.clone(), str::to_owned)
}

/// Reads the effective preset of a run.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn preset_of(directory: &Path) -> Result<Named, Diagnostic> {
    // Opening a pipe would block.
    if !directory.join(layout::PRESET).is_file() {
        let message = format!("there is no {}", layout::PRESET);
        return Err(Diagnostic::plain(message));
    }
    // The trailing slash marks a folder, so that it cannot be taken for the name of a preset.
    preset::load(&format!("{}/", directory.display()))
}

/// The last error in a run's log, without its time.
pub(crate) fn last_error(directory: &Path) -> Option<String> {
    const TAIL: u64 = 64 << 10;
    const LONGEST: usize = 400;
    let mut file = open::no_follow(&directory.join(layout::LOG)).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))
        .ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let error = text
        .lines()
        .rev()
        .find_map(|line| line.split_once(" ERROR "));
    Some(error?.1.trim().chars().take(LONGEST).collect())
}

/// Total size of the files of a run in bytes, without those of its lanes.
fn size(directory: &Path) -> u64 {
    let mut folders = vec![(directory.to_owned(), 0)];
    let mut left = MAX_FILES;
    let mut bytes = 0u64;
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            left = left.saturating_sub(1);
            match entry.metadata() {
                Ok(_) if depth == 0 && entry.file_name() == layout::LANES => {}
                Ok(metadata) if metadata.is_dir() && depth < 2 && left > 0 => {
                    folders.push((entry.path(), depth + 1));
                }
                Ok(metadata) if metadata.is_file() => bytes = bytes.saturating_add(metadata.len()),
                _ => {}
            }
            if left == 0 {
                return bytes;
            }
        }
    }
    bytes
}

/// The value, or `None` after adding the error to `problems`.
fn or_report<T, E: Display>(read: Result<T, E>, problems: &mut Vec<String>) -> Option<T> {
    read.map_err(|error| problems.push(error.to_string())).ok()
}
