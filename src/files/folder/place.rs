//! A path in an open folder: its metadata, and opening it.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    fs::File,
    io::{self, ErrorKind},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat};

use super::{Folder, names};
use crate::files::open::{UNTRUSTED, bounded, must_be};

/// Mode of new files, before the umask.
const NEW_FILE: Mode = Mode::from_raw_mode(0o666);

/// A path relative to an open folder. There may be nothing at the path.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) root: Folder,
    pub(super) name: PathBuf,
}

/// Metadata of a file, folder or link at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Kind of the entry itself: a link is not followed.
    pub kind: FileType,
    /// Length of a file in bytes.
    pub bytes: u64,
    /// Time of the last modification.
    pub written: SystemTime,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.root.current_path().join(&self.name);
        path.display().fmt(f)
    }
}

impl Place {
    pub(super) fn new(root: &Folder, name: PathBuf) -> Self {
        let root = root.clone();
        Self { root, name }
    }

    /// The path, as it was when the folder was opened.
    pub fn path(&self) -> PathBuf {
        self.root.path.join(&self.name)
    }

    /// The last component of the path.
    pub fn name(&self) -> &OsStr {
        self.name.file_name().unwrap_or_default()
    }

    /// The place of a name in the folder at this place.
    pub fn join(&self, name: impl AsRef<Path>) -> Self {
        self.root.place(self.name.join(name))
    }

    /// The place of the hidden temporary file while this file is written.
    pub fn temporary(&self) -> Self {
        let mut name = OsString::from(".");
        name.push(self.name());
        self.root.place(self.name.with_file_name(name))
    }

    /// Whether there is anything at the place, even a broken link.
    pub fn exists(&self) -> bool {
        self.stat().is_ok()
    }

    /// Whether there is a plain file at the place.
    pub fn is_file(&self) -> bool {
        self.must_be(FileType::RegularFile).is_ok()
    }

    /// Checks the type of what is at the place. A link is not followed.
    ///
    /// # Errors
    /// If there is nothing, or it has another type than `wanted`; the message names both types.
    pub fn must_be(&self, wanted: FileType) -> io::Result<()> {
        must_be(wanted, self.stat()?.st_mode)
    }

    /// The metadata of what is at the place. A link is not followed.
    ///
    /// # Errors
    /// If there is nothing or reading fails.
    pub fn metadata(&self) -> io::Result<Found> {
        let about = self.stat()?;
        let seconds = Duration::from_secs(u64::try_from(about.st_mtime).unwrap_or(0));
        Ok(Found {
            kind: FileType::from_raw_mode(about.st_mode),
            bytes: u64::try_from(about.st_size).unwrap_or(0),
            written: SystemTime::UNIX_EPOCH + seconds,
        })
    }

    /// Device and inode number of what is at the place.
    ///
    /// # Errors
    /// If there is nothing or reading fails.
    pub fn identity(&self) -> io::Result<(u64, u64)> {
        let about = self.stat()?;
        Ok((about.st_dev, about.st_ino))
    }

    /// Opens a plain file for reading.
    ///
    /// # Errors
    /// If opening fails or there is no plain file.
    pub fn open(&self) -> io::Result<File> {
        self.must_be(FileType::RegularFile)?;
        self.file(OFlags::RDONLY, Mode::empty())
    }

    /// Reads a plain file of at most `most` bytes.
    ///
    /// # Errors
    /// If reading fails, there is no plain file, or it is longer.
    pub fn read(&self, most: u64) -> io::Result<Vec<u8>> {
        bounded(self.open()?, most)
    }

    /// Opens a plain file for reading and appending, and creates it if it is missing.
    ///
    /// # Errors
    /// If opening fails or there is something other than a plain file.
    pub fn append(&self) -> io::Result<File> {
        self.open_or_create(OFlags::RDWR | OFlags::APPEND, NEW_FILE)
    }

