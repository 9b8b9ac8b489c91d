//! A file to which lines are appended. Lines that cannot be written are kept and tried again.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    sync::Arc,
};

use super::{WriteError, lock::Lock};
use crate::files::folder::Place;

/// Maximum size of the pending lines in bytes, while the disk accepts none. Further lines are dropped and counted.
pub const MAX_PENDING: usize = 8 << 20;

/// Pending bytes that are worth a write before the next flush.
const WRITE_SIZE: usize = 64 << 10;

/// Lines on their way to a file. Bytes that cannot be written stay pending and are tried again with the lines that
/// follow.
#[derive(Debug)]
pub(crate) struct Appender {
    place: Place,
    /// The right to write to the directory.
    lock: Arc<Lock>,
    file: Option<File>,
    pending: Vec<u8>,
    /// Lines dropped since the last report.
    lost: u64,
    /// Whether the last write failed and this was reported.
    reported: bool,
}

impl Appender {
    /// An appender that creates the file with its first line.
    pub(crate) fn new(place: Place, lock: Arc<Lock>) -> Self {
        Self {
            place,
            lock,
            file: None,
            pending: Vec::new(),
            lost: 0,
            reported: false,
        }
    }

    /// Adds a line, without its newline, to the pending ones.
    pub(crate) fn push(&mut self, line: &str) {
        if self.pending.len() + line.len() < MAX_PENDING {
            self.pending.extend(line.as_bytes());
            self.pending.push(b'\n');
        } else {
            self.lost += 1;
        }
    }

    /// Whether enough is pending for a write. `false` after a failed write, which is tried again only by
    /// [`flush`](Self::flush).
    pub(crate) fn is_full(&self) -> bool {
        self.pending.len() >= WRITE_SIZE && !self.reported
    }

    /// Size of the file in bytes. `None` while lines are pending, or if it cannot be told.
    pub(crate) fn size(&self) -> Option<u64> {
        if !self.pending.is_empty() {
            return None;
        }
        match self.place.metadata() {
            Ok(found) => Some(found.bytes),
            Err(error) => (error.kind() == io::ErrorKind::NotFound).then_some(0),
        }
    }

    /// Writes the pending lines.
    ///
    /// # Errors
    /// If they cannot be written, for the first of several failures in a row; or, once they can be written again, if
    /// lines were lost.
    pub(crate) fn flush(&mut self) -> Result<(), WriteError> {
        let written = self.write();
        let place = self.place.clone();
        match written {
            Err(source) if !self.reported => {
                self.reported = true;
                Err(WriteError::Waiting { place, source })
            }
            Err(_) => Ok(()),
            Ok(()) => {
                self.reported = false;
                match std::mem::take(&mut self.lost) {
                    0 => Ok(()),
                    lines => Err(WriteError::Gap { place, lines }),
                }
            }
        }
    }

    /// Writes the pending lines for the last time.
    ///
    /// # Errors
    /// If they cannot be written or lines were lost, even if that was reported before.
    pub(crate) fn finish(&mut self) -> Result<(), WriteError> {
        let written = self.write();
        let pending = self.pending.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let (place, lines) = (self.place.clone(), self.lost + pending);
        match written {
            Err(source) => Err(WriteError::CutOff {
                place,
                lines,
                source,
            }),
            Ok(()) if lines > 0 => Err(WriteError::Lost { place, lines }),
            Ok(()) => Ok(()),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        // A removed file is replaced by a new one: nobody could read what is written to it.
        if let Some(file) = &self.file
            && file.metadata()?.nlink() == 0
        {
            self.file = None;
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                self.lock.must_hold()?;
                self.file.insert(open(&self.place)?)
            }
        };
        while !self.pending.is_empty() {
            match file.write(&self.pending) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(self.pending.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        // Last attempt: nobody is left to report an error to.
        let _ = self.write();
    }
}

/// Opens a file for appending. An incomplete last line of an earlier process is ended first, so that it cannot merge
/// with the next one.
fn open(place: &Place) -> io::Result<File> {
    let mut file = place.append()?;
    if file.metadata()?.len() > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::files::folder::Folder;

    fn appender(home: &tempfile::TempDir, name: &str) -> Appender {
        let folder = Folder::open(home.path()).unwrap();
        let lock = Arc::new(Lock::take(&folder).unwrap());
        Appender::new(folder.place(name), lock)
    }

    #[test]
    fn lines_that_could_not_be_written_are_written_later() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lines");
        fs::create_dir(&path).unwrap();
        let mut appender = appender(&home, "lines");
        appender.push("one");
        let told = appender.flush().unwrap_err().to_string();
        assert!(told.contains("/lines"), "{told}");
        appender.push("two");
        appender.flush().expect("told once");
        fs::remove_dir(&path).unwrap();
        appender.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn losses_at_the_end_are_reported_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lines");
        fs::create_dir(&path).unwrap();
        let mut appender = appender(&home, "lines");
        appender.finish().expect("nothing waits");
        for line in ["one", "two"] {
            appender.push(line);
            let _ = appender.flush();
        }
        let told = appender.finish().unwrap_err().to_string();
        assert!(told.ends_with("2 lines are lost"), "{told}");
        fs::remove_dir(&path).unwrap();
        appender.finish().unwrap();
    }

    #[test]
    fn a_file_that_was_removed_begins_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lines");
        let mut appender = appender(&home, "lines");
        for line in ["one", "two"] {
            appender.push(line);
            appender.flush().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{line}\n"));
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_torn_line_spoils_no_other() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lines");
        fs::write(&path, "one\ntw").unwrap();
        let mut appender = appender(&home, "lines");
        appender.push("three");
        appender.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntw\nthree\n");
    }

    #[test]
    fn memory_is_bounded_and_losses_are_counted() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lines");
        fs::create_dir(&path).unwrap();
        let mut appender = appender(&home, "lines");
        let line = "x".repeat(1 << 20);
        for _ in 0..10 {
            appender.push(&line);
        }
        assert!(appender.pending.len() <= MAX_PENDING);
        assert!(appender.flush().is_err());
        fs::remove_dir(&path).unwrap();
        let told = appender.flush().unwrap_err().to_string();
        assert!(told.contains("3 lines are lost"), "{told}");
        appender.flush().unwrap();
    }
}
