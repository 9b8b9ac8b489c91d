//! The folder of a run, held open, and the places in it.
//!
//! What is written goes to the folder that was opened: it follows where that is moved, and never into another one that
//! takes its old place. The folder's own path may lead over links, which are the person's; within it none is followed.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Write},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::ffi::OsStringExt,
    },
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::{
    fs::{
        AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, mkdirat, openat, renameat, stat, statat,
        unlinkat,
    },
    io::Errno,
};

use crate::open::{UNTRUSTED, bounded, expect};

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
/// Modes of what is made, before the person's mask.
const OF_FILES: Mode = Mode::from_raw_mode(0o666);
const OF_FOLDERS: Mode = Mode::from_raw_mode(0o777);

/// An open folder.
#[derive(Clone, Debug)]
pub struct Folder {
    open: Arc<OwnedFd>,
    path: PathBuf,
}

/// A name in a folder, or in a folder of it, whatever stands there.
#[derive(Clone, Debug)]
pub struct Place {
    root: Folder,
    name: PathBuf,
}

impl Folder {
    /// Opens the folder that a person names.
    ///
    /// # Errors
    /// The disk's; no folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = path.to_owned();
        let open = Arc::new(openat(CWD, &path, FOLDER, Mode::empty())?);
        Ok(Self { open, path })
    }

    /// The path that it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is now, as far as the system tells: it may have been moved since it was opened.
    pub fn whereabouts(&self) -> PathBuf {
        let identity = |about: rustix::fs::Stat| (about.st_dev, about.st_ino);
        let own = fstat(&self.open).map(identity).ok();
        let is_this = |path: &PathBuf| own.is_some() && stat(path).map(identity).ok() == own;
        if is_this(&self.path) {
            return self.path.clone();
        }
        let link = format!("/proc/self/fd/{}", self.open.as_raw_fd());
        let moved = fs::read_link(link).ok().filter(is_this);
        moved.unwrap_or_else(|| self.path.clone())
    }

    pub fn place(&self, name: impl Into<PathBuf>) -> Place {
        Place {
            root: self.clone(),
            name: name.into(),
        }
    }

    /// Whether it was removed.
    fn is_gone(&self) -> bool {
        fstat(&self.open).is_ok_and(|about| about.st_nlink == 0)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.root.whereabouts().join(&self.name);
        path.display().fmt(f)
    }
}