    /// Opens a plain file with `flags`, and creates it with `mode` if it is missing.
    ///
    /// # Errors
    /// If opening fails or there is something other than a plain file.
    pub fn open_or_create(&self, flags: OFlags, mode: Mode) -> io::Result<File> {
        match self.must_be(FileType::RegularFile) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            checked => checked?,
        }
        self.file(flags | OFlags::CREATE, mode)
    }

    /// Creates a new file. An existing file or link is removed first.
    ///
    /// # Errors
    /// If removing or creating fails.
    pub fn new_file(&self) -> io::Result<File> {
        match self.remove() {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        self.file(flags, NEW_FILE)
    }

    /// The entries of the folder at this place.
    ///
    /// # Errors
    /// If reading fails or there is no folder.
    pub fn entries(&self) -> io::Result<impl Iterator<Item = io::Result<Self>>> {
        let (folder, name) = self.parent(false)?;
        let folder = self.root.enter(&folder, name, false)?;
        Ok(names(&folder)?.map(|name| Ok(self.join(name?))))
    }

    /// Opens or creates the file at the place, without following a link, and checks that it is a plain file.
    fn file(&self, flags: OFlags, mode: Mode) -> io::Result<File> {
        let (folder, name) = self.parent(flags.contains(OFlags::CREATE))?;
        let flags = flags | UNTRUSTED | OFlags::NOFOLLOW;
        let file = openat(&folder, name, flags, mode);
        let file = file.map_err(|error| self.root.explained(error))?;
        must_be(FileType::RegularFile, fstat(&file)?.st_mode)?;
        Ok(File::from(file))
    }

    fn stat(&self) -> io::Result<Stat> {
        let (folder, name) = self.parent(false)?;
        let about = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW);
        about.map_err(|error| self.root.explained(error))
    }

    /// The open parent folder and the name in it. Missing folders are created if `create` is set.
    pub(super) fn parent(&self, create: bool) -> io::Result<(Arc<OwnedFd>, &OsStr)> {
        let mut folder = Arc::clone(&self.root.open);
        for part in self.name.parent().into_iter().flatten() {
            folder = Arc::new(self.root.enter(&folder, part, create)?);
        }
        Ok((folder, self.name()))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::files::open::tests::{device, pipe};

    #[test]
    fn nothing_is_written_or_read_through_a_link() {
        let home = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().join("target");
        fs::write(&target, "1").unwrap();
        fs::create_dir(outside.path().join("folder")).unwrap();
        symlink(&target, home.path().join("file")).unwrap();
        symlink(outside.path().join("folder"), home.path().join("samples")).unwrap();
        // The path of the folder itself may be a link.
        let link = outside.path().join("run");
        symlink(home.path(), &link).unwrap();
        let folder = Folder::open(&link).unwrap();
        let file = folder.place("file");
        assert_eq!(file.metadata().unwrap().kind, FileType::Symlink);
        for error in [file.append().unwrap_err(), file.open().unwrap_err()] {
            assert_eq!(error.to_string(), "it is a link, not a plain file");
        }
        let inside = folder.place("samples/a.png");
        for result in [inside.write(b"2"), inside.remove()] {
            let error = result.unwrap_err().to_string();
            assert_eq!(error, "samples: it is a link, not a folder");
        }
        assert!(folder.place("samples").entries().is_err());
        // Writing a file completely replaces the link, not its target.
        file.write(b"2").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"1");
        let inside = fs::read_dir(outside.path().join("folder")).unwrap();
        assert_eq!(inside.count(), 0);
    }

    #[test]
    fn pipes_and_devices_are_refused_without_blocking() {
        let home = tempfile::tempdir().unwrap();
        pipe(&home.path().join("pipe"));
        let has_device = device(&home.path().join("device"));
        let folder = Folder::open(home.path()).unwrap();
        for (name, exists) in [("pipe", true), ("device", has_device)] {
            let place = folder.place(name);
            let expected = format!("it is a {name}, not a plain file");
            if exists {
                assert_eq!(place.open().unwrap_err().to_string(), expected);
                assert_eq!(place.append().unwrap_err().to_string(), expected);
            }
        }
    }
}
