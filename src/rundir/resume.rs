//! Loading a run from its directory, to resume, replay or fork it.

mod choice;
mod forking;
mod start_state;

use std::{fmt::Display, io, path::Path};

pub use choice::{checkpoint_of_step, first_checkpoint, newest_checkpoint};
pub use forking::load_to_fork;
pub use start_state::StartState;

use super::{
    Error,
    about::{self, About, FORKED_SCHEMA, NUMERICS},
    checkpoint::{self, Checkpoint, Position},
    directory::RunDirectory,
    journal::JournalIndex,
    lock::{Lock, going_run_of},
};
use crate::{
    engine::data,
    files::folder::Place,
    model::Updates,
    preset::{self, Preset},
};
use choice::incompatibility;

/// A run as loaded from its directory.
#[derive(Debug)]
pub struct StoredRun {
    /// The directory, held open.
    pub directory: RunDirectory,
    /// Its run.json.
    pub about: About,
    /// The effective preset at the start.
    pub preset: Preset,
    /// The checkpoint to resume from. `None` for step 0.
    pub checkpoint: Option<Checkpoint>,
    /// The index of its journal.
    pub journal: JournalIndex,
    /// The step that the run had reached, if it is now rewound to an earlier checkpoint.
    pub rewound_from: Option<u64>,
    /// Number of the newest checkpoint, see [`Position::number`].
    pub number: u64,
    /// Warnings for the user: damaged checkpoints, lines that cannot be parsed.
    pub warnings: Vec<String>,
    /// The lock of the directory, if it was taken.
    pub lock: Option<Lock>,
}

impl StoredRun {
    /// The [`About`] of the run, with the device and compiler of its checkpoint.
    pub fn computed_on(&self) -> About {
        let about = self.about.clone();
        let saved = self.checkpoint.as_ref().map(|saved| &saved.position);
        match saved.and_then(|saved| Some((saved.device.clone()?, saved.compiler.clone()))) {
            Some((device, compiler)) => About {
                device: Some(device),
                compiler,
                ..about
            },
            None => about,
        }
    }
}

/// Locks and loads a run that this process will resume. The lock comes first, so that no other process changes the run
/// after it was read.
///
/// # Errors
/// If another process holds the lock, or trains the run of which this is a lane; or as for [`load`].
pub fn lock_and_load(path: &Path, step: Option<u64>) -> Result<StoredRun, Error> {
    match going_run_of(path) {
        Some(run) => Err(Error::LaneOfLocked {
            lane: path.to_owned(),
            run,
        }),
        None => lock_and_load_lane(path, step),
    }
}

/// As [`lock_and_load`], for a lane of a run that this process trains.
///
/// # Errors
/// If another process holds the lock, or as for [`load`].
pub(crate) fn lock_and_load_lane(path: &Path, step: Option<u64>) -> Result<StoredRun, Error> {
    let directory = RunDirectory::open(path)?;
    directory.check()?;
    let lock = Lock::take(directory.folder())?;
    let stored = read(directory, step, Purpose::Continue)?;
    Ok(StoredRun {
        lock: Some(lock),
        ..stored
    })
}

/// Loads a run without locking it, at its newest valid checkpoint, or with `step` at the newest one of that step.
///
/// # Errors
/// If the directory is not that of a run, the run has other numerics, a file cannot be read, there is no such
/// checkpoint, or the data changed.
pub fn load(path: &Path, step: Option<u64>) -> Result<StoredRun, Error> {
    read(RunDirectory::open(path)?, step, Purpose::Continue)
}

/// Why a run is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To resume or replay it, which this program's numerics must allow.
    Continue,
    /// To fork it.
    Fork,
}

