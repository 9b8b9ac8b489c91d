//! What a run's directory says, as plain data: for lists, stories, tables and the screens of other processes.
//!
//! Every file is taken for one that another program, or nobody, wrote: a line that is torn off or makes no sense is
//! left out and counted, a missing file is a run that said less, and no length of a file sets how much memory it takes.

pub(crate) mod checkpoints;
pub(crate) mod clean;
pub(crate) mod find;
pub(crate) mod follow;
#[cfg(test)]
mod hostile;
pub(crate) mod samples;
pub(crate) mod state;
pub(crate) mod watched;

use std::{
    fs,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

pub(crate) use checkpoints::{CheckpointFile, checkpoints};
pub(crate) use find::{Unknown, find};
pub(crate) use state::State;

use super::{
    about::About,
    journal::Listing,
    layout,
    metrics::{self, Record},
    summary,
};
use crate::{
    files::open,
    model::{Scores, Summary},
    preset::{self, Named},
    text::wording::unreadable,
};
use state::Signs;

/// Entries of a run's folders that are counted.
const MOST_FILES: usize = 100_000;

/// What a run is and how it stands.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub directory: PathBuf,
    /// The folder's name.
    pub name: String,
    pub about: About,
    /// What the run was made from; none where that cannot be read.
    pub preset: Option<Named>,
    pub state: State,
    /// Steps made, as far as is written.
    pub step: u64,
    /// The last line of the metrics.
    pub last: Option<Record>,
    /// The latest scores.
    pub scores: Option<Arc<Scores>>,
    pub journal: Listing,
    /// What it came to when its process ended in order.
    pub ending: Option<Summary>,
    pub checkpoints: Vec<CheckpointFile>,
    /// When one of its files was last written.
    pub written: Option<SystemTime>,
    /// All its files.
    pub bytes: u64,
    /// What could not be read, in words.
    pub problems: Vec<String>,
}

/// Whether a folder is a run's.
pub(crate) fn is_run(directory: &Path) -> bool {
    let has = |name: &str| directory.join(name).is_file();
    has(layout::ABOUT) || has(layout::PRESET)
}

impl Run {
    /// Reads everything about a run but its curves.
    pub(crate) fn open(directory: &Path) -> Self {
        let mut problems = Vec::new();
        let about = told(About::of(directory), &mut problems).flatten();
        let ending = told(summary::read(directory), &mut problems).flatten();
        let preset = preset_of(directory);
        let preset = told(preset, &mut problems);
        let journal = told(Listing::of(directory), &mut problems).unwrap_or_default();
        if journal.unreadable > 0 {
            let count = journal.unreadable;
            problems.push(format!("{}: {count} lines make no sense", layout::JOURNAL));
        }
        let tail = metrics::tail(directory);
        let tail = tail.map_err(|error| unreadable(layout::METRICS, error));
        let (last, scores) = told(tail, &mut problems).unwrap_or_default();
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
        let signs = Signs {
            locked: state::is_locked(directory),
            ending: ending.as_ref().map(|ending| ending.stopped),
            paused: journal.is_paused() || made,
            written,
            weights: directory.join(layout::WEIGHTS).is_file(),
            knows_locks: directory.join(layout::LOCK).exists(),
        };
        let of_ending = ending.as_ref().and_then(|ending| ending.scores.clone());
        Self {
            directory: directory.to_owned(),
            name: name(directory),
            state: signs.state(SystemTime::now()),
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

    /// Six hexadecimal digits that name it, where it has such.
    pub(crate) fn id(&self) -> Option<&str> {
        find::id(&self.name)
    }

    /// Name of the preset that it was started from.
    pub(crate) fn preset_name(&self) -> Option<&str> {
        let named = self.preset.as_ref().map(|named| &*named.name);
        self.about.name.as_deref().or(named)
    }

    /// Steps to which it was last asked to go.
    pub(crate) fn steps(&self) -> Option<u64> {
        let begun_with = self.preset.as_ref()?.preset.steps;
        // An older program did not say that it was to go on.
        Some(self.journal.total().unwrap_or(begun_with.max(self.step)))
    }

    /// Seconds spent training, pauses left out.
    pub(crate) fn seconds(&self) -> Option<f64> {
        let last = self.last.as_ref().and_then(|last| last.seconds);
        self.ending.as_ref().map(|ending| ending.seconds).or(last)
    }
}

/// The last part of a run's path, with the path made whole where it ends otherwise (`.`).
pub(crate) fn name(directory: &Path) -> String {
    let whole = || directory.canonicalize().ok();
    let of = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
    of(directory)
        .or_else(|| of(&whole()?))
        .unwrap_or_else(|| directory.display().to_string())
}

/// What a run was made from.
///
/// # Errors
/// Why that cannot be read.
pub(crate) fn preset_of(directory: &Path) -> Result<Named, String> {
    // Anything else that can be opened might be waited for.
    if !directory.join(layout::PRESET).is_file() {
        return Err(format!("there is no {}", layout::PRESET));
    }
    // With a slash at its end it is a folder, whatever its name.
    let path = format!("{}/", directory.display());
    preset::load(&path).map_err(|diagnostic| diagnostic.to_string())
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

/// Bytes of all files of a run.
fn size(directory: &Path) -> u64 {
    let mut folders = vec![(directory.to_owned(), 0)];
    let mut left = MOST_FILES;
    let mut bytes = 0u64;
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            left = left.saturating_sub(1);
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() && depth < 2 && left > 0 => {
                    folders.push((entry.path(), depth + 1))
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

fn told<T>(read: Result<T, String>, problems: &mut Vec<String>) -> Option<T> {
    read.map_err(|problem| problems.push(problem)).ok()
}
