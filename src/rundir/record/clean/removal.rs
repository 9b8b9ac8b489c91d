//! How what may go is removed: while no process can begin to write there.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    Asked, Item, Kept, What,
    contents::{Contents, Step, contents},
    itself, look,
};
use crate::{files::folder::Folder, rundir::layout};

/// Something with what became of it: why it is still there, in words.
pub(crate) type Removed = (Item, Result<(), String>);

/// Takes away what [`look`] finds: it is looked at and removed while no process can begin to write there.
///
/// # Errors
/// Those of [`look`]. What could not be removed says why.
pub(crate) fn remove(
    directory: &Path,
    asked: &Asked,
    now: SystemTime,
) -> Result<Vec<Removed>, Kept> {
    let held = Held::take(directory);
    let items = look(directory, asked, now)?;
    let removed = items.into_iter().map(|item| {
        let held = held.as_ref().map_err(Clone::clone);
        let result = held.and_then(|held| held.remove(&item));
        (item, result)
    });
    Ok(removed.collect())
}

/// A run to which no process can begin to write.
pub(super) struct Held {
    folder: Folder,
    /// Shared, so that whoever asks for the run's state sees no process at it. An older run has none.
    _lock: Option<File>,
}

impl Held {
    /// # Errors
    /// Why it cannot be had, in words.
    pub(super) fn take(directory: &Path) -> Result<Self, String> {
        let path = directory.display();
        let folder = itself(directory).and_then(|directory| Folder::open_no_follow(&directory));
        let folder = folder.map_err(|error| format!("cannot open {path}: {error}"))?;
        let lock = match folder.place(layout::LOCK).open() {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            file => Some(file.map_err(|error| format!("cannot lock {path}: {error}"))?),
        };
        match lock.as_ref().map(File::try_lock_shared) {
            None | Some(Ok(())) => Ok(Self {
                folder,
                _lock: lock,
            }),
            Some(Err(TryLockError::WouldBlock)) => Err(format!("a process is at {path}")),
            Some(Err(TryLockError::Error(error))) => Err(format!(
                "cannot lock {path}, so that a process may be at it: {error}"
            )),
        }
    }

    /// # Errors
    /// Why it is still there, in words.
    pub(super) fn remove(&self, item: &Item) -> Result<(), String> {
        let failed = |path: PathBuf, error: io::Error| {
            format!("cannot remove {}: {error}", item.run.join(path).display())
        };
        let take = |step: &Step| {
            let place = self.folder.place(step.path());
            let removed = match step.is_folder {
                true => place.remove_folder(),
                false => place.remove(),
            };
            removed.map_err(|error| failed(step.path(), error))
        };
        match &item.what {
            What::File(file) => take(file),
            What::Run => {
                let steps = match contents(&self.folder) {
                    Err(error) => return Err(failed(PathBuf::new(), error)),
                    Ok(Contents::Foreign(path)) => {
                        let path = item.run.join(path);
                        return Err(format!("{} is none of sn-tui's files", path.display()));
                    }
                    Ok(Contents::Own(steps)) => steps,
                };
                steps.iter().try_for_each(take)?;
                fs::remove_dir(&item.run).map_err(|error| failed(PathBuf::new(), error))
            }
        }
    }
}
