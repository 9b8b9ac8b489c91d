//! From the directory of a run to a run that goes on.

mod choice;
mod start_state;

use std::{fmt::Display, io, path::Path};

pub use choice::{first, latest, of_step};
pub use start_state::StartState;

use super::{
    Error,
    about::{self, About, NUMERICS, SCHEMA},
    checkpoint::{self, Checkpoint, Position},
    directory::RunDirectory,
    journal::Past,
    lock::Lock,
};
use crate::{
    data,
    files::folder::Place,
    model::Updates,
    preset::{self, Preset},
};
use choice::unfit;

/// A run as its directory holds it.
#[derive(Debug)]
pub struct Stored {
    pub directory: RunDirectory,
    pub about: About,
    /// The effective preset that it was begun with.
    pub preset: Preset,
    /// What it goes on from; none: from the beginning.
    pub checkpoint: Option<Checkpoint>,
    /// Its journal.
    pub journal: Past,
    /// Where the run got to before it is taken back to an earlier checkpoint, if it is.
    pub rewound: Option<u64>,
    /// Number of the last checkpoint that was made.
    pub number: u64,
    /// What a person should know: newer checkpoints that are torn, lines that cannot be read.
    pub warnings: Vec<String>,
    /// The right to write into the directory, where it was taken.
    pub lock: Option<Lock>,
}

impl Stored {
    /// What the state that is gone on from was made with.
    pub fn made_on(&self) -> About {
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

/// Reads a run that this process is to go on with: another one is kept from it first, so that nothing changes after it
/// was read.
///
/// # Errors
/// As [`stored`]; another process has the run.
pub fn owned(path: &Path, step: Option<u64>) -> Result<Stored, Error> {
    let directory = RunDirectory::open(path)?;
    directory.check()?;
    let lock = Lock::take(directory.folder())?;
    let stored = read(directory, step)?;
    Ok(Stored {
        lock: Some(lock),
        ..stored
    })
}

/// Reads a run to go on from its last whole checkpoint, or with `step` from the last one made of that step.
///
/// # Errors
/// A directory that is not a run's, a run of another numerics, files that cannot be read, no such checkpoint, data that
/// are not those of the run.
pub fn stored(path: &Path, step: Option<u64>) -> Result<Stored, Error> {
    read(RunDirectory::open(path)?, step)
}

fn read(directory: RunDirectory, step: Option<u64>) -> Result<Stored, Error> {
    let about = read_about(&directory)?;
    let preset_place = directory.preset();
    let text = read_text(&preset_place)?;
    if about
        .preset
        .as_ref()
        .is_some_and(|known| *known != about::hash(text.as_bytes()))
    {
        let message = "it is not what the run was begun with: it was changed since. Put it back to go on; to train \
                       with the change, begin another run with it, with --init to take the weights along";
        return Err(refuse(&preset_place, message));
    }
    let preset = preset::parse(&text, &preset_place.path().to_string_lossy())
        .map_err(|error| refuse(&preset_place, error))?;
    check_data(directory.path(), &about, &preset)?;
    let journal_place = directory.journal();
    let journal = Past::read(&journal_place).map_err(|error| refuse(&journal_place, error))?;
    let mut warnings = Vec::new();
    let unread = journal.unread();
    if unread > 0 {
        warnings.push(format!("{journal_place}: {unread} lines cannot be read"));
    }
    let last = latest(&directory, &about, &journal, &mut warnings)?;
    let folder = directory.checkpoints();
    let all = checkpoint::list(&folder).map_err(|error| refuse(&folder, error))?;
    let numbers = all
        .iter()
        .filter_map(|file| Some(file.position.as_ref().ok()?.number));
    let number = numbers.max().unwrap_or(0);
    let (checkpoint, rewound) = match step {
        None => (last, None),
        Some(step) => {
            let wanted = of_step(&directory, step)?;
            if let Some(problem) = unfit(&wanted.position, &about, journal.lines()) {
                return Err(refuse(&directory.checkpoints(), problem));
            }
            let newer = last.filter(|last| last.position.number > wanted.position.number);
            (Some(wanted), newer.map(|last| last.position.step))
        }
    };
    Ok(Stored {
        directory,
        about,
        preset,
        checkpoint,
        journal,
        rewound,
        number,
        warnings,
        lock: None,
    })
}

fn read_about(directory: &RunDirectory) -> Result<About, Error> {
    let place = directory.about();
    if !place.exists() {
        let message = "there is no such file: the run was made by a program that kept none, and \
                       cannot be resumed; `sn-tui run` with its folder begins the same run anew";
        return Err(refuse(&place, message));
    }
    let about = About::read(&place).map_err(|error| refuse(&place, error))?;
    if about.schema > Some(SCHEMA) {
        let message = format!("it is of a newer program, sn-tui {}", about.version());
        return Err(refuse(&place, message));
    }
    if about.numerics != Some(NUMERICS) {
        let message = format!(
            "the run was made by sn-tui {} with numerics {}, and this program's are {NUMERICS}: it \
             would not go on as it began. `sn-tui run` with its folder begins the same run anew, \
             `--init` takes its weights along",
            about.version(),
            about.numerics.unwrap_or(0)
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
            "the data are not those that the run was begun with: files were added, removed or changed",
        )),
        Err(error) => Err(refuse_path(path, error)),
    }
}

fn read_text(place: &Place) -> Result<String, Error> {
    let bytes = place.read(preset::MAX_BYTES);
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    text.map_err(|error| refuse(place, error))
}

fn refuse(place: &Place, problem: impl Display) -> Error {
    refuse_path(&place.path(), problem)
}

fn refuse_path(path: &Path, problem: impl Display) -> Error {
    Error::NotResumable {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

impl Stored {
    /// The settings in force where it goes on.
    ///
    /// # Errors
    /// Settings of a checkpoint that this program refuses.
    pub fn settings(&self) -> Result<Preset, Error> {
        let Some(checkpoint) = &self.checkpoint else {
            return Ok(self.preset.clone());
        };
        settings(&checkpoint.position).map_err(|error| refuse_path(self.directory.path(), error))
    }

    /// Steps to which the run was last asked to go: the journal says so where that was changed.
    ///
    /// # Errors
    /// As [`Stored::settings`].
    pub fn total(&self) -> Result<u64, Error> {
        match self.journal.total() {
            Some(asked) => Ok(asked),
            // An older program did not say.
            None => Ok(self.settings()?.steps),
        }
    }
}

/// The settings in force at a checkpoint.
///
/// # Errors
/// Settings that this program refuses.
pub fn settings(position: &Position) -> Result<Preset, preset::Diagnostic> {
    let origin = format!("the settings of the checkpoint of step {}", position.step);
    preset::parse(&position.settings, &origin)
}

/// The networks whose steps the run was making, and how many were left of a number that was asked for.
pub fn going(position: &Position) -> (Updates, Option<u64>) {
    (position.updates, position.left)
}
