//! A folder that is held open: what is done in it is done in that folder, whatever stands under its name by then.

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::unix::ffi::OsStringExt,
    path::Path,
    time::{Duration, SystemTime},
};

use rustix::{
    fd::OwnedFd,
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat, unlinkat},
};

/// Entries that are looked at.
const MOST: usize = 100_000;

/// No link leads out of it.
#[derive(Debug)]
pub struct Folder(OwnedFd);

/// What a folder holds under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: OsString,
    pub kind: FileType,
    pub bytes: u64,
    pub written: SystemTime,
}

impl Folder {
    /// # Errors
    /// The disk's; a link, or something else that is no folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_at(CWD, path)
    }

    /// A folder in this one; as [`open`](Self::open).
    pub fn below(&self, name: &Path) -> io::Result<Self> {
        Self::open_at(&self.0, name)
    }

    fn open_at(folder: impl rustix::fd::AsFd, path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(openat(folder, path, flags, Mode::empty())?))
    }

    /// A regular file in this folder, opened for reading without waiting for anybody.
    ///
    /// # Errors
    /// The disk's; a link, a pipe, a device.
    pub fn file(&self, name: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = openat(&self.0, name, flags | OFlags::CLOEXEC, Mode::empty())?;
        let file = File::from(file);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("not a plain file")),
        }
    }

    /// What there is, links as links, in the order of names.
    ///
    /// # Errors
    /// The disk's.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.0)?.take(MOST) {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let about = match statat(&self.0, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                // It went meanwhile.
                Err(rustix::io::Errno::NOENT) => continue,
                about => about?,
            };
            let seconds = Duration::from_secs(u64::try_from(about.st_mtime).unwrap_or(0));
            entries.push(Entry {
                name: OsString::from_vec(name.to_vec()),
                kind: FileType::from_raw_mode(about.st_mode),
                bytes: u64::try_from(about.st_size).unwrap_or(0),
                written: SystemTime::UNIX_EPOCH + seconds,
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// # Errors
    /// The disk's.
    pub fn remove_file(&self, name: &Path) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// # Errors
    /// The disk's; a folder that is not empty.
    pub fn remove_folder(&self, name: &Path) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }
}