fn read(directory: RunDirectory, step: Option<u64>, purpose: Purpose) -> Result<StoredRun, Error> {
    let about = read_about(&directory, purpose)?;
    let preset_place = directory.preset();
    let text = read_text(&preset_place)?;
    if about
        .preset
        .as_ref()
        .is_some_and(|known| *known != about::hash(text.as_bytes()))
    {
        let message = "it is not what the run was started with: it was changed since. Restore it to resume; to train \
                       with the change, start another run with it, and use --init to keep the weights";
        return Err(refuse(&preset_place, message));
    }
    let preset = preset::parse(&text, &preset_place.path().to_string_lossy())
        .map_err(|error| refuse(&preset_place, error))?;
    check_data(directory.path(), &about, &preset)?;
    let journal_place = directory.journal();
    let journal =
        JournalIndex::read(&journal_place).map_err(|error| refuse(&journal_place, error))?;
    let mut warnings = Vec::new();
    let unread = journal.unreadable();
    if unread > 0 {
        warnings.push(format!("{journal_place}: {unread} lines cannot be read"));
    }
    let last = newest_checkpoint(&directory, &about, &journal, &mut warnings)?;
    let folder = directory.checkpoints();
    let all = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let numbers = all
        .iter()
        .filter_map(|file| Some(file.position.as_ref().ok()?.number));
    let number = numbers.max().unwrap_or(0);
    let (checkpoint, rewound_from) = match step {
        None => (last, None),
        Some(step) => {
            let wanted = checkpoint_of_step(&directory, step)?;
            if let Some(problem) = incompatibility(&wanted.position, &about, journal.lines()) {
                return Err(refuse(&directory.checkpoints(), problem));
            }
            let newer = last.filter(|last| last.position.number > wanted.position.number);
            (Some(wanted), newer.map(|last| last.position.step))
        }
    };
    Ok(StoredRun {
        directory,
        about,
        preset,
        checkpoint,
        journal,
        rewound_from,
        number,
        warnings,
        lock: None,
    })
}

fn read_about(directory: &RunDirectory, purpose: Purpose) -> Result<About, Error> {
    let place = directory.about();
    if !place.exists() {
        let message = "there is no such file: the run was made by a version that did not write it, \
                       and cannot be resumed; `sn-tui run` with its folder starts the same run anew";
        return Err(refuse(&place, message));
    }
    let about = About::read_strict(&place).map_err(|error| refuse(&place, error))?;
    if about.schema > Some(FORKED_SCHEMA) {
        let message = format!("it is of a newer program, sn-tui {}", about.version());
        return Err(refuse(&place, message));
    }
    if about.numerics != Some(NUMERICS) && purpose == Purpose::Continue {
        let message = format!(
            "the run was made by sn-tui {} with numerics {}, and this program's are {NUMERICS}: it \
             would not continue as it started. `sn-tui fork {}` goes on from its last state as another run, \
             `sn-tui run` with its folder starts the same run anew, `--init` keeps its weights",
            about.version(),
            about.numerics.unwrap_or(0),
            directory.path().display()
        );
        return Err(refuse(&place, message));
    }
    Ok(about)
}

fn check_data(path: &Path, about: &About, preset: &Preset) -> Result<(), Error> {
    let Some(known) = &about.data else {
        return Ok(());
    };
    match data::fingerprint(&preset.data) {
        Ok(Some(now)) if now == *known => Ok(()),
        Ok(_) => Err(refuse_path(
            path,
            "the data are not those that the run was started with: files were added, removed or changed",
        )),
        Err(error) => Err(refuse_path(path, error)),
    }
}

fn read_text(place: &Place) -> Result<String, Error> {
    let bytes = place.read(preset::MAX_BYTES);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    text.map_err(|error| refuse(place, error))
}

pub(super) fn refuse(place: &Place, problem: impl Display) -> Error {
    refuse_path(&place.path(), problem)
}

fn refuse_path(path: &Path, problem: impl Display) -> Error {
    Error::NotResumable {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

impl StoredRun {
    /// The settings in force at the checkpoint, before the changes with which a fork begins.
    ///
    /// # Errors
    /// If the checkpoint has settings that this program rejects.
    pub fn settings(&self) -> Result<Preset, Error> {
        let Some(checkpoint) = &self.checkpoint else {
            return Ok(self.preset.clone());
        };
        settings(&checkpoint.position).map_err(|error| refuse_path(self.directory.path(), error))
    }

    /// The steps to which the run was last extended.
    ///
    /// # Errors
    /// If the checkpoint has settings that this program rejects.
    pub fn total(&self) -> Result<u64, Error> {
        match self.journal.total() {
            Some(asked) => Ok(asked),
            // Older versions did not write this to the journal.
            None => Ok(self.settings()?.steps),
        }
    }
}

/// The settings in force at a checkpoint, before the changes with which a fork begins.
///
/// # Errors
/// If this program rejects them.
pub fn settings(position: &Position) -> Result<Preset, preset::Diagnostic> {
    let origin = format!("the settings of the checkpoint of step {}", position.step);
    preset::parse(&position.settings, &origin)
}

/// The networks whose steps were being made at a checkpoint, and how many of a given number were left.
pub fn active_updates(position: &Position) -> (Updates, Option<u64>) {
    (position.updates, position.left)
}
