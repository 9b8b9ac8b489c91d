//! metrics.jsonl: what every step measured, one JSON object a line. [`Record`] is its codec.

pub(crate) mod branches;
mod end;
mod fields;
mod growing;
mod record;
mod scan;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub use end::tail;
pub use growing::{Brought, Growing};
pub use record::{Record, step};
pub use scan::{Scan, Survivors, last_step, survey};

use super::{append::Appender, lock::Lock};
use crate::files::folder::Place;

/// Longest time that lines wait for the disk.
const PAUSE: Duration = Duration::from_secs(1);

/// The file, made with its first line.
#[derive(Debug)]
pub struct Metrics {
    appender: Appender,
    flushed: Instant,
}

impl Metrics {
    pub fn new(place: Place, lock: Arc<Lock>) -> Self {
        Self {
            appender: Appender::new(place, lock),
            flushed: Instant::now(),
        }
    }

    /// Adds the line of a step.
    ///
    /// # Errors
    /// What stands in the way of this and earlier lines; for the first of several failures in a row.
    pub fn push(&mut self, record: &Record) -> Result<(), String> {
        self.appender.push(&record.line());
        if self.flushed.elapsed() < PAUSE && !self.appender.is_full() {
            return Ok(());
        }
        self.flush()
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// As [`Metrics::push`].
    pub fn flush(&mut self) -> Result<(), String> {
        self.flushed = Instant::now();
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
