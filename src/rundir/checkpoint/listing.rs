//! Listing and pruning the checkpoints of a run.

use std::io::{self, ErrorKind};

use super::{Checkpoint, Error, Name, Position, read, read_position};
use crate::files::folder::Place;

/// Why a checkpoint was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By the schedule or at the end of a process. Only the latest ones are kept.
    Scheduled,
    /// A user marked the state to return to it.
    Marked,
}

/// A file with the name of a checkpoint.
#[derive(Debug)]
pub struct ListedCheckpoint {
    /// Its path.
    pub place: Place,
    /// Why it was made.
    pub kind: Kind,
    /// The position in its header, or why that cannot be read.
    pub position: Result<Position, Error>,
}

impl ListedCheckpoint {
    /// Its number in the run, or 0 if unknown.
    fn number(&self) -> u64 {
        self.position.as_ref().map_or(0, |position| position.number)
    }

    /// Reads and verifies the checkpoint.
    ///
    /// # Errors
    /// If the file cannot be read, is not a regular file, or is not a valid checkpoint.
    pub fn read(&self) -> Result<Checkpoint, Error> {
        read(self.place.open()?)
    }
}

/// The checkpoints in a folder in the order of creation. Empty if the folder does not exist.
///
/// # Errors
/// If the folder cannot be read.
pub fn list(folder: &Place) -> io::Result<Vec<ListedCheckpoint>> {
    let entries = match folder.entries() {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut listed = Vec::new();
    for place in entries {
        let place = place?;
        let Some(Name { kind, .. }) = place.name().to_str().and_then(Name::read) else {
            continue;
        };
        listed.push(ListedCheckpoint {
            position: place.open().map_err(Error::from).and_then(read_position),
            place,
            kind,
        });
    }
    listed.sort_by(|a, b| (a.number(), a.place.name()).cmp(&(b.number(), b.place.name())));
    Ok(listed)
}

/// The newest valid checkpoint with its path, and the invalid ones that are newer.
///
/// # Errors
/// If the folder cannot be read.
#[allow(clippy::type_complexity)]
pub fn newest(folder: &Place) -> io::Result<(Option<(Place, Checkpoint)>, Vec<(Place, Error)>)> {
    let mut wrong = Vec::new();
    let mut listed = list(folder)?;
    // A file whose header cannot be read has no known age, so it is reported first.
    let (readable, torn): (Vec<_>, Vec<_>) =
        listed.drain(..).partition(|file| file.position.is_ok());
    for file in torn {
        if let Err(problem) = file.position {
            wrong.push((file.place, problem));
        }
    }
    for file in readable.into_iter().rev() {
        match file.read() {
            Ok(checkpoint) => return Ok((Some((file.place, checkpoint)), wrong)),
            Err(problem) => wrong.push((file.place, problem)),
        }
    }
    Ok((None, wrong))
}

/// Removes all scheduled checkpoints but the newest `keep`. Files that cannot be read stay.
///
/// # Errors
/// If the folder cannot be read or a file cannot be removed.
pub fn prune(folder: &Place, keep: usize) -> io::Result<()> {
    let mut old: Vec<ListedCheckpoint> = list(folder)?
        .into_iter()
        .filter(|file| file.kind == Kind::Scheduled && file.position.is_ok())
        .collect();
    old.truncate(old.len().saturating_sub(keep));
    old.iter().try_for_each(|file| file.place.remove())
}

/// Removes all checkpoints of a run that did not start, and their folder. Best effort: files of other programs stay.
pub(crate) fn clear(folder: &Place) {
    for place in folder.entries().into_iter().flatten().flatten() {
        if place.name().to_str().and_then(Name::read).is_some() {
            let _ = place.remove();
        }
    }
    let _ = folder.remove_folder();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        files::folder::Folder,
        rundir::checkpoint::{encode, tests::checkpoint},
    };

    fn checkpoints(home: &tempfile::TempDir) -> Place {
        Folder::open(home.path()).unwrap().place("checkpoints")
    }

    fn save(folder: &Place, step: u64, number: u64, kind: Kind) -> Place {
        let name = Name {
            step,
            kind,
            number: 1,
        };
        let place = folder.join(name.file());
        place
            .write(&encode(&checkpoint(step, number)).unwrap())
            .unwrap();
        place
    }

    fn steps(folder: &Place) -> Vec<u64> {
        let listed = list(folder).unwrap();
        let positions = listed.iter().filter_map(|file| file.position.as_ref().ok());
        positions.map(|position| position.step).collect()
    }

    #[test]
    fn pruning_keeps_the_latest_and_all_marks() {
        let home = tempfile::tempdir().unwrap();
        let folder = &checkpoints(&home);
        assert!(list(folder).unwrap().is_empty());
        save(folder, 100, 1, Kind::Marked);
        // Rewound from step 500 to step 100.
        for (step, number) in [(400, 2), (500, 3), (150, 4)] {
            save(folder, step, number, Kind::Scheduled);
        }
        folder.join("notes.txt").write(b"x").unwrap();
        let torn = folder.join("step-000300.safetensors");
        torn.write(b"torn").unwrap();
        assert_eq!(steps(folder), [100, 400, 500, 150]);
        prune(folder, 2).unwrap();
        assert_eq!(steps(folder), [100, 500, 150]);
        assert!(folder.join("notes.txt").is_file() && torn.is_file());
    }

    #[test]
    fn damaged_files_are_named_and_the_one_before_is_used() {
        let home = tempfile::tempdir().unwrap();
        let folder = &checkpoints(&home);
        assert!(newest(folder).unwrap().0.is_none());
        save(folder, 100, 1, Kind::Scheduled);
        let damaged = save(folder, 200, 2, Kind::Scheduled);
        let mut bytes = damaged.read(1 << 20).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        damaged.write(&bytes).unwrap();
        let torn = save(folder, 300, 3, Kind::Scheduled);
        torn.write(b"torn").unwrap();

        let (found, wrong) = newest(folder).unwrap();
        assert_eq!(found.unwrap().1.position.step, 100);
        let named: Vec<_> = wrong.iter().map(|(place, _)| place.path()).collect();
        assert_eq!(named, [torn.path(), damaged.path()]);
    }
}
