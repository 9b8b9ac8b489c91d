//! journal.jsonl: every change and every alarm of a run as it happens, one JSON object a line. [`Past`] is what a run that
//! goes on reads of it, [`Listing`] what anybody else does.

pub(crate) mod again;
pub(crate) mod lineage;
pub(crate) mod listing;
mod past;

use std::sync::Arc;

use serde::Serialize;

pub use listing::Listing;
pub use past::{Does, Move, Part, Past, Written};

use super::{Reading, about::Environment, append::Appender, lock::Lock};
use crate::{files::folder::Place, model::Entry};

/// Most bytes of a word; texts of alarms and values of settings are the longest.
const LONGEST: usize = 64 << 10;

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    entry: &'a Entry,
    #[serde(skip_serializing_if = "Environment::is_empty")]
    environment: &'a Environment,
}

/// What a line tells, if it is an entry. With lenient reading its words are no longer than any of this program's.
pub fn read(line: &[u8], reading: Reading) -> Option<Entry> {
    // Empty lines, of which there may be millions, are not tried.
    let object = line.starts_with(b"{").then_some(line)?;
    let entry: Entry = serde_json::from_slice(object).ok()?;
    let short = |word: &str| word.len() <= LONGEST;
    let words = entry.event.words();
    let bounded = words.iter().all(|word| short(word)) && short(entry.cause.name());
    (bounded || reading == Reading::Strict).then_some(entry)
}

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

    /// Adds a line, with what it says of the program's surroundings, and hands it to the system at once.
    ///
    /// # Errors
    /// What stands in the way, with the path: for the first of several failures in a row. The line is not lost, and is tried
    /// again.
    pub fn append(&mut self, entry: &Entry, environment: &Environment) -> Result<(), String> {
        let line = Line { entry, environment };
        let line = serde_json::to_string(&line).map_err(|error| error.to_string())?;
        self.appender.push(&line);
        self.lines += 1;
        self.appender.flush()
    }

    /// Hands to the system what it did not take before.
    ///
    /// # Errors
    /// As [`Journal::append`].
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

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::files::folder::Folder;

    /// An entry of these words; there is nothing in place of an old value.
    pub fn entry(step: u64, kind: &str, key: &str, new: &str, cause: &str) -> Entry {
        let old = if kind == "rewind" { "9" } else { "" };
        let words = serde_json::json!({
            "step": step, "kind": kind, "key": key, "old": old, "new": new, "cause": cause
        });
        serde_json::from_value(words).unwrap()
    }

    /// A change whose text has to be written with care.
    pub fn change(step: u64) -> Entry {
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
        let past = Past::read(&place).unwrap();
        let read = past.written().iter().map(|line| past.entry(line).unwrap());
        assert_eq!(read.collect::<Vec<_>>(), [change(3), change(4)]);
    }

    #[test]
    fn words_that_nobody_writes_are_for_strict_readers_alone() {
        let long = "x".repeat(LONGEST + 1);
        let line = serde_json::to_string(&entry(1, "set", "loss", &long, "key")).unwrap();
        let read = |reading| read(line.as_bytes(), reading).is_some();
        assert!(read(Reading::Strict) && !read(Reading::Lenient));
    }
}
