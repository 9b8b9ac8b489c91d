//! journal.jsonl: every change, alarm and other event of a run, one JSON object per line.

pub(crate) mod expected;
mod index;
pub(crate) mod lineage;
pub(crate) mod listing;

use std::sync::Arc;

use serde::Serialize;

pub use index::{DeviceChange, IndexedLine, JournalIndex, ReplayAction, ReplayLines};
pub use listing::Listing;

use super::{Reading, WriteError, about::Environment, append::Appender, lock::Lock};
use crate::{
    files::folder::Place,
    model::{Entry, event::MAX_TEXT},
};

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    entry: &'a Entry,
    #[serde(skip_serializing_if = "Environment::is_empty")]
    environment: &'a Environment,
}

/// Parses a line. `None` if it is not an entry, or for lenient reading if a text is longer than any of this program's.
pub fn read(line: &[u8], reading: Reading) -> Option<Entry> {
    // A cheap check first: a file may have millions of empty lines.
    let object = line.starts_with(b"{").then_some(line)?;
    let entry: Entry = serde_json::from_slice(object).ok()?;
    let bounded = entry.event.length().max(entry.cause.length()) <= MAX_TEXT;
    (bounded || reading == Reading::Strict).then_some(entry)
}

/// The writer of the file. It creates the file with the first line.
#[derive(Debug)]
pub struct Journal {
    appender: Appender,
    /// Lines written or pending.
    lines: u64,
}

impl Journal {
    /// A writer for a journal that has `lines` lines already.
    pub fn new(place: Place, lock: Arc<Lock>, lines: u64) -> Self {
        Self {
            appender: Appender::new(place, lock),
            lines,
        }
    }

    /// Lines written or pending, including those of earlier processes.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Writes a line with an entry and the environment variables that belong to it.
    ///
    /// # Errors
    /// If it cannot be written, for the first of several failures in a row. The line stays pending and is tried again.
    pub fn append(&mut self, entry: &Entry, environment: &Environment) -> Result<(), WriteError> {
        let line = Line { entry, environment };
        self.appender.push(&serde_json::to_string(&line)?);
        self.lines += 1;
        self.appender.flush()
    }

    /// Writes the pending lines.
    ///
    /// # Errors
    /// If they cannot be written, for the first of several failures in a row.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.appender.flush()
    }

    /// Writes the pending lines for the last time.
    ///
    /// # Errors
    /// If lines are lost.
    pub fn finish(&mut self) -> Result<(), WriteError> {
        self.appender.finish()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::files::folder::Folder;

    /// An entry with these texts. Only a rewind has an old value.
    pub(crate) fn entry(step: u64, kind: &str, key: &str, new: &str, cause: &str) -> Entry {
        let old = if kind == "rewind" { "9" } else { "" };
        let words = serde_json::json!({
            "step": step, "kind": kind, "key": key, "old": old, "new": new, "cause": cause
        });
        serde_json::from_value(words).unwrap()
    }

    /// A change whose value must be escaped.
    pub(crate) fn change(step: u64) -> Entry {
        entry(step, "set", "loss", "a \"quote\"\nand a line", "key")
    }

    #[test]
    fn an_entry_is_one_line_with_its_keys_in_order() {
        let home = tempfile::tempdir().unwrap();
        let folder = Folder::open(home.path()).unwrap();
        let place = folder.place("journal.jsonl");
        let lock = Arc::new(Lock::take(&folder).unwrap());
        let mut journal = Journal::new(place.clone(), lock, 0);
        assert!(!place.is_file());
        let none = Environment::new();
        let job = Environment::from([("SLURM_JOB_ID".into(), "7".into())]);
        for (step, environment) in [(3, none), (4, job)] {
            journal.append(&change(step), &environment).unwrap();
        }
        let text = std::fs::read_to_string(place.path()).unwrap();
        let line =
            r#""kind":"set","key":"loss","old":"","new":"a \"quote\"\nand a line","cause":"key""#;
        let environment = r#""environment":{"SLURM_JOB_ID":"7"}"#;
        let lines = format!("{{\"step\":3,{line}}}\n{{\"step\":4,{line},{environment}}}\n");
        assert_eq!(text, lines);
        assert_eq!(journal.lines(), 2);
        let index = JournalIndex::read(&place).unwrap();
        let read = index
            .readable()
            .iter()
            .map(|line| index.entry(line).unwrap());
        assert_eq!(read.collect::<Vec<_>>(), [change(3), change(4)]);
    }

    #[test]
    fn texts_that_are_too_long_are_for_strict_reading_only() {
        let long = "x".repeat(MAX_TEXT + 1);
        let line = serde_json::to_string(&entry(1, "set", "loss", &long, "key")).unwrap();
        let read = |reading| read(line.as_bytes(), reading).is_some();
        assert!(read(Reading::Strict) && !read(Reading::Lenient));
    }
}