impl Place {
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
        self.mode().is_ok()
    }

    /// Whether a plain file stands there.
    pub fn is_file(&self) -> bool {
        self.expect(FileType::RegularFile).is_ok()
    }

    /// Holds what stands there against what is wanted.
    ///
    /// # Errors
    /// The disk's, of which that nothing is there is one; something else, by its name.
    pub fn expect(&self, wanted: FileType) -> io::Result<()> {
        expect(wanted, self.mode()?)
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
        self.expect(FileType::RegularFile)?;
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
        self.made(OFlags::RDWR | OFlags::APPEND, OF_FILES)
    }

    /// The same with another mode for a file that is made.
    ///
    /// # Errors
    /// Those of [`Place::append`].
    pub fn made(&self, how: OFlags, mode: Mode) -> io::Result<File> {
        match self.expect(FileType::RegularFile) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            there => there?,
        }
        self.file(how | OFlags::CREATE, mode)
    }

    /// Writes a whole file or nothing: aside in the same folder, synced, then renamed.
    ///
    /// # Errors
    /// The disk's; what stood there stays, and nothing is left aside.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_aside(bytes, true)?;
        // The rename itself reaches the disk with the folder; some file systems cannot sync one.
        let (folder, _) = self.parent(false)?;
        let _ = rustix::fs::fsync(&folder);
        Ok(())
    }

    /// The same without waiting for the disk: a reader finds the whole file or the one before, a loss of power may find
    /// neither.
    ///
    /// # Errors
    /// Those of [`Place::write`].
    pub fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_aside(bytes, false)
    }

    fn write_aside(&self, bytes: &[u8], sync: bool) -> io::Result<()> {
        let mut aside = self.aside();
        aside
            .name
            .as_mut_os_string()
            .push(format!(".{}", std::process::id()));
        let written = aside.new_file().and_then(|mut file| {
            file.write_all(bytes)?;
            if sync {
                file.sync_all()?;
            }
            aside.rename(self)
        });
        if written.is_err() {
            // Best effort: the first error is the one to report.
            let _ = aside.remove();
        }
        written
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
        self.file(how, OF_FILES)
    }

    /// Gives a file the name of another place in the same folder.
    ///
    /// # Errors
    /// The disk's.
    pub fn rename(&self, to: &Self) -> io::Result<()> {
        let (folder, name) = self.parent(false)?;
        renameat(&folder, name, &folder, to.name()).map_err(|error| self.told(error))
    }

    /// Removes a file or a link.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(&self) -> io::Result<()> {
        let (folder, name) = self.parent(false)?;
        unlinkat(&folder, name, AtFlags::empty()).map_err(|error| self.told(error))
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove_folder(&self) -> io::Result<()> {
        let (folder, name) = self.parent(false)?;
        unlinkat(&folder, name, AtFlags::REMOVEDIR).map_err(|error| self.told(error))
    }

    /// Makes a folder where there is none.
    ///
    /// # Errors
    /// The disk's; something that is no folder.
    pub fn make_folder(&self) -> io::Result<()> {
        let (folder, name) = self.parent(true)?;
        self.enter(&folder, name, true).map(drop)
    }

    /// Whatever stands in a folder.
    ///
    /// # Errors
    /// The disk's; something that is no folder.
    pub fn entries(&self) -> io::Result<Vec<Self>> {
        let (folder, name) = self.parent(false)?;
        let folder = self.enter(&folder, name, false)?;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&folder)? {
            let name = OsString::from_vec(entry?.file_name().to_bytes().to_vec());
            if name != "." && name != ".." {
                entries.push(self.join(name));
            }
        }
        Ok(entries)
    }

    /// Opens the file that stands there, or makes it, and takes nothing but a plain one.
    fn file(&self, how: OFlags, mode: Mode) -> io::Result<File> {
        let (folder, name) = self.parent(how.contains(OFlags::CREATE))?;
        let how = how | UNTRUSTED | OFlags::NOFOLLOW;
        let file = openat(&folder, name, how, mode).map_err(|error| self.told(error))?;
        expect(FileType::RegularFile, fstat(&file)?.st_mode)?;
        Ok(File::from(file))
    }

    fn mode(&self) -> io::Result<u32> {
        Ok(self.stat()?.st_mode)
    }

    fn stat(&self) -> io::Result<rustix::fs::Stat> {
        let (folder, name) = self.parent(false)?;
        statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| self.told(error))
    }

    /// The folder that it is in, and its name there; the folder is made where it is missing and that is wanted.
    fn parent(&self, make: bool) -> io::Result<(Arc<OwnedFd>, &OsStr)> {
        let mut folder = Arc::clone(&self.root.open);
        for part in self.name.parent().into_iter().flatten() {
            folder = Arc::new(self.enter(&folder, part, make)?);
        }
        Ok((folder, self.name()))
    }

    fn enter(&self, folder: &OwnedFd, name: &OsStr, make: bool) -> io::Result<OwnedFd> {
        if make {
            match mkdirat(folder, name, OF_FOLDERS) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(self.told(error)),
            }
        }
        match openat(folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(folder) => Ok(folder),
            Err(error @ (Errno::NOTDIR | Errno::LOOP)) => {
                let there = statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)?;
                let wrong = expect(FileType::Directory, there.st_mode).err();
                let wrong = wrong.unwrap_or_else(|| error.into());
                let message = format!("{}: {wrong}", name.display());
                Err(io::Error::new(ErrorKind::NotADirectory, message))
            }
            Err(error) => Err(self.told(error)),
        }
    }

    fn told(&self, error: Errno) -> io::Error {
        match error {
            Errno::NOENT if self.root.is_gone() => {
                io::Error::new(ErrorKind::NotFound, "the folder of the run was removed")
            }
            error => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::open::tests::{device, pipe};

    #[test]
    fn what_is_written_goes_to_the_folder_wherever_it_is_moved() {
        let home = tempfile::tempdir().unwrap();
        let (old, new) = (home.path().join("old"), home.path().join("new"));
        fs::create_dir(&old).unwrap();
        let folder = Folder::open(&old).unwrap();
        fs::rename(&old, &new).unwrap();
        fs::create_dir(&old).unwrap();
        folder.place("samples/a.png").write(b"1").unwrap();
        folder.place("lines").append().unwrap();
        assert_eq!(fs::read(new.join("samples/a.png")).unwrap(), b"1");
        assert!(new.join("lines").is_file());
        assert_eq!(fs::read_dir(&old).unwrap().count(), 0);
        if cfg!(target_os = "linux") {
            assert_eq!(folder.whereabouts(), new);
            let told = folder.place("lines").to_string();
            assert_eq!(Path::new(&told), new.join("lines"));
        }
        fs::remove_dir_all(&new).unwrap();
        let told = folder.place("samples/a.png").write(b"1").unwrap_err();
        assert!(told.to_string().contains("was removed"), "{told}");
    }

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
        let told = [file.append().unwrap_err(), file.open().unwrap_err()];
        for told in told {
            assert_eq!(told.to_string(), "it is a link, not a plain file");
        }
        let inside = folder.place("samples/a.png");
        let told = inside.write(b"2").unwrap_err().to_string();
        assert_eq!(told, "samples: it is a link, not a folder");
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

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_aside() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("taken/inside")).unwrap();
        let folder = Folder::open(home.path()).unwrap();
        assert!(folder.place("taken").write(b"x").is_err());
        let names = |place: Place| -> Vec<_> {
            let entries = place.entries().unwrap();
            entries
                .iter()
                .map(|entry| entry.name().to_owned())
                .collect()
        };
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        folder.place("a/b").write(&[1; 100]).unwrap();
        folder.place("a/b").write(&[2; 10]).unwrap();
        assert_eq!(folder.place("a/b").read(10).unwrap(), [2; 10]);
        assert!(folder.place("a/b").read(9).is_err());
        assert_eq!(names(folder.place("a")), ["b"]);
    }
}
