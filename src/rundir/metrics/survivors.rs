//! The lines of metrics.jsonl that led to the present state.

use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Seek},
};

use super::Record;
use crate::{files::folder::Place, rundir::journal::next_line};

/// Lines that led to a step, in their order; what a resume or rewind left behind is left out. Of a line no more is held
/// than where it begins.
#[derive(Debug)]
pub struct Survivors {
    file: Option<BufReader<File>>,
    /// Where each line begins, the last first.
    places: Vec<u64>,
    line: Vec<u8>,
    last: Option<u64>,
    /// Lines that could not be read.
    pub unread: u64,
}

impl Survivors {
    /// Those up to `step`; none where there is no file.
    ///
    /// # Errors
    /// The disk's.
    pub fn until(place: &Place, step: u64) -> io::Result<Self> {
        let mut survivors = Self {
            file: None,
            places: Vec::new(),
            line: Vec::new(),
            last: None,
            unread: 0,
        };
        let mut file = match place.open() {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(survivors),
            Err(error) => return Err(error),
        };
        let mut kept: Vec<(u64, u64)> = Vec::new();
        let mut start = 0;
        let mut line = Vec::new();
        loop {
            let length = next_line(&mut file, &mut line)?;
            if length == 0 {
                break;
            }
            match step_of(&line) {
                Some(of) => {
                    while kept.last().is_some_and(|&(last, _)| last >= of) {
                        kept.pop();
                    }
                    kept.push((of, start));
                }
                None => survivors.unread += 1,
            }
            start += length;
        }
        let upto = kept.partition_point(|&(of, _)| of <= step);
        kept.truncate(upto);
        survivors.last = kept.last().map(|&(of, _)| of);
        survivors.places = kept.into_iter().rev().map(|(_, place)| place).collect();
        survivors.file = Some(file);
        Ok(survivors)
    }

    /// The step of the last one.
    pub fn last_step(&self) -> Option<u64> {
        self.last
    }
}

impl Iterator for Survivors {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let file = self.file.as_mut()?;
        while let Some(place) = self.places.pop() {
            let here = file.stream_position().ok()?;
            // Lines mostly follow each other: what is buffered then stays of use.
            let way = i64::try_from(place).ok()? - i64::try_from(here).ok()?;
            file.seek_relative(way).ok()?;
            next_line(file, &mut self.line).ok()?;
            if let Some(record) = Record::read(&self.line) {
                return Some(record);
            }
            self.unread += 1;
        }
        None
    }
}

/// The step of a line, from its beginning.
fn step_of(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(br#"{"step":"#)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = line.last() == Some(&b'}');
    let text = std::str::from_utf8(&rest[..digits]).ok()?;
    text.parse().ok().filter(|_| whole)
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, sync::Arc};

    use super::*;
    use crate::{files::folder::Folder, model::Updates, run::fake};

    fn line(step: u64, loss: f32) -> String {
        let mut measures = fake::measures(step);
        measures.loss_d = loss;
        Record {
            measures: Arc::new(measures),
            updates: Updates::Both,
            applied: true,
            seconds: 0.0,
            scores: None,
            spectra: None,
        }
        .line()
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
}
