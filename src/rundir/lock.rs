//! The lock of a run's directory: one process writes there.

use std::{
    fs::{File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags, fchmod},
    io::Errno,
};

use super::{Error, layout::LOCK};
use crate::files::folder::{Folder, Place};

/// Longer than anybody asks for.
const MOMENT: Duration = Duration::from_millis(200);
/// Nobody else may open it: who can open it can hold it.
const MODE: Mode = Mode::from_raw_mode(0o600);

/// The right to write into a directory; given back when it is dropped, and by the system when the process ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    place: Place,
    /// Why there are no locks where the directory is.
    missing: Option<io::Error>,
}

impl Lock {
    /// Where the file system knows no locks, the right is taken without one; see [`Lock::warning`].
    ///
    /// # Errors
    /// Another process has the lock; the directory cannot be written to.
    pub fn take(directory: &Folder) -> Result<Self, Error> {
        Self::take_by(directory, File::try_lock)
    }

    /// The same with another way to lock a file.
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
        // One that an older program made. Best effort: it may be another user's.
        let _ = fchmod(&file, MODE);
        let begun = Instant::now();
        let missing = loop {
            match lock(&file) {
                Ok(()) => break None,
                // Whoever asks whether it is taken holds it for a moment.
                Err(TryLockError::WouldBlock) if begun.elapsed() < MOMENT => {
                    thread::sleep(MOMENT / 20);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::Taken(directory.path().to_owned()));
                }
                Err(TryLockError::Error(error)) if is_missing(&error) => break Some(error),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        };
        Ok(Self {
            file,
            place,
            missing,
        })
    }

    /// What a person should know where there are no locks.
    pub fn warning(&self) -> Option<String> {
        let error = self.missing.as_ref()?;
        Some(format!(
            "{} cannot be locked: {error}. The run goes on, but nothing keeps another process from writing to it, and \
             `runs`, `watch` and `clean` cannot see that it is going on: do not resume or clean it meanwhile",
            self.place
        ))
    }

    /// Whether the directory is still this run's: no other process has put a lock of its own there.
    pub fn holds(&self) -> bool {
        match (self.file.metadata(), self.place.identity()) {
            (Ok(held), Ok(there)) => (held.dev(), held.ino()) == there,
            // Where there is none, nobody else has it.
            _ => true,
        }
    }
}

/// Whether a file system has no locks: Lustre without `flock`, some network file systems.
fn is_missing(error: &io::Error) -> bool {
    let missing = [Errno::NOSYS, Errno::NOLCK, Errno::OPNOTSUPP];
    missing
        .iter()
        .any(|missing| error.raw_os_error() == Some(missing.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::rundir::record::state::is_locked;

    #[test]
    fn a_directory_has_one_owner() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        assert!(!is_locked(home.path()));
        let lock = Lock::take(&folder).unwrap();
        assert!(is_locked(home.path()) && lock.warning().is_none());
        let refused = Lock::take(&folder).unwrap_err();
        assert!(matches!(refused, Error::Taken(_)), "{refused}");
        assert!(lock.holds());
        fs::remove_file(home.path().join(LOCK)).unwrap();
        assert!(lock.holds());
        let other = Lock::take(&folder).unwrap();
        assert!(other.holds() && !lock.holds());
        drop((lock, other));
        assert!(!is_locked(home.path()));
        assert!(Lock::take(&folder).is_ok());
    }

    #[test]
    fn nobody_else_can_open_it_and_hold_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(LOCK);
        let folder = Folder::open(home.path()).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        drop(Lock::take(&folder).unwrap());
        assert_eq!(mode(), 0o600);
        // One that an older program made.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        drop(Lock::take(&folder).unwrap());
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn where_there_are_no_locks_the_run_goes_on_and_the_person_is_told() {
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
