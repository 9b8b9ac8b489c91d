//! The folder of a run, held open, and the places in it.
//!
//! What is written goes to the folder that was opened: it follows where that is moved, and never into another one that
//! takes its old place. The folder's own path may lead over links, which are the person's; within it none is followed.

mod place;
mod write;

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{self, ErrorKind},
    os::{
        fd::{AsFd, AsRawFd, OwnedFd},
        unix::ffi::OsStringExt,
    },
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, mkdirat, openat, stat, statat},
    io::Errno,
};

pub use place::{Found, Place};

use super::open::must_be;

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
/// Mode of folders that are made, before the person's mask.
const MADE: Mode = Mode::from_raw_mode(0o777);

/// An open folder.
#[derive(Clone, Debug)]
pub struct Folder {
    open: Arc<OwnedFd>,
    path: PathBuf,
}

impl Folder {
    /// Opens the folder that a person names.
    ///
    /// # Errors
    /// The disk's; no folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_with(path, FOLDER)
    }

    /// The same where a link is no way to name it.
    ///
    /// # Errors
    /// The disk's; a link, something else that is no folder.
    pub fn open_itself(path: &Path) -> io::Result<Self> {
        Self::open_with(path, FOLDER | OFlags::NOFOLLOW)
    }

    fn open_with(path: &Path, how: OFlags) -> io::Result<Self> {
        let path = path.to_owned();
        let open = Arc::new(openat(CWD, &path, how, Mode::empty())?);
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
        Place::new(self, name.into())
    }

    /// Whatever stands in it.
    ///
    /// # Errors
    /// The disk's.
    pub fn entries(&self) -> io::Result<impl Iterator<Item = io::Result<Place>>> {
        Ok(names(&self.open)?.map(|name| Ok(self.place(name?))))
    }

    /// Opens a folder in one of this folder, no link; it is made where it is missing and that is wanted.
    fn enter(&self, folder: &OwnedFd, name: &OsStr, make: bool) -> io::Result<OwnedFd> {
        if make {
            match mkdirat(folder, name, MADE) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(self.told(error)),
            }
        }
        match openat(folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(folder) => Ok(folder),
            Err(error @ (Errno::NOTDIR | Errno::LOOP)) => {
                let there = statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)?;
                let wrong = must_be(FileType::Directory, there.st_mode).err();
                let wrong = wrong.unwrap_or_else(|| error.into());
                let message = format!("{}: {wrong}", name.display());
                Err(io::Error::new(ErrorKind::NotADirectory, message))
            }
            Err(error) => Err(self.told(error)),
        }
    }

    fn told(&self, error: Errno) -> io::Error {
        match error {
            Errno::NOENT if self.is_gone() => {
                io::Error::new(ErrorKind::NotFound, "the folder of the run was removed")
            }
            error => error.into(),
        }
    }

    /// Whether it was removed.
    fn is_gone(&self) -> bool {
        fstat(&self.open).is_ok_and(|about| about.st_nlink == 0)
    }
}

/// The names in an open folder.
fn names(folder: &OwnedFd) -> io::Result<impl Iterator<Item = io::Result<OsString>> + use<>> {
    let names = Dir::read_from(folder)?
        .map(|entry| Ok(OsString::from_vec(entry?.file_name().to_bytes().to_vec())));
    let is_inside = |name: &OsString| name != "." && name != "..";
    Ok(names.filter(move |name: &io::Result<_>| name.as_ref().map_or(true, is_inside)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

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
    fn a_link_names_a_folder_only_where_that_is_wanted() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("link");
        fs::create_dir(home.path().join("run")).unwrap();
        fs::write(home.path().join("run/preset.ron"), "1").unwrap();
        symlink("run", &link).unwrap();
        assert!(Folder::open_itself(&link).is_err());
        let folder = Folder::open(&link).unwrap();
        let entries = folder.entries().unwrap();
        let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths, [link.join("preset.ron")]);
    }
}
