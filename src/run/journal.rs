//! journal.jsonl: every change and every alarm of a run as it happens, one JSON object a line.

pub mod lineage;

use std::{
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use super::{Change, about::Environment, append::Appender, lock::Lock};

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    change: &'a Change,
    #[serde(skip_serializing_if = "Environment::is_empty")]
    environment: &'a Environment,
}

/// Longest line that is read as one.
const LONGEST: usize = 1 << 20;

/// The file, made with its first line.
#[derive(Debug)]
pub struct Journal {
    appender: Appender,
    /// Lines in the file and on their way there.
    lines: u64,
}

impl Journal {
    /// A journal that goes on after so many lines.
    pub fn new(path: PathBuf, lock: Arc<Lock>, lines: u64) -> Self {
        Self {
            appender: Appender::new(path, lock),
            lines,
        }
    }

    /// Lines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Adds a line and hands it to the system at once.
    ///
    /// # Errors
    /// What stands in the way, with the path: for the first of several failures in a row. The line is not lost, and is tried
    /// again.
    pub fn append(&mut self, change: &Change) -> Result<(), String> {
        self.append_with(change, &Environment::new())
    }

    /// The same with what the line says of the program's surroundings.
    ///
    /// # Errors
    /// Those of [`Journal::append`].
    pub fn append_with(
        &mut self,
        change: &Change,
        environment: &Environment,
    ) -> Result<(), String> {
        let line = Line {
            change,
            environment,
        };
        let line = serde_json::to_string(&line).map_err(|error| error.to_string())?;
        self.appender.push(&line);
        self.lines += 1;
        self.appender.flush()
    }

    /// Hands to the system what it did not take before.
    ///
    /// # Errors
    /// Those of [`Journal::append`].
    pub fn flush(&mut self) -> Result<(), String> {
        self.appender.flush()
    }
}

/// The lines of a journal in their order, none for one that cannot be read, such as one torn off by the end of its
/// process; empty where there is no file.
///
/// # Errors
/// The disk's.
pub fn read(path: &Path) -> io::Result<Vec<Option<Change>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut lines = Vec::new();
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    while next_line(&mut reader, &mut line)? > 0 {
        lines.push(serde_json::from_slice(&line).ok());
    }
    Ok(lines)
}

/// Reads the next line without its end, of one that is too long nothing; gives the bytes that it takes up, 0 at the end
/// of the file.
pub fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let (mut bytes, mut long) = (0, false);
    loop {
        let chunk = reader.fill_buf()?;
        if chunk.is_empty() {
            return Ok(bytes);
        }
        let end = chunk.iter().position(|&byte| byte == b'\n');
        let text = &chunk[..end.unwrap_or(chunk.len())];
        long |= line.len() + text.len() > LONGEST;
        if long {
            line.clear();
        } else {
            line.extend(text);
        }
        let used = text.len() + usize::from(end.is_some());
        reader.consume(used);
        bytes += used as u64;
        if end.is_some() {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(step: u64) -> Change {
        Change {
            step,
            kind: "set".into(),
            key: "loss".into(),
            old: "hinge".into(),
            new: "a \"quote\"\nand a line".into(),
            cause: "key".into(),
        }
    }

    #[test]
    fn a_change_is_one_line_with_its_keys_in_order() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("journal.jsonl");
        let mut journal = Journal::new(path.clone(), Arc::new(Lock::take(home.path()).unwrap()), 0);
        assert!(!path.exists());
        for step in [3, 4] {
            journal.append(&change(step)).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let first = r#"{"step":3,"kind":"set","key":"loss","old":"hinge","new":"a \"quote\"\nand a line","cause":"key"}"#;
        assert_eq!(text.lines().next(), Some(first));
        assert_eq!(journal.lines(), 2);
        assert_eq!(read(&path).unwrap(), [Some(change(3)), Some(change(4))]);
    }

    #[test]
    fn what_cannot_be_read_takes_the_place_of_a_line() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("journal.jsonl");
        assert!(read(&path).unwrap().is_empty());
        let line = serde_json::to_string(&change(3)).unwrap();
        let long = "x".repeat(LONGEST + 1);
        let text = format!("{line}\nnonsense\n\n{long}\n{line}\n{}", &line[..9]);
        std::fs::write(&path, text).unwrap();
        let good = Some(change(3));
        let lines = [good.clone(), None, None, None, good, None];
        assert_eq!(read(&path).unwrap(), lines);
    }
}
