//! A file that only ever grows, line by line, and loses nothing that can still be written.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    sync::Arc,
};

use super::lock::Lock;
use crate::{files::folder::Place, text::wording::unwritable};

/// Most bytes that wait for a disk that takes none; lines beyond are lost, and counted.
pub const MOST: usize = 8 << 20;

/// Bytes that are worth a write.
const FULL: usize = 64 << 10;

/// Why nothing is written any more.
pub(crate) const REPLACED: &str = "another process has taken its directory over";

/// Lines on their way to a file. What the disk does not take waits, to the byte, and is tried again with what follows.
#[derive(Debug)]
pub(crate) struct Appender {
    place: Place,
    /// The right to write there.
    lock: Arc<Lock>,
    file: Option<File>,
    waiting: Vec<u8>,
    lost: u64,
    /// The last attempt failed, and the person has been told.
    told: bool,
}

impl Appender {
    /// The file is made with its first line.
    pub(crate) fn new(place: Place, lock: Arc<Lock>) -> Self {
        Self {
            place,
            lock,
            file: None,
            waiting: Vec::new(),
            lost: 0,
            told: false,
        }
    }

    /// Adds a line, without its end, to what waits.
    pub(crate) fn push(&mut self, line: &str) {
        if self.waiting.len() + line.len() < MOST {
            self.waiting.extend(line.as_bytes());
            self.waiting.push(b'\n');
        } else {
            self.lost += 1;
        }
    }

    /// Whether enough waits for a write; not where the last one failed, which is tried again in its time.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= FULL && !self.told
    }

    /// Hands what waits to the system.
    ///
    /// # Errors
    /// What stands in the way, with the path; for the first of several failures in a row.
    pub(crate) fn flush(&mut self) -> Result<(), String> {
        let written = self.write();
        let path = &self.place;
        match written {
            Err(error) if !self.told => {
                self.told = true;
                Err(format!("{}; it is tried again", unwritable(path, error)))
            }
            Err(_) => Ok(()),
            Ok(()) => {
                self.told = false;
                match std::mem::take(&mut self.lost) {
                    0 => Ok(()),
                    lost => Err(format!(
                        "{path} can be written again; {lost} lines are lost"
                    )),
                }
            }
        }
    }

    /// Hands what waits to the system for the last time.
    ///
    /// # Errors
    /// What stands in the way, whether it was told before or not, and how many lines are lost.
    pub(crate) fn finish(&mut self) -> Result<(), String> {
        let written = self.write();
        let waiting = self.waiting.iter().filter(|&&byte| byte == b'\n').count() as u64;
        let (path, lost) = (&self.place, self.lost + waiting);
        match written {
            Err(error) => Err(format!(
                "{}; {lost} lines are lost",
                unwritable(path, error)
            )),
            Ok(()) if lost > 0 => Err(format!("{lost} lines of {path} are lost")),
            Ok(()) => Ok(()),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        // What is written to a file that was removed is gone: another one takes its place.
        if let Some(file) = &self.file
            && file.metadata()?.nlink() == 0
        {
            self.file = None;
        }
        let file = match &mut self.file {
            Some(file) => file,
            None if !self.lock.holds() => return Err(io::Error::other(REPLACED)),
            None => self.file.insert(open(&self.place)?),
        };
        while !self.waiting.is_empty() {
            match file.write(&self.waiting) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => drop(self.waiting.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        // The last attempt: whoever could be told is gone.
        let _ = self.write();
    }
}

/// Opens a file to be added to. A line that an earlier process left torn off is ended first, so that it spoils no other.
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
    fn what_could_not_be_written_is_there_later_to_the_byte() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lines");
        fs::create_dir(&path).unwrap();
        let mut appender = appender(&home, "lines");
        appender.push("one");
        let told = appender.flush().unwrap_err();
        assert!(told.contains("/lines"), "{told}");
        appender.push("two");
        assert_eq!(appender.flush(), Ok(()), "told once");
        fs::remove_dir(&path).unwrap();
        assert_eq!(appender.flush(), Ok(()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn what_is_lost_at_the_end_is_told_though_it_was_told_before() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("lines");
        fs::create_dir(&path).unwrap();
        let mut appender = appender(&home, "lines");
        assert_eq!(appender.finish(), Ok(()), "nothing waits");
        for line in ["one", "two"] {
            appender.push(line);
            let _ = appender.flush();
        }
        let told = appender.finish().unwrap_err();
        assert!(told.ends_with("2 lines are lost"), "{told}");
        fs::remove_dir(&path).unwrap();
        assert_eq!(appender.finish(), Ok(()));
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
        assert!(appender.waiting.len() <= MOST);
        assert!(appender.flush().is_err());
        fs::remove_dir(&path).unwrap();
        let told = appender.flush().unwrap_err();
        assert!(told.contains("3 lines are lost"), "{told}");
        assert_eq!(appender.flush(), Ok(()));
    }
}
