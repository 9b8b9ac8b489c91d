//! Reading metrics.jsonl as it grows, into curves of bounded size.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Record, branches::Branches, find_branches, scan::record};
use crate::{
    files::open,
    model::{ExactSpectra, History, Outputs, Scores},
    rundir::{Reading, layout, lines::Lines},
};

/// Maximum number of curves. A valid file has fewer.
const MAX_CURVES: usize = 1024;
/// Number of lines over which the rate is measured.
const RATE_LINES: usize = 64;
/// How often one call rereads the file from its start because the run went back, before it leaves the rest to the next
/// call.
const MAX_REREADS: usize = 3;

/// A reader of a metrics file that grows.
#[derive(Debug)]
pub struct MetricsReader {
    path: PathBuf,
    open: Option<Open>,
    /// The latest record.
    pub last: Option<Record>,
    /// The latest scores.
    pub scores: Option<Arc<Scores>>,
    /// The latest exact measures of the weights.
    pub spectra: Option<Arc<ExactSpectra>>,
    /// The latest histograms of D's output.
    pub outputs: Option<Arc<Outputs>>,
    /// Lines that could not be parsed.
    pub unreadable: u64,
    /// Number of branches after the first.
    pub branches: u64,
    /// (step, seconds of training) of the latest lines.
    paces: VecDeque<(u64, f64)>,
}

/// The open file.
#[derive(Debug)]
struct Open {
    lines: Lines<fs::File>,
    branches: Branches,
}

/// What a call of [`MetricsReader::read`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// No new lines.
    Nothing,
    /// New lines.
    NewLines,
    /// The curves were rebuilt: the run went back, or the file was replaced.
    Rebuilt,
}

impl MetricsReader {
    /// A reader for the run in `directory`. Nothing is read yet.
    pub fn of(directory: &Path) -> Self {
        Self {
            path: directory.join(layout::METRICS),
            open: None,
            last: None,
            scores: None,
            spectra: None,
            outputs: None,
            unreadable: 0,
            branches: 0,
            paces: VecDeque::new(),
        }
    }

    /// Adds the new lines to the curves. `each` is called with every new record that counts, in order; if the curves
    /// are rebuilt, with all records.
    ///
    /// # Errors
    /// If the file cannot be read. A missing file is not an error.
    pub fn read(
        &mut self,
        history: &mut History,
        mut each: impl FnMut(&Record),
    ) -> io::Result<ReadOutcome> {
        let there = match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let lost = self.open.is_some();
                self.forget(history);
                return Ok(if lost {
                    ReadOutcome::Rebuilt
                } else {
                    ReadOutcome::Nothing
                });
            }
            there => there?,
        };
        let same = |open: &Open| open.lines.still_reads(&there);
        let same = self.open.as_ref().is_some_and(same);
        let mut outcome = ReadOutcome::Nothing;
        if !same {
            self.begin(history, Branches::default())?;
            outcome = ReadOutcome::Rebuilt;
        }
        for _ in 0..MAX_REREADS {
            let before = self.last.as_ref().map(Record::step);
            if self.take(history, &mut each)? {
                if outcome == ReadOutcome::Nothing && self.last.as_ref().map(Record::step) != before
                {
                    outcome = ReadOutcome::NewLines;
                }
                return Ok(outcome);
            }
            outcome = ReadOutcome::Rebuilt;
            let branches = find_branches(open::no_follow(&self.path)?, Reading::Lenient)?;
            self.begin(history, branches)?;
        }
        Ok(outcome)
    }

    /// Steps per second over the latest lines. 0 if unknown.
    pub fn rate(&self) -> f32 {
        match (self.paces.front(), self.paces.back()) {
            (Some((first, from)), Some((last, to))) if to > from && last > first => {
                ((last - first) as f64 / (to - from)) as f32
            }
            _ => 0.0,
        }
    }

    /// Seconds of training up to the latest line.
    pub fn seconds(&self) -> f64 {
        self.paces.back().map_or(0.0, |&(_, seconds)| seconds)
    }

    /// Clears the curves and everything read.
    fn forget(&mut self, history: &mut History) {
        *history = History::default();
        *self = Self {
            path: std::mem::take(&mut self.path),
            ..Self::of(Path::new(""))
        };
    }

    /// Opens the file at its start.
    fn begin(&mut self, history: &mut History, branches: Branches) -> io::Result<()> {
        self.forget(history);
        let lines = Lines::new(open::no_follow(&self.path)?);
        self.branches = branches.count();
        self.open = Some(Open { lines, branches });
        Ok(())
    }

    /// Reads to the end of the file. Returns false if the run went back since `branches` were found.
    fn take(&mut self, history: &mut History, each: &mut impl FnMut(&Record)) -> io::Result<bool> {
        let Some(mut open) = self.open.take() else {
            return Ok(true);
        };
        let mut walk = open.branches.walk();
        while let Some(line) = open.lines.next_line(Reading::Lenient)? {
            let Some(record) = record(line.text, Reading::Lenient, &mut self.unreadable) else {
                continue;
            };
            if !walk.is_over(line.start) {
                if walk.next(line.start, record.step()).abandoned {
                    continue;
                }
            } else if open.branches.note(line.start, record.step()) {
                return Ok(false);
            }
            self.put(record, history);
            if let Some(record) = &self.last {
                each(record);
            }
        }
        self.open = Some(open);
        Ok(true)
    }

    /// Adds a record to the curves.
    fn put(&mut self, mut record: Record, history: &mut History) {
        // Scores count once, and not if they are of a later step than their line.
        let newest = self.scores.as_ref().map_or(0, |scores| scores.step);
        let after = newest + 1..=record.step();
        record.scores = record.scores.filter(|scores| after.contains(&scores.step));
        if let Some(scores) = &record.scores {
            self.scores = Some(Arc::clone(scores));
        }
        let newest = self.spectra.as_ref().map_or(0, |exact| exact.step);
        let after = newest + 1..=record.step();
        record.spectra = record.spectra.filter(|exact| after.contains(&exact.step));
        if let Some(exact) = &record.spectra {
            self.spectra = Some(Arc::clone(exact));
        }
        if let Some(outputs) = &record.outputs {
            self.outputs = Some(Arc::clone(outputs));
        }
        if let Some(seconds) = record.seconds {
            if self.paces.len() == RATE_LINES {
                self.paces.pop_front();
            }
            self.paces.push_back((record.step(), seconds));
        }
        if history.iter().count() < MAX_CURVES {
            record.draw(history);
        }
        self.last = Some(record);
    }
}
