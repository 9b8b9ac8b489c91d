//! Going back to a saved state, whose branch may be an abandoned one.

use std::{
    fs::File,
    io::{self, ErrorKind, Seek},
};

use super::{
    Metrics,
    branches::BranchWalk,
    scan::{Past, branches_of, find_branches, record},
};
use crate::rundir::{Reading, WriteError, lines::Lines};

impl Metrics {
    /// Starts a branch at a saved state: repeats the last line that led to it and still counts, and all lines after it
    /// that led to the state and were abandoned since. Earlier lines of later steps then no longer count.
    ///
    /// # Errors
    /// If the file cannot be read, or lines cannot be written.
    pub fn branch_from(&mut self, past: &Past) -> Result<(), WriteError> {
        self.repeat(past, true)
    }

    /// As [`branch_from`](Self::branch_from), but only if lines that led to the state were abandoned.
    ///
    /// # Errors
    /// If the file cannot be read, or lines cannot be written.
    pub fn regain(&mut self, past: &Past) -> Result<(), WriteError> {
        self.repeat(past, false)
    }

    fn repeat(&mut self, past: &Past, always: bool) -> Result<(), WriteError> {
        self.flush()?;
        let place = self.place.clone();
        let read = |source| WriteError::Unread {
            place: place.clone(),
            source,
        };
        let file = match place.open() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            file => file.map_err(read)?,
        };
        let mut lines = PastLines::new(file, past).map_err(read)?;
        let (mut last, mut abandoned, mut written) = (None, false, Ok(()));
        while let Some((line, counts)) = lines.next().map_err(read)? {
            if counts && !abandoned {
                last = Some(line);
                continue;
            }
            abandoned = true;
            for line in last.take().into_iter().chain([line]) {
                written = written.and(self.push_line(&line));
            }
        }
        if let Some(last) = last.filter(|_| always) {
            written = written.and(self.push_line(&last));
        }
        written.and(self.flush())
    }
}

/// The lines that led to a state.
struct PastLines {
    lines: Lines<File>,
    past: BranchWalk,
    file: BranchWalk,
    step: u64,
}

impl PastLines {
    fn new(mut file: File, past: &Past) -> io::Result<Self> {
        let whole = find_branches(&file, Reading::Strict)?;
        file.rewind()?;
        let branches = branches_of(&file, past)?;
        file.rewind()?;
        Ok(Self {
            lines: Lines::new(file),
            past: branches.walk(),
            file: whole.walk(),
            step: past.step,
        })
    }

    /// The next line, and whether it still counts in the whole file.
    fn next(&mut self) -> io::Result<Option<(String, bool)>> {
        while let Some(line) = self.lines.next_line(Reading::Strict)? {
            if self.past.is_over(line.start) {
                break;
            }
            let Some(record) = record(line.text, Reading::Strict, &mut 0) else {
                continue;
            };
            let step = record.step();
            let led = !self.past.next(line.start, step).abandoned && step <= self.step;
            let counts = !self.file.next(line.start, step).abandoned;
            if led {
                let text = String::from_utf8_lossy(line.text.unwrap_or_default());
                return Ok(Some((text.into_owned(), counts)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{
        files::folder::Folder,
        model::Updates,
        run::fake,
        rundir::{
            lock::Lock,
            metrics::{LiveRecords, Record},
        },
    };

    /// A file whose losses say which line led to which state.
    struct Run {
        metrics: Metrics,
        place: crate::files::folder::Place,
        /// The losses of the lines that led to the present state, by step.
        now: Vec<(u64, f32)>,
        lines: f32,
        _home: tempfile::TempDir,
    }

    impl Run {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            let folder = Folder::open(home.path()).unwrap();
            let place = folder.place("metrics.jsonl");
            let lock = Arc::new(Lock::take(&folder).unwrap());
            Self {
                metrics: Metrics::new(place.clone(), lock),
                place,
                now: Vec::new(),
                lines: 0.0,
                _home: home,
            }
        }

        /// Steps made, if every step has a line.
        fn step(&self) -> u64 {
            self.now.last().map_or(0, |&(step, _)| step)
        }

        fn line(&mut self, step: u64) {
            self.lines += 1.0;
            let mut measures = fake::measures(step);
            measures.loss_d = self.lines;
            let record = Record::new(&Arc::new(measures), Updates::Both, 0.0);
            self.metrics.push(&record).unwrap();
            self.now.push((step, self.lines));
        }

        fn save(&mut self) -> (Past, Vec<(u64, f32)>) {
            self.metrics.flush().unwrap();
            let past = Past {
                step: self.step(),
                size: self.metrics.size(),
            };
            (past, self.now.clone())
        }

        fn live(&mut self) -> Vec<(u64, f32)> {
            self.metrics.flush().unwrap();
            let records = LiveRecords::until(&self.place, u64::MAX).unwrap();
            records
                .map(|record| (record.step(), record.measures.loss_d))
                .collect()
        }
    }

    #[test]
    fn a_rewind_to_an_abandoned_branch_brings_its_lines_back() {
        let mut run = Run::new();
        (1..=10).for_each(|step| run.line(step));
        let ten = run.save();
        (11..=20).for_each(|step| run.line(step));
        let twenty = run.save();
        run.metrics.branch_from(&ten.0).unwrap();
        assert_eq!(run.live(), ten.1);
        run.now = ten.1;
        (11..=15).for_each(|step| run.line(step));
        run.metrics.branch_from(&twenty.0).unwrap();
        assert_eq!(run.live(), twenty.1);
        // A state of this branch lost nothing, so nothing is written.
        run.now = twenty.1;
        let saved = run.save();
        run.line(21);
        let size = run.save().0.size;
        run.metrics.regain(&saved.0).unwrap();
        assert_eq!(run.metrics.size(), size);
    }

    #[test]
    fn the_line_of_the_state_may_come_after_its_checkpoint() {
        let mut run = Run::new();
        (1..=4).for_each(|step| run.line(step));
        let (before, _) = run.save();
        run.line(5);
        let (_, all) = run.save();
        run.line(6);
        let saved = Past { step: 5, ..before };
        run.metrics.branch_from(&saved).unwrap();
        assert_eq!(run.live(), all);
    }

    #[test]
    fn a_file_that_is_not_there_has_nothing_to_repeat() {
        let mut run = Run::new();
        let past = Past {
            step: 7,
            size: None,
        };
        run.metrics.branch_from(&past).unwrap();
        assert!(!run.place.exists());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn lines_that_count_are_those_of_the_present_state(
            acts in prop::collection::vec((any::<bool>(), 0usize..6), 1..24)
        ) {
            let mut run = Run::new();
            (1..=2).for_each(|step| run.line(step));
            let mut saved = vec![run.save()];
            for (is_rewind, number) in acts {
                if is_rewind {
                    let (past, led) = saved[number % saved.len()].clone();
                    run.metrics.branch_from(&past).unwrap();
                    run.now = led;
                } else {
                    for step in run.step() + 1..=run.step() + number as u64 {
                        run.line(step);
                    }
                    saved.push(run.save());
                }
                let now = run.now.clone();
                prop_assert_eq!(run.live(), now);
            }
        }
    }
}
