//! The directory of a run that is forked from a state of another run.

mod changes;
mod going;
#[cfg(test)]
mod tests;

use std::{io, path::Path};

pub use changes::{Forked, at_after, forked};
pub use going::going_lanes;

use super::{
    Error,
    about::{self, About, FORKED_SCHEMA, NUMERICS, SCHEMA},
    checkpoint::{Checkpoint, Kind, Name, Position, encode},
    directory::RunDirectory,
    lock::Lock,
    resume::{self, StartState},
    schedule::Schedule,
};
use crate::{
    files::folder::Place,
    model::{Cause, Change, Entry, Event, Parent},
    preset::{self, Preset},
};

/// A run that begins with a state of another one.
#[derive(Clone, Debug)]
pub struct Fork {
    /// The state from which it is forked, as run.json tells it.
    pub parent: Parent,
    /// The state: tensors, the settings in force there, the networks whose steps were being made. What the position
    /// says of the parent's journal and schedule is not taken over.
    pub start: Checkpoint,
    /// The changes with which the run begins, made together.
    pub changes: Vec<Change>,
    /// The settings with these changes and the number of steps of the run: its effective preset.
    pub preset: Preset,
    /// Who asked for it, as the journal tells it.
    pub cause: Cause,
}

/// A forked run before its first step: its directory, the right to write there, and the state with which its worker
/// starts.
pub type Created = (RunDirectory, Lock, StartState);

/// Creates the directory of a forked run with all that it needs to start, to be resumed and to be replayed without its
/// parent: preset.ron, the first line of the journal, the state as a marked checkpoint, and run.json. `about` says how
/// the run computes and what is planned; its origin is filled in. Without `out`, the directory is one of its own in
/// `runs`.
///
/// # Errors
/// If the directory is refused, is not empty or cannot be written to, or the settings of the state are refused. What was
/// created is then removed again.
pub fn create(out: Option<&Path>, about: About, fork: Fork) -> Result<Created, Error> {
    let directory = RunDirectory::create(out, about.name())?;
    let lock = Lock::take(directory.folder());
    // A directory that another process has locked must not be cleared.
    let ours = !matches!(lock, Err(Error::Locked(_)));
    let written = lock.and_then(|lock| Ok((lock, write(&directory, about, fork)?)));
    match written {
        Ok((lock, start)) => Ok((directory, lock, start)),
        Err(error) => {
            if ours {
                directory.clear();
            }
            Err(error)
        }
    }
}

/// Writes the files, run.json last: a directory without it has not begun.
fn write(directory: &RunDirectory, about: About, fork: Fork) -> Result<StartState, Error> {
    let name = about.name().to_owned();
    let entry = fork.entry();
    let text = preset::print(&fork.preset, &name);
    let about = About {
        schema: Some(FORKED_SCHEMA),
        numerics: Some(NUMERICS),
        preset: Some(about::hash(text.as_bytes())),
        init: None,
        parent: Some(fork.parent.clone()),
        ..about
    };
    directory.write_preset(&fork.preset, &name)?;
    let start = fork
        .start(&about)
        .map_err(|error| resume::refuse(&directory.checkpoints(), error))?;

    let journal = directory.journal();
    let line = serde_json::to_string(&entry).map_err(io::Error::other);
    written(
        &journal,
        line.and_then(|line| journal.write(format!("{line}\n").as_bytes())),
    )?;

    let mark = Name {
        step: start.position.step,
        kind: Kind::Marked,
        number: 1,
    };
    let mark = directory.checkpoints().join(mark.file());
    let bytes = encode(&start).map_err(io::Error::other);
    written(&mark, bytes.and_then(|bytes| mark.write(&bytes)))?;

    let place = directory.about();
    written(&place, about.write(&place))?;
    Ok(StartState {
        schedule: Schedule::new(about.at(), 0),
        lines: start.position.journal,
        changes: vec![entry],
        number: start.position.number,
        requested: start.position.updates,
        checkpoint: Some(start),
        ..StartState::default()
    })
}

impl Fork {
    /// The first entry of the journal.
    fn entry(&self) -> Entry {
        Entry {
            step: self.start.position.step + 1,
            event: Event::Fork {
                lane: None,
                from: Some(self.parent.clone()),
                changes: self.changes.clone(),
            },
            cause: self.cause.clone(),
        }
    }

    /// The state as the first checkpoint of the new run.
    fn start(self, about: &About) -> Result<Checkpoint, preset::Diagnostic> {
        let of_parent = self.start.position;
        let settings = resume::settings(&of_parent)?.until(self.preset.steps);
        let mut changes = of_parent.changes;
        changes.extend(Some(self.changes).filter(|own| !own.is_empty()));
        Ok(Checkpoint {
            position: Position {
                schema: SCHEMA,
                numerics: NUMERICS,
                number: 1,
                seed: about.seed(),
                name: about.name().to_owned(),
                settings: preset::print(&settings, about.name()),
                journal: 1,
                pending: Vec::new(),
                metrics: Some(0),
                planned: 0,
                saved: about::now(),
                changes,
                device: about.device.clone(),
                compiler: about.compiler.clone(),
                ..of_parent
            },
            state: self.start.state,
        })
    }
}

fn written(place: &Place, result: io::Result<()>) -> Result<(), Error> {
    result.map_err(|source| Error::Write {
        path: place.path(),
        source,
    })
}
