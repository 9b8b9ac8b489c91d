//! A name in a folder that is held open: what stands there, and how it is opened.

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

/// Mode of files that are made, before the person's mask.
const MADE: Mode = Mode::from_raw_mode(0o666);

/// A name in a folder, or in a folder of it, whatever stands there.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) root: Folder,
    pub(super) name: PathBuf,
}

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: FileType,
    pub bytes: u64,
    pub written: SystemTime,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.root.whereabouts().join(&self.name);
        path.display().fmt(f)
    }
}

impl Place {
    pub(super) fn new(root: &Folder, name: PathBuf) -> Self {
        let root = root.clone();
        Self { root, name }
    }

    /// Where it was when the folder was opened.
    pub fn path(&self) -> PathBuf {
        self.root.path.join(&self.name)
    }

    /// The last part of its path.
    pub fn name(&self) -> &OsStr {
        self.name.file_name().unwrap_or_default()
    }

    /// A name within, where this is a folder.
    pub fn join(&self, name: impl AsRef<Path>) -> Self {
        self.root.place(self.name.join(name))
    }

    /// The hidden name beside it under which it is half written.
    pub fn aside(&self) -> Self {
        let mut name = OsString::from(".");
        name.push(self.name());
        self.root.place(self.name.with_file_name(name))
    }

    /// Whether anything stands there.
    pub fn is_taken(&self) -> bool {
        self.stat().is_ok()
    }

    /// Whether a plain file stands there.
    pub fn is_file(&self) -> bool {
        self.must_be(FileType::RegularFile).is_ok()
    }

    /// Holds what stands there against what is wanted.
    ///
    /// # Errors
    /// The disk's, of which that nothing is there is one; something else, by its name.
    pub fn must_be(&self, wanted: FileType) -> io::Result<()> {
        must_be(wanted, self.stat()?.st_mode)
    }

    /// What stands there, a link as a link.
    ///
    /// # Errors
    /// The disk's, of which that nothing is there is one.
    pub fn found(&self) -> io::Result<Found> {
        let about = self.stat()?;
        let seconds = Duration::from_secs(u64::try_from(about.st_mtime).unwrap_or(0));
        Ok(Found {
            kind: FileType::from_raw_mode(about.st_mode),
            bytes: u64::try_from(about.st_size).unwrap_or(0),
            written: SystemTime::UNIX_EPOCH + seconds,
        })
    }

    /// Device and number of what stands there.
    ///
    /// # Errors
    /// The disk's.
    pub fn identity(&self) -> io::Result<(u64, u64)> {
        let about = self.stat()?;
        Ok((about.st_dev, about.st_ino))
    }

    /// Opens a plain file for reading.
    ///
    /// # Errors
    /// The disk's; something that is no plain file.
    pub fn open(&self) -> io::Result<File> {
        self.must_be(FileType::RegularFile)?;
        self.file(OFlags::RDONLY, Mode::empty())
    }

    /// The content of a file of at most `most` bytes.
    ///
    /// # Errors
    /// Those of [`Place::open`]; a longer file.
    pub fn read(&self, most: u64) -> io::Result<Vec<u8>> {
        bounded(self.open()?, most)
    }

    /// Opens a plain file to be read and added to, making it where there is none.
    ///
    /// # Errors
    /// The disk's; something that is no plain file.
    pub fn append(&self) -> io::Result<File> {
        self.made(OFlags::RDWR | OFlags::APPEND, MADE)
    }

    /// The same with another mode for a file that is made.
    ///
    /// # Errors
    /// Those of [`Place::append`].
    pub fn made(&self, how: OFlags, mode: Mode) -> io::Result<File> {
        match self.must_be(FileType::RegularFile) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            there => there?,
        }
        self.file(how | OFlags::CREATE, mode)
    }

    /// Makes a file anew; what stood there goes.
    ///
    /// # Errors
    /// The disk's.
    pub fn new_file(&self) -> io::Result<File> {
        match self.remove() {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let how = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        self.file(how, MADE)
    }

    /// Whatever stands in a folder.
    ///
    /// # Errors
    /// The disk's; something that is no folder.
    pub fn entries(&self) -> io::Result<impl Iterator<Item = io::Result<Self>>> {
        let (folder, name) = self.parent(false)?;
        let folder = self.root.enter(&folder, name, false)?;
        Ok(names(&folder)?.map(|name| Ok(self.join(name?))))
    }

    /// Opens the file that stands there, or makes it, and takes nothing but a plain one.
    fn file(&self, how: OFlags, mode: Mode) -> io::Result<File> {
        let (folder, name) = self.parent(how.contains(OFlags::CREATE))?;
        let how = how | UNTRUSTED | OFlags::NOFOLLOW;
        let file = openat(&folder, name, how, mode).map_err(|error| self.root.told(error))?;
        must_be(FileType::RegularFile, fstat(&file)?.st_mode)?;
        Ok(File::from(file))
    }

    fn stat(&self) -> io::Result<Stat> {
        let (folder, name) = self.parent(false)?;
        let about = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW);
        about.map_err(|error| self.root.told(error))
    }

    /// The folder that it is in, and its name there; the folder is made where it is missing and that is wanted.
    pub(super) fn parent(&self, make: bool) -> io::Result<(Arc<OwnedFd>, &OsStr)> {
        let mut folder = Arc::clone(&self.root.open);
        for part in self.name.parent().into_iter().flatten() {
            folder = Arc::new(self.root.enter(&folder, part, make)?);
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
        // The folder's own path may be one.
        let link = outside.path().join("run");
        symlink(home.path(), &link).unwrap();
        let folder = Folder::open(&link).unwrap();
        let file = folder.place("file");
        assert_eq!(file.found().unwrap().kind, FileType::Symlink);
        let told = [file.append().unwrap_err(), file.open().unwrap_err()];
        for told in told {
            assert_eq!(told.to_string(), "it is a link, not a plain file");
        }
        let inside = folder.place("samples/a.png");
        for told in [inside.write(b"2"), inside.remove()] {
            let told = told.unwrap_err().to_string();
            assert_eq!(told, "samples: it is a link, not a folder");
        }
        assert!(folder.place("samples").entries().is_err());
        // A file that is written as a whole takes the place of a link, and not of what that leads to.
        file.write(b"2").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"1");
        let inside = fs::read_dir(outside.path().join("folder")).unwrap();
        assert_eq!(inside.count(), 0);
    }

    #[test]
    fn pipes_and_devices_are_not_waited_for() {
        let home = tempfile::tempdir().unwrap();
        pipe(&home.path().join("pipe"));
        let made = device(&home.path().join("device"));
        let folder = Folder::open(home.path()).unwrap();
        for (name, there) in [("pipe", true), ("device", made)] {
            let place = folder.place(name);
            let told = format!("it is a {name}, not a plain file");
            if there {
                assert_eq!(place.open().unwrap_err().to_string(), told);
                assert_eq!(place.append().unwrap_err().to_string(), told);
            }
        }
    }
}
