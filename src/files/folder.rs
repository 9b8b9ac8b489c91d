//! The folder of a run as an open directory, and the places in it.
//!
//! Files are written relative to the open directory. If the folder is moved, they go to its new path, never to another
//! folder at the old path. Links in the folder's own path are followed: the user made them. Links inside the folder are
//! not followed.

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
/// Mode of new folders, before the umask.
const NEW_FOLDER: Mode = Mode::from_raw_mode(0o777);

/// An open folder.
#[derive(Clone, Debug)]
pub struct Folder {
    open: Arc<OwnedFd>,
    path: PathBuf,
}

impl Folder {
    /// Opens a folder. A link to a folder is followed.
    ///
    /// # Errors
    /// If opening fails or the path is not a folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_with(path, FOLDER)
    }

    /// Opens a folder. A link is an error.
    ///
    /// # Errors
    /// If opening fails or the path is a link or not a folder.
    pub fn open_no_follow(path: &Path) -> io::Result<Self> {
        Self::open_with(path, FOLDER | OFlags::NOFOLLOW)
    }

    fn open_with(path: &Path, flags: OFlags) -> io::Result<Self> {
        let path = path.to_owned();
        let open = Arc::new(openat(CWD, &path, flags, Mode::empty())?);
        Ok(Self { open, path })
    }

    /// The path by which the folder was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's current path, which differs from [`Folder::path`] after a move. If the system does not tell, it is
    /// [`Folder::path`].
    pub fn current_path(&self) -> PathBuf {
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

    /// The place of this name, relative to the folder.
    pub fn place(&self, name: impl Into<PathBuf>) -> Place {
        Place::new(self, name.into())
    }

    /// The entries of the folder.
    ///
    /// # Errors
    /// If reading the folder fails.
    pub fn entries(&self) -> io::Result<impl Iterator<Item = io::Result<Place>>> {
        Ok(names(&self.open)?.map(|name| Ok(self.place(name?))))
    }

    /// Opens the subfolder `name` of `folder`. A link is an error. A missing folder is created if `create` is set.
    fn enter(&self, folder: &OwnedFd, name: &OsStr, create: bool) -> io::Result<OwnedFd> {
        if create {
            match mkdirat(folder, name, NEW_FOLDER) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(self.explained(error)),
            }
        }
        match openat(folder, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(folder) => Ok(folder),
            Err(error @ (Errno::NOTDIR | Errno::LOOP)) => {
                let stat = statat(folder.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW)?;
                let wrong = must_be(FileType::Directory, stat.st_mode).err();
                let wrong = wrong.unwrap_or_else(|| error.into());
                let message = format!("{}: {wrong}", name.display());
                Err(io::Error::new(ErrorKind::NotADirectory, message))
            }
            Err(error) => Err(self.explained(error)),
        }
    }

    /// The error of an operation in the folder; it says so if the folder itself was removed.
    fn explained(&self, error: Errno) -> io::Error {
        match error {
            Errno::NOENT if self.is_gone() => {
                io::Error::new(ErrorKind::NotFound, "the folder of the run was removed")
            }
            error => error.into(),
        }
    }

    /// Whether the folder was removed.
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
    fn writes_follow_a_moved_folder() {
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
            assert_eq!(folder.current_path(), new);
            let shown = folder.place("lines").to_string();
            assert_eq!(Path::new(&shown), new.join("lines"));
        }
        fs::remove_dir_all(&new).unwrap();
        let error = folder.place("samples/a.png").write(b"1").unwrap_err();
        assert!(error.to_string().contains("was removed"), "{error}");
    }

    #[test]
    fn a_link_to_a_folder_is_followed_by_open_and_refused_by_open_no_follow() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("link");
        fs::create_dir(home.path().join("run")).unwrap();
        fs::write(home.path().join("run/preset.ron"), "1").unwrap();
        symlink("run", &link).unwrap();
        assert!(Folder::open_no_follow(&link).is_err());
        let folder = Folder::open(&link).unwrap();
        let entries = folder.entries().unwrap();
        let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths, [link.join("preset.ron")]);
    }
}
