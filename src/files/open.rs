//! Opening files for reading without trusting their paths.
//!
//! A path may lead to a pipe or a device, on which reading blocks, or to a link that leads elsewhere; a file's length may
//! be too large to allocate. All files are opened by these functions.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use rustix::fs::{FileType, OFlags};

/// Flags for opening a plain file. They keep `open` from blocking if a pipe or a device has replaced the file since it was
/// checked.
pub(crate) const UNTRUSTED: OFlags = OFlags::NONBLOCK
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Opens a plain (regular) file that a user names. Links are followed.
///
/// # Errors
/// If opening fails or the path is not a plain file.
pub(crate) fn plain(path: &Path) -> io::Result<File> {
    checked(path, &fs::metadata(path)?, UNTRUSTED)
}

/// Opens a plain file of a run. A link is an error.
///
/// # Errors
/// If opening fails or the path is not a plain file.
pub(crate) fn no_follow(path: &Path) -> io::Result<File> {
    let metadata = fs::symlink_metadata(path)?;
    checked(path, &metadata, UNTRUSTED | OFlags::NOFOLLOW)
}

/// Reads a file of a run of at most `most` bytes; `None` if the file does not exist.
///
/// # Errors
/// If reading fails, the file is longer, or the path is not a plain file.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    match no_follow(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        file => bounded(file?, most).map(Some),
    }
}

/// Reads the rest of a file or stream, at most `most` bytes.
///
/// # Errors
/// If reading fails or there are more bytes.
pub(crate) fn bounded(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is longer than {most} bytes");
        Err(io::Error::new(ErrorKind::FileTooLarge, message))
    } else {
        Ok(bytes)
    }
}

/// Checks the file type in `mode`.
///
/// # Errors
/// If it is another type than `wanted`; the message names both.
pub(crate) fn must_be(wanted: FileType, mode: u32) -> io::Result<()> {
    let found = FileType::from_raw_mode(mode);
    if found == wanted {
        return Ok(());
    }
    let message = format!("it is {}, not {}", name(found), name(wanted));
    Err(io::Error::new(ErrorKind::InvalidInput, message))
}

fn name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a plain file",
        FileType::Directory => "a folder",
        FileType::Symlink => "a link",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        _ => "a device",
    }
}

/// Opens a file after checking that `metadata` is that of a plain file, and checks the opened file again.
fn checked(path: &Path, metadata: &Metadata, flags: OFlags) -> io::Result<File> {
    // Checked first: opening a device may have an effect on it.
    must_be(FileType::RegularFile, metadata.mode())?;
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .custom_flags(flags.bits() as i32)
        .open(path)?;
    must_be(FileType::RegularFile, file.metadata()?.mode())?;
    Ok(file)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, Mode, makedev, mknodat};

    use super::*;

    /// Creates a pipe without a writer.
    pub(crate) fn pipe(path: &Path) {
        let mode = Mode::from_raw_mode(0o600);
        mknodat(CWD, path, FileType::Fifo, mode, 0).unwrap();
    }

    /// Creates a device that reads zeros without end; false if that is not permitted.
    pub(crate) fn device(path: &Path) -> bool {
        let mode = Mode::from_raw_mode(0o600);
        mknodat(CWD, path, FileType::CharacterDevice, mode, makedev(1, 5)).is_ok()
    }

    #[test]
    fn only_plain_files_of_bounded_length_are_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("summary.json");
        assert_eq!(read(&path, 3).unwrap(), None);
        fs::write(&path, "123").unwrap();
        assert_eq!(read(&path, 3).unwrap(), Some(b"123".to_vec()));
        assert!(read(&path, 2).unwrap_err().to_string().contains("longer"));
        let error = |path: &Path| read(path, 3).unwrap_err().to_string();
        assert_eq!(error(home.path()), "it is a folder, not a plain file");
        // Opening a pipe without a writer would block for ever.
        let other = home.path().join("other");
        pipe(&other);
        assert_eq!(error(&other), "it is a pipe, not a plain file");
        fs::remove_file(&other).unwrap();
        if device(&other) {
            assert_eq!(error(&other), "it is a device, not a plain file");
        }
    }

    #[test]
    fn links_are_followed_for_users_paths_and_refused_for_files_of_a_run() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("link");
        symlink("file", &link).unwrap();
        assert_eq!(plain(&link).unwrap_err().kind(), ErrorKind::NotFound);
        fs::write(home.path().join("file"), "123").unwrap();
        assert!(plain(&link).is_ok());
        let error = no_follow(&link).unwrap_err().to_string();
        assert_eq!(error, "it is a link, not a plain file");
    }
}
