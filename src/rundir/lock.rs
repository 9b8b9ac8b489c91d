//! The lock of a run's directory, which admits one writing process.

use std::{
    fs::{File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags, fchmod},
    io::Errno,
};

use super::{
    Error,
    layout::{LANES, LOCK},
};
use crate::files::{
    folder::{Folder, Place},
    open,
};

/// How long locking is tried again. A status query holds the lock for less.
const RETRY_TIME: Duration = Duration::from_millis(200);
/// Only the owner may open the file: any user who can open it could lock it.
const MODE: Mode = Mode::from_raw_mode(0o600);

/// The error once another process has taken over the directory.
pub(crate) const REPLACED: &str = "another process has taken over its directory";

/// The right to write to a directory. Dropping it releases the lock, and so does the end of the process.
#[derive(Debug)]
pub struct Lock {
    file: File,
    place: Place,
    /// Why the file system of the directory has no locks.
    unsupported: Option<io::Error>,
}

impl Lock {
    /// Locks the directory. If the file system has no locks, this succeeds without one, see [`Lock::warning`].
    ///
    /// # Errors
    /// If another process holds the lock, or the lock file cannot be created.
    pub fn take(directory: &Folder) -> Result<Self, Error> {
        Self::take_by(directory, File::try_lock)
    }

    /// Locks the directory by calling `lock` on the lock file.
    ///
    /// # Errors
    /// If another process holds the lock, or the lock file cannot be created.
    fn take_by(
        directory: &Folder,
        lock: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, Error> {
        let place = directory.place(LOCK);
        let failed = |source| Error::Write {
            path: place.path(),
            source,
        };
        let file = place.open_or_create(OFlags::WRONLY, MODE).map_err(failed)?;
        // Older versions created the file readable. Best effort: it may belong to another user.
        let _ = fchmod(&file, MODE);
        let begun = Instant::now();
        let unsupported = loop {
            match lock(&file) {
                Ok(()) => break None,
                // A status query holds the lock for a moment.
                Err(TryLockError::WouldBlock) if begun.elapsed() < RETRY_TIME => {
                    thread::sleep(RETRY_TIME / 20);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Locked(directory.path().to_owned()));
                }
                Err(TryLockError::Error(error)) if is_unsupported(&error) => break Some(error),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        };
        Ok(Self {
            file,
            place,
            unsupported,
        })
    }

    /// A warning for the user if the file system has no locks.
    pub fn warning(&self) -> Option<String> {
        let error = self.unsupported.as_ref()?;
        Some(format!(
            "{} cannot be locked: {error}. The run continues, but nothing keeps another process from writing to it, and \
             `runs`, `watch` and `clean` cannot see that it is running: do not resume or clean it meanwhile",
            self.place
        ))
    }

    /// Whether the lock file is still the one that was locked. `false` after another process has replaced it.
    pub fn holds(&self) -> bool {
        match (self.file.metadata(), self.place.identity()) {
            (Ok(held), Ok(there)) => (held.dev(), held.ino()) == there,
            // Without a lock file no other process can hold the lock.
            _ => true,
        }
    }

    /// Checks [`Lock::holds`].
    ///
    /// # Errors
    /// If another process has replaced the lock file.
    pub(crate) fn must_hold(&self) -> io::Result<()> {
        if self.holds() {
            Ok(())
        } else {
            Err(io::Error::other(REPLACED))
        }
    }
}

/// Whether a process holds the lock of a run. The query takes a shared lock for a moment.
pub(crate) fn is_locked(directory: &Path) -> bool {
    let Ok(file) = open::no_follow(&directory.join(LOCK)) else {
        return false;
    };
    // A lock that was acquired is released with the file.
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// The run of which this directory is a lane, if a process is training it. Then nobody else may write to the lane, also
/// after it has ended: the process may bring it back.
pub(crate) fn going_run_of(directory: &Path) -> Option<PathBuf> {
    let lane = directory.canonicalize().ok()?;
    let lanes = lane.parent()?;
    let is_lane = lanes.file_name()? == LANES;
    let run = lanes.parent().filter(|_| is_lane)?;
    is_locked(run).then(|| run.to_owned())
}

/// Whether the error means that the file system has no locks. That is so for Lustre without `flock` and for some
/// network file systems.
fn is_unsupported(error: &io::Error) -> bool {
    let unsupported = [Errno::NOSYS, Errno::NOLCK, Errno::OPNOTSUPP];
    unsupported
        .iter()
        .any(|unsupported| error.raw_os_error() == Some(unsupported.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_directory_has_one_owner() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        assert!(!is_locked(home.path()));
        let lock = Lock::take(&folder).unwrap();
        assert!(is_locked(home.path()) && lock.warning().is_none());
        let refused = Lock::take(&folder).unwrap_err();
        assert!(matches!(refused, Error::Locked(_)), "{refused}");
        assert!(lock.holds());
        fs::remove_file(home.path().join(LOCK)).unwrap();
        assert!(lock.holds());
        let other = Lock::take(&folder).unwrap();
        assert!(other.holds() && !lock.holds());
        assert_eq!(lock.must_hold().unwrap_err().to_string(), REPLACED);
        drop((lock, other));
        assert!(!is_locked(home.path()));
        assert!(Lock::take(&folder).is_ok());
    }

    #[test]
    fn a_lock_is_seen_and_queries_do_not_keep_it() {
        let home = tempfile::tempdir().unwrap();
        assert!(!is_locked(home.path()));
        let lock = fs::File::create(home.path().join("lock")).unwrap();
        assert!(!is_locked(home.path()));
        lock.try_lock().unwrap();
        assert!(is_locked(home.path()) && is_locked(home.path()));
        lock.unlock().unwrap();
        assert!(!is_locked(home.path()));
        lock.try_lock().unwrap();
    }

    #[test]
    fn a_lane_is_not_free_while_its_run_is_going() {
        let home = tempfile::tempdir().unwrap();
        let run = home.path().canonicalize().unwrap();
        let lane = run.join("lanes/b");
        let other = run.join("other/b");
        for path in [&lane, &other] {
            fs::create_dir_all(path).unwrap();
        }
        assert_eq!(going_run_of(&lane), None);
        let lock = Lock::take(&Folder::open(&run).unwrap()).unwrap();
        assert_eq!(going_run_of(&lane), Some(run.clone()));
        assert_eq!(going_run_of(&lane.join(".")), Some(run.clone()));
        assert_eq!((going_run_of(&other), going_run_of(&run)), (None, None));
        drop(lock);
        assert_eq!(going_run_of(&lane), None);
    }

    #[test]
    fn other_users_cannot_open_the_lock_file() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(LOCK);
        let folder = Folder::open(home.path()).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        drop(Lock::take(&folder).unwrap());
        assert_eq!(mode(), 0o600);
        // Older versions created it like this.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        drop(Lock::take(&folder).unwrap());
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn without_locks_the_run_continues_with_a_warning() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        let failing =
            |errno: Errno| Lock::take_by(&folder, |_| Err(TryLockError::Error(errno.into())));
        for errno in [Errno::NOSYS, Errno::NOLCK, Errno::OPNOTSUPP] {
            let lock = failing(errno).unwrap();
            let warning = lock.warning().unwrap();
            assert!(
                warning.contains("nothing keeps another process"),
                "{warning}"
            );
            assert!(lock.holds());
        }
        assert!(matches!(failing(Errno::IO), Err(Error::Write { .. })));
    }
}
