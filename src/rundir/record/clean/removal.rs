//! Removing files of a run while no process can start to write to it.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use super::{
    Item, NotRemovable, Obstacle, Scope, Target,
    contents::{Contents, EntryPath, contents},
    select, without_trailing,
};
use crate::{
    files::folder::Folder,
    rundir::{layout, lock::going_run_of},
};

/// An item, and why it could not be removed. Several items may share one reason.
pub(crate) type Removed = (Item, Result<(), Arc<Obstacle>>);

/// Removes what [`select`] returns. A lock keeps other processes from writing to the run meanwhile.
///
/// # Errors
/// As for [`select`]. An item that cannot be removed has a reason of its own.
pub(crate) fn remove(
    directory: &Path,
    scope: &Scope,
    now: SystemTime,
) -> Result<Vec<Removed>, NotRemovable> {
    let run = LockedRun::take(directory).map_err(Arc::new);
    let items = select(directory, scope, now)?;
    let removed = items.into_iter().map(|item| {
        let locked = run.as_ref().map_err(Arc::clone);
        let result = locked.and_then(|run| run.remove(&item).map_err(Arc::new));
        (item, result)
    });
    Ok(removed.collect())
}

/// A run that no process can start to write to.
pub(super) struct LockedRun {
    folder: Folder,
    /// A shared lock, so that status queries do not take it for a running process. `None` for runs of older versions,
    /// which have no lock file.
    _lock: Option<File>,
}

impl LockedRun {
    /// Locks a run.
    ///
    /// # Errors
    /// If a process uses the run or it cannot be locked.
    pub(super) fn take(directory: &Path) -> Result<Self, Obstacle> {
        let run = directory.to_owned();
        if let Some(run) = going_run_of(directory) {
            return Err(Obstacle::Locked(run));
        }
        let folder =
            without_trailing(directory).and_then(|directory| Folder::open_no_follow(&directory));
        let folder = match folder {
            Ok(folder) => folder,
            Err(source) => return Err(Obstacle::Open { run, source }),
        };
        let lock = match folder.place(layout::LOCK).open() {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(source) => return Err(Obstacle::LockFile { run, source }),
        };
        match lock.as_ref().map(File::try_lock_shared) {
            None | Some(Ok(())) => Ok(Self {
                folder,
                _lock: lock,
            }),
            Some(Err(TryLockError::WouldBlock)) => Err(Obstacle::Locked(run)),
            Some(Err(TryLockError::Error(source))) => Err(Obstacle::Lock { run, source }),
        }
    }

    /// Removes an item.
    ///
    /// # Errors
    /// If it cannot be removed or, for a whole run, has files of other programs.
    pub(super) fn remove(&self, item: &Item) -> Result<(), Obstacle> {
        let failed = |path: PathBuf, source: io::Error| Obstacle::Remove {
            path: item.run.join(path),
            source,
        };
        let take = |step: &EntryPath| {
            let place = self.folder.place(step.path());
            let removed = if step.is_folder {
                place.remove_folder()
            } else {
                place.remove()
            };
            removed.map_err(|error| failed(step.path(), error))
        };
        match &item.target {
            Target::File(file) => take(file),
            Target::Run => {
                let steps = match contents(&self.folder) {
                    Err(error) => return Err(failed(PathBuf::new(), error)),
                    Ok(Contents::Foreign(path)) => {
                        return Err(Obstacle::Foreign(item.run.join(path)));
                    }
                    Ok(Contents::Own(steps)) => steps,
                };
                steps.iter().try_for_each(take)?;
                fs::remove_dir(&item.run).map_err(|error| failed(PathBuf::new(), error))
            }
        }
    }
}
