//! metrics.jsonl, read as it grows: its curves in bounded memory, whatever its length.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Record, branches::Branches, scan::record, survey};
use crate::{
    files::open,
    model::{History, Scores},
    rundir::{Reading, layout, lines::Lines},
    spectral::ExactSpectra,
};

/// Curves kept; what else a file names is none of a run's.
const MOST_CURVES: usize = 1024;
/// Lines that the rate is taken over.
const RATE_OVER: usize = 64;
/// Times that a file is read from its beginning because it went back meanwhile, before that waits for the next look.
const MOST_TURNS: usize = 3;

/// A file of metrics that is read as it grows.
#[derive(Debug)]
pub struct Growing {
    path: PathBuf,
    open: Option<Open>,
    /// The latest line.
    pub last: Option<Record>,
    /// The latest scores.
    pub scores: Option<Arc<Scores>>,
    /// The latest exact measures of the weights.
    pub spectra: Option<Arc<ExactSpectra>>,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Branches but the first one.
    pub branches: u64,
    /// (step, seconds spent training) of the last lines.
    paces: VecDeque<(u64, f64)>,
}

#[derive(Debug)]
struct Open {
    lines: Lines<fs::File>,
    branches: Branches,
}

/// What a look at the file brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    Nothing,
    /// New lines.
    Lines,
    /// The curves were made anew: the run went back, or the file is another one.
    Anew,
}

impl Growing {
    /// The metrics of the run in this directory. Nothing is read yet.
    pub fn of(directory: &Path) -> Self {
        Self {
            path: directory.join(layout::METRICS),
            open: None,
            last: None,
            scores: None,
            spectra: None,
            unreadable: 0,
            branches: 0,
            paces: VecDeque::new(),
        }
    }

    /// Takes what is new in the file into the curves; `each` sees every line that is still part of the run, in order,
    /// after a run that went back from the beginning on.
    ///
    /// # Errors
    /// The disk's. That there is no file yet is none.
    pub fn read(
        &mut self,
        history: &mut History,
        mut each: impl FnMut(&Record),
    ) -> io::Result<Brought> {
        let there = match fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let lost = self.open.is_some();
                self.forget(history);
                return Ok(if lost {
                    Brought::Anew
                } else {
                    Brought::Nothing
                });
            }
            there => there?,
        };
        let same = |open: &Open| open.lines.are_of(&there);
        let same = self.open.as_ref().is_some_and(same);
        let mut brought = Brought::Nothing;
        if !same {
            self.begin(history, Branches::default())?;
            brought = Brought::Anew;
        }
        for _ in 0..MOST_TURNS {
            let before = self.last.as_ref().map(Record::step);
            if self.take(history, &mut each)? {
                if brought == Brought::Nothing && self.last.as_ref().map(Record::step) != before {
                    brought = Brought::Lines;
                }
                return Ok(brought);
            }
            brought = Brought::Anew;
            let branches = survey(open::no_follow(&self.path)?, Reading::Lenient)?;
            self.begin(history, branches)?;
        }
        Ok(brought)
    }

    /// Steps a second over the last lines; 0 where they do not say.
    pub fn rate(&self) -> f32 {
        match (self.paces.front(), self.paces.back()) {
            (Some((first, from)), Some((last, to))) if to > from && last > first => {
                ((last - first) as f64 / (to - from)) as f32
            }
            _ => 0.0,
        }
    }

    /// Seconds spent training, as the last line that says it has it.
    pub fn seconds(&self) -> f64 {
        self.paces.back().map_or(0.0, |&(_, seconds)| seconds)
    }

    fn forget(&mut self, history: &mut History) {
        *history = History::default();
        *self = Self {
            path: std::mem::take(&mut self.path),
            ..Self::of(Path::new(""))
        };
    }

    /// Opens the file to read it from its beginning.
    fn begin(&mut self, history: &mut History, branches: Branches) -> io::Result<()> {
        self.forget(history);
        let lines = Lines::new(open::no_follow(&self.path)?);
        self.branches = branches.count();
        self.open = Some(Open { lines, branches });
        Ok(())
    }

    /// Reads on to the end; false where the file went back where that was not known.
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

    fn put(&mut self, mut record: Record, history: &mut History) {
        // Scores are of this step or an earlier one, and new.
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
        if let Some(seconds) = record.seconds {
            if self.paces.len() == RATE_OVER {
                self.paces.pop_front();
            }
            self.paces.push_back((record.step(), seconds));
        }
        if history.iter().count() < MOST_CURVES {
            record.draw(history);
        }
        self.last = Some(record);
    }
}
