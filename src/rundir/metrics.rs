//! metrics.jsonl: the measures of every step, one JSON object per line. [`Record`] reads and writes a line.

pub(crate) mod branches;
mod fields;
mod reader;
mod record;
mod rewind;
mod scan;
mod tail;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub use reader::{MetricsReader, ReadOutcome};
pub use record::{Record, step};
pub use scan::{LiveRecords, Past, Scan, find_branches, last_step_after};
pub use tail::tail;

use super::{WriteError, append::Appender, lock::Lock};
use crate::files::folder::Place;

/// Maximum time that lines wait before they are written.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// The writer of the file. It creates the file with the first line.
#[derive(Debug)]
pub struct Metrics {
    place: Place,
    appender: Appender,
    flushed: Instant,
}

impl Metrics {
    /// A writer that appends to the file at `place`.
    pub fn new(place: Place, lock: Arc<Lock>) -> Self {
        Self {
            appender: Appender::new(place.clone(), lock),
            place,
            flushed: Instant::now(),
        }
    }

    /// Adds the line of a step. Lines are written once a second, or sooner if many are pending.
    ///
    /// # Errors
    /// If pending lines cannot be written, for the first of several failures in a row.
    pub fn push(&mut self, record: &Record) -> Result<(), WriteError> {
        self.push_line(&record.line())
    }

    fn push_line(&mut self, line: &str) -> Result<(), WriteError> {
        self.appender.push(line);
        if self.flushed.elapsed() < FLUSH_INTERVAL && !self.appender.is_full() {
            return Ok(());
        }
        self.flush()
    }

    /// Writes the pending lines.
    ///
    /// # Errors
    /// If they cannot be written, for the first of several failures in a row.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.flushed = Instant::now();
        self.appender.flush()
    }

    /// Size of the file in bytes. `None` while lines are pending, or if it cannot be told.
    pub fn size(&self) -> Option<u64> {
        self.appender.size()
    }

    /// Writes the pending lines for the last time.
    ///
    /// # Errors
    /// If lines are lost.
    pub fn finish(&mut self) -> Result<(), WriteError> {
        self.appender.finish()
    }
}
