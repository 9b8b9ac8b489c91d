//! Files that a person names to be written: the one door for them.
//!
//! A regular file is replaced as a whole, written aside, synced and renamed, and keeps its mode. A link stays, and what
//! it leads to is written so. A pipe or a device stays and is written through. `-` is standard output.
#![expect(
    clippy::disallowed_methods,
    reason = "bytes of a file leave here, no text"
)]

use std::{
    fmt,
    fs::{self, File, Metadata, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    },
    path::{Path, PathBuf},
};

use rustix::fs::{Access, OFlags, access};

use super::whole::write_whole;
use crate::text::wording::unwritable;

/// Links that lead to one another at most, as the system has it.
const MOST_LINKS: usize = 40;
/// Bits of a mode that say who may do what.
const ACCESS: u32 = 0o777;
/// Ends of names that say another format than safetensors.
const FORMATS: [&str; 6] = [".pt", ".pth", ".bin", ".npz", ".h5", ".onnx"];

/// Where to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output, `-`.
    Stdout,
    Path(PathBuf),
}

/// Why nothing was written. What stood there stays.
#[derive(Debug, thiserror::Error)]
#[error("{}", unwritable(output, source))]
pub struct NotWritten {
    output: Output,
    source: io::Error,
}

impl From<PathBuf> for Output {
    fn from(path: PathBuf) -> Self {
        match path.as_os_str() == "-" {
            true => Self::Stdout,
            false => Self::Path(path),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

impl Output {
    /// The path; none of standard output.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::Path(path) => Some(path),
        }
    }

    /// The end of the name where it says that the file is of another format than safetensors.
    pub fn says_another_format(&self) -> Option<&'static str> {
        let name = self.path()?.file_name()?.to_string_lossy();
        let name = name.to_ascii_lowercase();
        FORMATS.into_iter().find(|end| name.ends_with(end))
    }

    /// Whether both lead to the same place.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stdout, Self::Stdout) => true,
            (Self::Path(one), Self::Path(two)) => one == two || same_place(one, two),
            _ => false,
        }
    }

    /// Says early what [`write`](Self::write) would say: work that cannot be kept is not begun.
    ///
    /// # Errors
    /// A folder, a link that leads nowhere, a place in a folder that does not exist or cannot be written to.
    pub fn check(&self) -> Result<(), NotWritten> {
        let looked = self.path().map_or(Ok(()), |path| {
            match Place::of(path)? {
                Place::Through(_) => access(path, Access::WRITE_OK)?,
                Place::File { path, .. } => {
                    access(folder_of(&path), Access::WRITE_OK | Access::EXEC_OK)?;
                }
            }
            Ok(())
        });
        looked.map_err(|source| self.failed(source))
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// As [`write_with`](Self::write_with).
    pub fn write(&self, bytes: &[u8]) -> Result<(), NotWritten> {
        self.write_with(|to| to.write_all(bytes)).map(drop)
    }

    /// Writes what `write` writes, and gives its result; none where the reader of a pipe has seen enough, which is no
    /// error.
    ///
    /// # Errors
    /// Those of `write`, of [`check`](Self::check), of the disk.
    pub fn write_with<T>(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<T>,
    ) -> Result<Option<T>, NotWritten> {
        let through =
            |to: &mut dyn Write| match write(to).and_then(|made| to.flush().map(|()| made)) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(None),
                written => written.map(Some),
            };
        let written = match self {
            Self::Stdout => through(&mut io::stdout().lock()),
            Self::Path(path) => Place::of(path).and_then(|place| match place {
                Place::Through(there) => through(&mut open(path, &there)?),
                Place::File { path, before } => write_whole(&path, |file| {
                    // First, so that nobody reads meanwhile what the file's mode keeps from them.
                    before
                        .iter()
                        .for_each(|before| keep_owner_and_mode(file, before));
                    through(file)
                }),
            }),
        };
        written.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> NotWritten {
        let output = self.clone();
        NotWritten { output, source }
    }
}

/// What a path leads to.
enum Place {
    /// A pipe, a device, what a process has open: written as it is.
    Through(Metadata),
    /// A regular file, or none yet: replaced as a whole.
    File {
        /// That of the file itself, behind all links.
        path: PathBuf,
        before: Option<Metadata>,
    },
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        let bytes = path.as_os_str().as_bytes();
        let before = match fs::metadata(path) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if before.as_ref().is_some_and(Metadata::is_dir)
            || bytes.ends_with(b"/")
            || bytes.ends_with(b"/.")
        {
            return Err(wrong(
                ErrorKind::IsADirectory,
                "that is a folder, and a file is needed",
            ));
        }
        if let Some(there) = before.as_ref().filter(|there| !there.is_file()) {
            return Ok(Self::Through(there.clone()));
        }
        let file = behind_links(path)?;
        match (file, before) {
            (Some(path), before) => {
                let folder = folder_of(&path);
                match folder.is_dir() {
                    true => Ok(Self::File { path, before }),
                    false => {
                        let text = format!("there is no folder {}", folder.display());
                        Err(wrong(ErrorKind::NotFound, &text))
                    }
                }
            }
            (None, Some(there)) => Ok(Self::Through(there)),
            (None, None) => Err(ErrorKind::NotFound.into()),
        }
    }
}

/// The path behind all links, whether there is something or not. None where one of them stands for what a process has
/// open, as `/dev/stdout` does: that has no path of its own.
fn behind_links(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let to = match fs::read_link(&path) {
            Ok(to) => to,
            // No link, or nothing.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(Some(path));
            }
            Err(error) => return Err(error),
        };
        let folder = folder_of(&path);
        if folder
            .canonicalize()
            .is_ok_and(|folder| folder.starts_with("/proc"))
        {
            return Ok(None);
        }
        path = folder.join(to);
    }
    Err(rustix::io::Errno::LOOP.into())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => path,
    }
}

/// Opens what is written through, where it is still what was seen.
fn open(path: &Path, seen: &Metadata) -> io::Result<File> {
    let mut options = File::options();
    // A file that a process has open is gone on with: it was emptied, or is to be kept, by whoever opened it.
    let file = options
        .write(true)
        .append(seen.is_file())
        .custom_flags(OFlags::NOCTTY.bits() as i32)
        .open(path)?;
    match is_same(&file.metadata()?, seen) {
        true => Ok(file),
        false => Err(io::Error::other("it was replaced meanwhile: try again")),
    }
}

/// Best effort: some file systems know neither.
fn keep_owner_and_mode(file: &File, before: &Metadata) {
    let owner = |of: &Metadata| (of.uid(), of.gid());
    let own = file
        .metadata()
        .is_ok_and(|new| owner(&new) == owner(before))
        || fchown(file, Some(before.uid()), Some(before.gid())).is_ok();
    // What runs as its owner must not begin to run as another.
    let bits = if own { u32::MAX } else { ACCESS };
    let _ = file.set_permissions(Permissions::from_mode(before.mode() & bits));
}

fn is_same(one: &Metadata, two: &Metadata) -> bool {
    (one.dev(), one.ino()) == (two.dev(), two.ino())
}

fn same_place(one: &Path, two: &Path) -> bool {
    if let (Ok(one), Ok(two)) = (fs::metadata(one), fs::metadata(two)) {
        return is_same(&one, &two);
    }
    let whole = |path: &Path| {
        let path = behind_links(path).ok()??;
        let folder = folder_of(&path).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    whole(one).is_some_and(|one| whole(two) == Some(one))
}

fn wrong(kind: ErrorKind, text: &str) -> io::Error {
    io::Error::new(kind, text)
}
