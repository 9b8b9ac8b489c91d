//! Opening what stands in a run's directory without trusting it.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rustix::fs::OFlags;

/// Opens a plain file for reading. Nothing else is opened: a pipe would be waited for.
///
/// # Errors
/// The disk's; something that is no plain file.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options
        .read(true)
        .custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32)
        .open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "not a plain file")),
    }
}

/// The content of a file of at most `most` bytes; none where there is no such file.
///
/// # Errors
/// The disk's; a longer file, something that is no plain file.
pub fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => {
            let message = format!("it is longer than {most} bytes");
            Err(io::Error::new(ErrorKind::InvalidData, message))
        }
        false => Ok(Some(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_of_bounded_length_are_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("summary.json");
        assert_eq!(read(&path, 3).unwrap(), None);
        std::fs::write(&path, "123").unwrap();
        assert_eq!(read(&path, 3).unwrap(), Some(b"123".to_vec()));
        assert!(read(&path, 2).unwrap_err().to_string().contains("longer"));
        assert!(read(home.path(), 3).is_err());
        // One that nobody writes to would be waited for until the end of time.
        let pipe = home.path().join("pipe");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert!(read(&pipe, 3).unwrap_err().to_string().contains("plain"));
    }
}
