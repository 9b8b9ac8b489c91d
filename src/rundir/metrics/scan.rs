//! Iterating over the lines of metrics.jsonl with their branches.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Seek},
};

use super::{
    Record,
    branches::{BranchStatus, BranchWalk, Branches},
};
use crate::{
    files::folder::Place,
    rundir::{Reading, checkpoint::Position, lines::Lines},
};

/// The part of a file that led to a state.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// Steps that the state has made.
    pub step: u64,
    /// Size of the file in bytes when the state was saved. `None` if it is unknown: all lines count that were not
    /// abandoned since.
    pub size: Option<u64>,
}

impl Past {
    /// That of a checkpoint, or for `None` of the initial state.
    pub fn of(position: Option<&Position>) -> Self {
        Self {
            step: position.map_or(0, |position| position.step),
            size: position.map_or(Some(0), |position| position.metrics),
        }
    }

    /// Whether it has the line at offset `start` and of `step`. The line of the state itself may follow its checkpoint.
    fn has(&self, start: u64, step: u64) -> bool {
        self.size.is_none_or(|size| start < size) || step == self.step
    }
}

/// Finds the places at which the steps of a file go back.
///
/// # Errors
/// If the file cannot be read.
pub fn find_branches(file: impl Read, reading: Reading) -> io::Result<Branches> {
    branches_before(file, reading, |_, _| false)
}

/// The branches of the part of a file that led to a state.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn branches_of(file: impl Read, past: &Past) -> io::Result<Branches> {
    branches_before(file, Reading::Strict, |start, step| !past.has(start, step))
}

/// The branches before the first line, given by its offset and its step, for which `ends` holds.
fn branches_before(
    file: impl Read,
    reading: Reading,
    ends: impl Fn(u64, u64) -> bool,
) -> io::Result<Branches> {
    let mut lines = Lines::new(file);
    let mut branches = Branches::default();
    while let Some(line) = lines.next_line(reading)? {
        // Each line is parsed in full, so that later readers accept the same lines.
        if let Some(record) = record(line.text, reading, &mut 0) {
            if ends(line.start, record.step()) {
                break;
            }
            branches.note(line.start, record.step());
        }
    }
    Ok(branches)
}

/// Parses a line. Counts it in `unreadable` if that fails.
pub(super) fn record(
    text: Option<&[u8]>,
    reading: Reading,
    unreadable: &mut u64,
) -> Option<Record> {
    let record = text.and_then(|text| Record::read(text, reading).ok());
    // An empty line is the end of an incomplete line.
    *unreadable += u64::from(record.is_none() && text != Some(b""));
    record
}

/// Iterates over the lines of a file after [`find_branches`].
#[derive(Debug)]
pub struct Scan<R> {
    lines: Lines<R>,
    walk: BranchWalk,
    reading: Reading,
    /// Lines so far that could not be parsed.
    pub unreadable: u64,
}

impl<R: Read> Scan<R> {
    /// Starts at the first line.
    pub fn new(file: R, branches: &Branches, reading: Reading) -> Self {
        Self {
            lines: Lines::new(file),
            walk: branches.walk(),
            reading,
            unreadable: 0,
        }
    }

    /// Calls `take` with the text, the record and the status of the next valid line. `None` where [`find_branches`] ended.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next<T>(
        &mut self,
        take: impl FnOnce(&[u8], Record, BranchStatus) -> T,
    ) -> io::Result<Option<T>> {
        while let Some(line) = self.lines.next_line(self.reading)? {
            if self.walk.is_over(line.start) {
                break;
            }
            if let Some(record) = record(line.text, self.reading, &mut self.unreadable) {
                let status = self.walk.next(line.start, record.step());
                return Ok(Some(take(line.text.unwrap_or_default(), record, status)));
            }
        }
        Ok(None)
    }
}

/// The step of the last line that was written after a state. `None` if there is none.
///
/// # Errors
/// If the file cannot be read.
pub fn last_step_after(place: &Place, past: &Past) -> io::Result<Option<u64>> {
    match place.open() {
        Ok(file) => Ok(find_branches(file, Reading::Strict)?.last_after(past.size.unwrap_or(0))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The records that led to a step, in order, without those that a resume or rewind abandoned.
#[derive(Debug)]
pub struct LiveRecords {
    scan: Option<Scan<File>>,
    until: u64,
}

impl LiveRecords {
    /// The records that led to step `until` of the newest branch. Empty if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn until(place: &Place, until: u64) -> io::Result<Self> {
        Self::of(
            place,
            &Past {
                step: until,
                size: None,
            },
        )
    }

    /// The records that led to a state. Empty if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of(place: &Place, past: &Past) -> io::Result<Self> {
        let scan = match place.open() {
            Ok(mut file) => {
                let branches = branches_of(&file, past)?;
                file.rewind()?;
                Some(Scan::new(file, &branches, Reading::Strict))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self {
            scan,
            until: past.step,
        })
    }
}

impl Iterator for LiveRecords {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let scan = self.scan.as_mut()?;
        loop {
            let (record, status) = scan.next(|_, record, status| (record, status)).ok()??;
            if status.abandoned {
                continue;
            }
            if record.step() <= self.until {
                return Some(record);
            }
            // The steps of the remaining records are ascending.
            self.scan = None;
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, sync::Arc};

    use super::*;
    use crate::{files::folder::Folder, model::Updates, run::fake};

    fn line(step: u64, loss: f32) -> String {
        let mut measures = fake::measures(step);
        measures.loss_d = loss;
        Record::new(&Arc::new(measures), Updates::Both, 0.0).line()
    }

    fn surviving(text: &str, step: u64) -> Vec<(u64, f32)> {
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("metrics.jsonl");
        place.write(text.as_bytes()).unwrap();
        let survivors = LiveRecords::until(&place, step).unwrap();
        survivors
            .map(|record| (record.measures.step, record.measures.loss_d))
            .collect()
    }

    #[test]
    fn an_abandoned_branch_is_left_out() {
        let mut text = String::new();
        for (step, loss) in [(1, 1.0), (2, 1.0), (3, 1.0), (2, 2.0), (3, 2.0), (4, 2.0)] {
            writeln!(text, "{}", line(step, loss)).unwrap();
        }
        let all = [(1, 1.0), (2, 2.0), (3, 2.0), (4, 2.0)];
        assert_eq!(surviving(&text, u64::MAX), all);
        assert_eq!(surviving(&text, 3), all[..3]);
        assert!(surviving("", 3).is_empty());
    }

    #[test]
    fn torn_lines_do_not_hide_whole_ones() {
        let (one, two) = (line(1, 1.0), line(2, 1.0));
        let text = format!("{one}\nnonsense\n{}\n{two}\n{}", &two[..40], &two[..99]);
        assert_eq!(surviving(&text, 9), [(1, 1.0), (2, 1.0)]);
    }

    #[test]
    fn a_line_that_lacks_its_end_alone_survives() {
        let (one, two) = (line(1, 1.0), line(2, 1.0));
        assert_eq!(surviving(&format!("{one}\n{two}"), 9), [(1, 1.0), (2, 1.0)]);
    }
}
