//! The lock of a run's directory: one process writes there.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::Error;

/// Name of the file that is locked; it stays when the lock is gone.
const LOCK: &str = "lock";
/// Longer than anybody asks for.
const MOMENT: Duration = Duration::from_millis(200);

/// The right to write into a directory; given back when it is dropped, and by the system when the process ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// # Errors
    /// Another process has the lock; the directory cannot be written to.
    pub fn take(directory: &Path) -> Result<Self, Error> {
        let path = directory.join(LOCK);
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = opened.map_err(|source| Error::Write {
            path: path.clone(),
            source,
        })?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { file, path }),
                // Whoever asks whether it is taken holds it for a moment.
                Err(TryLockError::WouldBlock) if begun.elapsed() < MOMENT => {
                    thread::sleep(MOMENT / 20);
                }
                Err(TryLockError::WouldBlock) => return Err(Error::Taken(directory.to_owned())),
                Err(TryLockError::Error(source)) => return Err(Error::Write { path, source }),
            }
        }
    }

    /// Whether the directory is still the one that was locked: not one that another run made in its place.
    pub fn holds(&self) -> bool {
        let same = |held: &fs::Metadata, there: &fs::Metadata| {
            (held.dev(), held.ino()) == (there.dev(), there.ino())
        };
        match (self.file.metadata(), fs::metadata(&self.path)) {
            (Ok(held), Ok(there)) => same(&held, &there),
            // Where there is none, nobody else has it.
            _ => true,
        }
    }

    /// Path of the file that is locked.
    pub fn path(directory: &Path) -> PathBuf {
        directory.join(LOCK)
    }
}

/// Whether a process has the lock of this directory.
///
/// # Errors
/// The lock's file cannot be opened, except that it does not exist.
pub fn is_taken(directory: &Path) -> io::Result<bool> {
    let file = match File::open(Lock::path(directory)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // A shared lock, so that several who ask at once do not take each other for the owner.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_owner() {
        let home = tempfile::tempdir().unwrap();
        assert!(!is_taken(home.path()).unwrap());
        let lock = Lock::take(home.path()).unwrap();
        assert!(is_taken(home.path()).unwrap());
        let refused = Lock::take(home.path()).unwrap_err();
        assert!(matches!(refused, Error::Taken(_)), "{refused}");
        assert!(lock.holds());
        fs::remove_file(Lock::path(home.path())).unwrap();
        assert!(lock.holds());
        let other = Lock::take(home.path()).unwrap();
        assert!(other.holds() && !lock.holds());
        drop((lock, other));
        assert!(!is_taken(home.path()).unwrap());
        assert!(Lock::take(home.path()).is_ok());
    }
}
