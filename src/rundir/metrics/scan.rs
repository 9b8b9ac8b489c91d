//! The lines of metrics.jsonl, once through, with their standing among the branches.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Seek},
};

use super::{
    Record,
    branches::{Branches, Standing, Walk},
};
use crate::{
    files::folder::Place,
    rundir::{Reading, lines::Lines},
};

/// Reads where the steps of a file go back.
///
/// # Errors
/// The disk's.
pub fn survey(file: impl Read, reading: Reading) -> io::Result<Branches> {
    let mut lines = Lines::new(file);
    let mut branches = Branches::default();
    while let Some(line) = lines.next_line(reading)? {
        // Lines are told apart in full, as by the readers that follow.
        if let Some(record) = record(line.text, reading, &mut 0) {
            branches.note(line.start, record.step());
        }
    }
    Ok(branches)
}

/// What a line says, if it can be read; counts one that cannot.
pub(super) fn record(
    text: Option<&[u8]>,
    reading: Reading,
    unreadable: &mut u64,
) -> Option<Record> {
    let record = text.and_then(|text| Record::read(text, reading).ok());
    // An empty line ended a torn one.
    *unreadable += u64::from(record.is_none() && text != Some(b""));
    record
}

/// The lines of a file that was surveyed, each with its standing.
#[derive(Debug)]
pub struct Scan<R> {
    lines: Lines<R>,
    walk: Walk,
    reading: Reading,
    /// Lines that could not be read so far.
    pub unreadable: u64,
}

impl<R: Read> Scan<R> {
    /// Begins at the first line.
    pub fn new(file: R, branches: &Branches, reading: Reading) -> Self {
        Self {
            lines: Lines::new(file),
            walk: branches.walk(),
            reading,
            unreadable: 0,
        }
    }

    /// What `take` makes of the next line that can be read: of its text, of what it says and of its standing. None where
    /// the survey ended.
    ///
    /// # Errors
    /// The disk's.
    pub fn next<T>(
        &mut self,
        take: impl FnOnce(&[u8], Record, Standing) -> T,
    ) -> io::Result<Option<T>> {
        while let Some(line) = self.lines.next_line(self.reading)? {
            if self.walk.is_over(line.start) {
                break;
            }
            if let Some(record) = record(line.text, self.reading, &mut self.unreadable) {
                let standing = self.walk.next(line.start, record.step());
                return Ok(Some(take(line.text.unwrap_or_default(), record, standing)));
            }
        }
        Ok(None)
    }
}

/// The step of the last line that led to the present state, if there is one.
///
/// # Errors
/// The disk's.
pub fn last_step(place: &Place) -> io::Result<Option<u64>> {
    match place.open() {
        Ok(file) => Ok(survey(file, Reading::Strict)?.last()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The lines that led to a step, in their order; what a resume or rewind left behind is left out.
#[derive(Debug)]
pub struct Survivors {
    scan: Option<Scan<File>>,
    until: u64,
}

impl Survivors {
    /// The lines that led to `until`; there are none where there is no file.
    ///
    /// # Errors
    /// The disk's.
    pub fn until(place: &Place, until: u64) -> io::Result<Self> {
        let scan = match place.open() {
            Ok(mut file) => {
                let branches = survey(&file, Reading::Strict)?;
                file.rewind()?;
                Some(Scan::new(file, &branches, Reading::Strict))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { scan, until })
    }
}

impl Iterator for Survivors {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let scan = self.scan.as_mut()?;
        loop {
            let (record, standing) = scan.next(|_, record, standing| (record, standing)).ok()??;
            if standing.abandoned {
                continue;
            }
            if record.step() <= self.until {
                return Some(record);
            }
            // The steps of what is left rise.
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
        let survivors = Survivors::until(&place, step).unwrap();
        survivors
            .map(|record| (record.measures.step, record.measures.loss_d))
            .collect()
    }

    #[test]
    fn a_branch_that_was_left_is_left_out() {
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
