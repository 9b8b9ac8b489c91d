//! Output files that a user names. All of them are written here.
//!
//! A regular file is replaced completely, by a temporary file, sync and rename; it keeps its owner and mode. A link stays,
//! and its target is replaced. Pipes and devices are written to directly. `-` is standard output.
#![expect(
    clippy::disallowed_methods,
    reason = "standard output gets the bytes of a file, not text"
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

/// Longest chain of links, as in Linux.
const MAX_LINKS: usize = 40;
/// Permission bits of a mode.
const PERMISSIONS: u32 = 0o777;
/// Extensions of other formats than safetensors.
const FORMATS: [&str; 6] = [".pt", ".pth", ".bin", ".npz", ".h5", ".onnx"];

/// The destination of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output, `-`.
    Stdout,
    /// A path; a file there is replaced only by a complete one.
    Path(PathBuf),
}

/// An error of writing an output. An existing file is then unchanged.
#[derive(Debug, thiserror::Error)]
#[error("{}", unwritable(output, source))]
pub struct NotWritten {
    output: Output,
    source: io::Error,
}

impl From<PathBuf> for Output {
    fn from(path: PathBuf) -> Self {
        if path.as_os_str() == "-" {
            Self::Stdout
        } else {
            Self::Path(path)
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
    /// The path; `None` for standard output.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::Path(path) => Some(path),
        }
    }

    /// The extension of the name if it is one of another format than safetensors.
    pub fn foreign_extension(&self) -> Option<&'static str> {
        let name = self.path()?.file_name()?.to_string_lossy();
        let name = name.to_ascii_lowercase();
        FORMATS.into_iter().find(|end| name.ends_with(end))
    }

    /// Whether both are standard output or lead to the same file.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Stdout, Self::Stdout) => true,
            (Self::Path(one), Self::Path(two)) => one == two || same_place(one, two),
            _ => false,
        }
    }

    /// Checks that [`write`](Self::write) can succeed, before the work whose result is written.
    ///
    /// # Errors
    /// If the path is a folder or a broken link, its folder does not exist, or writing is not permitted.
    pub fn check(&self) -> Result<(), NotWritten> {
        let checked = self.path().map_or(Ok(()), |path| {
            match Place::of(path)? {
                Place::Through(_) => access(path, Access::WRITE_OK)?,
                Place::File { path, .. } => {
                    access(folder_of(&path), Access::WRITE_OK | Access::EXEC_OK)?;
                }
            }
            Ok(())
        });
        checked.map_err(|source| self.failed(source))
    }

    /// Writes `bytes`. A reader of a pipe that closes it early is not an error.
    ///
    /// # Errors
    /// If the path cannot be written to, see [`check`](Self::check), or the disk fails.
    pub fn write(&self, bytes: &[u8]) -> Result<(), NotWritten> {
        self.write_with(|to| to.write_all(bytes)).map(drop)
    }

    /// Calls `write` with the output, and returns its result; `None` if the reader of a pipe closed it early, which is not
    /// an error.
    ///
    /// # Errors
    /// If `write` fails, the path cannot be written to, see [`check`](Self::check), or the disk fails.
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
                Place::Through(seen) => through(&mut open(path, &seen)?),
                Place::File { path, before } => write_whole(&path, |file| {
                    // Before writing, so that nobody can read the new content who may not read the file.
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

/// How a path is written.
enum Place {
    /// A pipe, a device, or an open file of a process (`/dev/stdout`): written directly.
    Through(Metadata),
    /// A regular file or a new one: replaced completely.
    File {
        /// The path after resolving links.
        path: PathBuf,
        /// Metadata of the existing file.
        before: Option<Metadata>,
    },
}

impl Place {
    fn of(path: &Path) -> io::Result<Self> {
        let bytes = path.as_os_str().as_bytes();
        let before = match fs::metadata(path) {
            Ok(metadata) => Some(metadata),
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
        if let Some(metadata) = before.as_ref().filter(|metadata| !metadata.is_file()) {
            return Ok(Self::Through(metadata.clone()));
        }
        let file = resolve_links(path)?;
        match (file, before) {
            (Some(path), before) => {
                let folder = folder_of(&path);
                if folder.is_dir() {
                    Ok(Self::File { path, before })
                } else {
                    let text = format!("there is no folder {}", folder.display());
                    Err(wrong(ErrorKind::NotFound, &text))
                }
            }
            (None, Some(metadata)) => Ok(Self::Through(metadata)),
            (None, None) => Err(ErrorKind::NotFound.into()),
        }
    }
}

/// The path after resolving all links, which need not exist. `None` if a link stands for an open file of a process, as
/// `/dev/stdout` does: it has no path.
fn resolve_links(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let to = match fs::read_link(&path) {
            Ok(to) => to,
            // Not a link, or nothing there.
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

/// Opens a pipe, a device or an open file of a process for writing. Fails if it is no longer what `seen` describes.
fn open(path: &Path, seen: &Metadata) -> io::Result<File> {
    let mut options = File::options();
    // An open file of a process is appended to: the process that opened it decided whether to truncate it.
    let file = options
        .write(true)
        .append(seen.is_file())
        .custom_flags(OFlags::NOCTTY.bits() as i32)
        .open(path)?;
    if is_same(&file.metadata()?, seen) {
        Ok(file)
    } else {
        Err(io::Error::other("it was replaced meanwhile: try again"))
    }
}

/// Gives a new file the owner and mode of the old one. Best effort: some file systems have neither.
fn keep_owner_and_mode(file: &File, before: &Metadata) {
    let owner = |of: &Metadata| (of.uid(), of.gid());
    let own = file
        .metadata()
        .is_ok_and(|new| owner(&new) == owner(before))
        || fchown(file, Some(before.uid()), Some(before.gid())).is_ok();
    // With another owner, setuid and setgid bits must not be kept.
    let bits = if own { u32::MAX } else { PERMISSIONS };
    let _ = file.set_permissions(Permissions::from_mode(before.mode() & bits));
}

fn is_same(one: &Metadata, two: &Metadata) -> bool {
    (one.dev(), one.ino()) == (two.dev(), two.ino())
}

fn same_place(one: &Path, two: &Path) -> bool {
    if let (Ok(one), Ok(two)) = (fs::metadata(one), fs::metadata(two)) {
        return is_same(&one, &two);
    }
    let resolved = |path: &Path| {
        let path = resolve_links(path).ok()??;
        let folder = folder_of(&path).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    resolved(one).is_some_and(|one| resolved(two) == Some(one))
}

fn wrong(kind: ErrorKind, text: &str) -> io::Error {
    io::Error::new(kind, text)
}
