//! Opening files for reading without trusting what stands under their names.
//!
//! A pipe or a device would be waited for, a link leads elsewhere, and the length of a file is nothing to allocate by:
//! whatever is read goes through here.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use rustix::fs::{FileType, OFlags};

/// How a plain file is opened: what took its place in the meantime is not waited for.
pub const UNTRUSTED: OFlags = OFlags::NONBLOCK
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Opens a plain file that a person names; links lead to it.
///
/// # Errors
/// The disk's; something that is no plain file.
pub fn plain(path: &Path) -> io::Result<File> {
    checked(path, &fs::metadata(path)?, UNTRUSTED)
}

/// Opens a plain file of a run, which no link stands for.
///
/// # Errors
/// The disk's; something that is no plain file.
pub fn own(path: &Path) -> io::Result<File> {
    let there = fs::symlink_metadata(path)?;
    checked(path, &there, UNTRUSTED | OFlags::NOFOLLOW)
}

/// The content of a file of a run of at most `most` bytes; none where there is no such file.
///
/// # Errors
/// The disk's; a longer file, something that is no plain file.
pub fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    match own(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        file => bounded(file?, most).map(Some),
    }
}

/// What is left of a file or stream of at most `most` bytes.
///
/// # Errors
/// Those of reading; more bytes.
pub fn bounded(from: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => {
            let message = format!("it is longer than {most} bytes");
            Err(io::Error::new(ErrorKind::FileTooLarge, message))
        }
        false => Ok(bytes),
    }
}

/// Holds what stands somewhere, by its mode, against what is wanted there.
///
/// # Errors
/// Something else, by its name.
pub fn must_be(wanted: FileType, mode: u32) -> io::Result<()> {
    let there = FileType::from_raw_mode(mode);
    if there == wanted {
        return Ok(());
    }
    let message = format!("it is {}, not {}", name(there), name(wanted));
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

fn checked(path: &Path, there: &Metadata, how: OFlags) -> io::Result<File> {
    // Opening a device may do something to it.
    must_be(FileType::RegularFile, there.mode())?;
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .custom_flags(how.bits() as i32)
        .open(path)?;
    must_be(FileType::RegularFile, file.metadata()?.mode())?;
    Ok(file)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, Mode, makedev, mknodat};

    use super::*;

    /// Makes a pipe that nobody writes to.
    pub fn pipe(path: &Path) {
        let mode = Mode::from_raw_mode(0o600);
        mknodat(CWD, path, FileType::Fifo, mode, 0).unwrap();
    }

    /// Makes a device without end; false where that is not allowed.
    pub fn device(path: &Path) -> bool {
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
        let told = |path: &Path| read(path, 3).unwrap_err().to_string();
        assert_eq!(told(home.path()), "it is a folder, not a plain file");
        // One that nobody writes to would be waited for until the end of time.
        let other = home.path().join("other");
        pipe(&other);
        assert_eq!(told(&other), "it is a pipe, not a plain file");
        fs::remove_file(&other).unwrap();
        if device(&other) {
            assert_eq!(told(&other), "it is a device, not a plain file");
        }
    }

    #[test]
    fn links_are_followed_where_a_person_names_them_and_not_within_a_run() {
        let home = tempfile::tempdir().unwrap();
        let link = home.path().join("link");
        symlink("file", &link).unwrap();
        assert_eq!(plain(&link).unwrap_err().kind(), ErrorKind::NotFound);
        fs::write(home.path().join("file"), "123").unwrap();
        assert!(plain(&link).is_ok());
        let told = own(&link).unwrap_err().to_string();
        assert_eq!(told, "it is a link, not a plain file");
    }
}
