//! journal.jsonl: every change and every alarm of a run as it happens, one JSON object a line.

pub mod again;
pub mod lineage;
mod past;

use std::{
    io::{self, BufRead},
    sync::Arc,
};

use serde::Serialize;

pub use past::{Does, Move, Part, Past, Written};

use super::{about::Environment, append::Appender, lock::Lock};
use crate::{files::folder::Place, model::Change};

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
    pub fn new(place: Place, lock: Arc<Lock>, lines: u64) -> Self {
        Self {
            appender: Appender::new(place, lock),
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

    /// Hands what waits to the system for the last time.
    ///
    /// # Errors
    /// What is lost, and why.
    pub fn finish(&mut self) -> Result<(), String> {
        self.appender.finish()
    }
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
pub mod tests {
    use super::*;
    use crate::files::folder::Folder;

    pub fn change(step: u64) -> Change {
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
        let folder = Folder::open(home.path()).unwrap();
        let place = folder.place("journal.jsonl");
        let lock = Arc::new(Lock::take(&folder).unwrap());
        let mut journal = Journal::new(place.clone(), lock, 0);
        assert!(!place.is_file());
        for step in [3, 4] {
            journal.append(&change(step)).unwrap();
        }
        let text = std::fs::read_to_string(place.path()).unwrap();
        let first = r#"{"step":3,"kind":"set","key":"loss","old":"hinge","new":"a \"quote\"\nand a line","cause":"key"}"#;
        assert_eq!(text.lines().next(), Some(first));
        assert_eq!(journal.lines(), 2);
        let past = Past::read(&place).unwrap();
        let read = past.written().iter().map(|line| past.change(line).unwrap());
        assert_eq!(read.collect::<Vec<_>>(), [change(3), change(4)]);
    }
}
