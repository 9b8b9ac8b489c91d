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
const UNTRUSTED: OFlags = OFlags::NONBLOCK
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Opens a plain file that a person names; links lead to it.
///
/// # Errors
/// The disk's; something that is no plain file.
pub fn plain(path: &Path) -> io::Result<File> {
    checked(path, &fs::metadata(path)?, UNTRUSTED)
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
pub fn expect(wanted: FileType, mode: u32) -> io::Result<()> {
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
    expect(FileType::RegularFile, there.mode())?;
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .custom_flags(how.bits() as i32)
        .open(path)?;
    expect(FileType::RegularFile, file.metadata()?.mode())?;
    Ok(file)
}
