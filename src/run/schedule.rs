//! What is to happen before a step: changes decided beforehand (`--at`), and what a journal tells to be done again.

use std::{collections::VecDeque, io};

use super::journal::{Does, Part, Written, lineage::Action};
use crate::preset::Scheduled;

/// Something that happens before a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub step: u64,
    pub action: Action,
    /// `at`, or that of the journal's line.
    pub cause: String,
    /// The journal's line, from 0, that it stands in; none of what never happened before.
    pub line: Option<u64>,
}

/// What still waits, by step; of one step the lines of the journal first, in the order in which they stand there.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    lines: Part,
    decided: VecDeque<Scheduled>,
    /// Changes decided beforehand that are done.
    done: usize,
}

impl Schedule {
    /// Changes decided beforehand of which `done` are done.
    pub fn new(at: &[Scheduled], done: usize) -> Self {
        let mut at = at.to_vec();
        at.sort_by_key(|change| change.step);
        Self {
            lines: Part::default(),
            decided: at.into_iter().skip(done).collect(),
            done,
        }
    }

    /// The same, and lines of a journal that are to be done again.
    ///
    /// # Errors
    /// The journal's.
    pub fn again(at: &[Scheduled], done: usize, mut lines: Part) -> io::Result<Self> {
        lines.lines.retain(|line| line.does != Does::Nothing);
        let mut schedule = Self::new(at, done);
        // The line of a change says when it happened among others of its step.
        let mut known = Vec::new();
        let decides = |line: &&Written| matches!(line.does, Does::Set | Does::Refuse);
        for line in lines.lines.iter().filter(decides) {
            let is_of = |change: &Scheduled| change.step == line.step;
            if schedule.decided.iter().any(is_of) {
                let change = lines.change(line)?;
                known.extend((change.cause == AT).then_some((change.step, change.key)));
            }
        }
        schedule.decided.retain(|change| {
            let same = |(step, key): &(u64, String)| (*step, key) == (change.step, &change.key);
            let found = known.iter().position(same);
            found.map(|found| known.remove(found)).is_none()
        });
        let ordered = lines.lines.make_contiguous();
        // In place: there may be millions.
        ordered.sort_unstable_by_key(|line| (line.step, line.number));
        schedule.lines = lines;
        Ok(schedule)
    }

    /// Takes the next thing that is due before `step`.
    ///
    /// # Errors
    /// The journal's.
    pub fn due(&mut self, step: u64) -> io::Result<Option<Planned>> {
        if self.line_is_next() {
            return self.take_line(step);
        }
        let decided = self.decided.pop_front_if(|change| change.step <= step);
        self.done += usize::from(decided.is_some());
        Ok(decided.map(|change| Planned {
            step: change.step,
            action: Action::Set {
                key: change.key,
                value: change.value,
            },
            cause: AT.to_owned(),
            line: None,
        }))
    }

    /// Whether something is due before `step`.
    pub fn is_due(&self, step: u64) -> bool {
        let line = self.lines.lines.front().map(|line| line.step);
        let decided = self.decided.front().map(|change| change.step);
        line.into_iter().chain(decided).any(|due| due <= step)
    }

    /// Takes the next line of a journal that is due before `step`, as long as nothing else comes before it.
    ///
    /// # Errors
    /// The journal's.
    pub fn due_again(&mut self, step: u64) -> io::Result<Option<Planned>> {
        match self.lines.lines.front() {
            Some(line) if line.does != Does::Attempt && self.line_is_next() => self.take_line(step),
            _ => Ok(None),
        }
    }

    /// Whether a line comes before what was decided beforehand and has none.
    fn line_is_next(&self) -> bool {
        match (self.lines.lines.front(), self.decided.front()) {
            (Some(line), Some(decided)) => line.step <= decided.step,
            (line, _) => line.is_some(),
        }
    }

    fn take_line(&mut self, step: u64) -> io::Result<Option<Planned>> {
        let lines = &mut self.lines.lines;
        let Some(line) = lines.pop_front_if(|line| line.step <= step) else {
            return Ok(None);
        };
        let change = self.lines.change(&line)?;
        self.done += usize::from(change.cause == AT);
        Ok(Action::of(&change).map(|action| Planned {
            step: line.step,
            action,
            cause: change.cause,
            line: Some(line.number),
        }))
    }

    /// Whether steps of some networks are to begin before `step`.
    pub fn goes_on(&self, step: u64) -> bool {
        let lines = self.lines.lines.iter();
        let mut due = lines.take_while(|line| line.step <= step);
        due.any(|line| line.does == Does::Go)
    }

    /// Whether steps of some networks are to begin at all.
    pub fn goes(&self) -> bool {
        self.goes_on(u64::MAX)
    }

    /// Lines of the journal that still wait to be done again.
    pub fn pending(&self) -> Vec<u64> {
        let lines = self.lines.lines.iter();
        lines.map(|line: &Written| line.number).collect()
    }

    /// Changes decided beforehand that are done.
    pub fn done(&self) -> usize {
        self.done
    }
}

/// Cause of changes decided beforehand.
const AT: &str = "at";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Change, fake::at, folder::Folder, journal::Past};

    fn set(step: u64, key: &str, value: &str) -> (u64, Action) {
        let (key, value) = (key.to_owned(), value.to_owned());
        (step, Action::Set { key, value })
    }

    fn due(schedule: &mut Schedule, step: u64) -> Vec<(u64, Action)> {
        std::iter::from_fn(|| schedule.due(step).unwrap())
            .map(|planned| (planned.step, planned.action))
            .collect()
    }

    #[test]
    fn scheduled_changes_come_due_by_step_in_the_order_given() {
        let planned = [
            at(9, "gain", "1.0"),
            at(2, "gain", "2.0"),
            at(2, "gain", "3.0"),
        ];
        let mut schedule = Schedule::new(&planned, 0);
        assert!(due(&mut schedule, 1).is_empty());
        let two = [set(2, "gain", "2.0"), set(2, "gain", "3.0")];
        assert_eq!(due(&mut schedule, 2), two);
        assert_eq!(schedule.done(), 2);
        assert!(due(&mut schedule, 8).is_empty());
        assert_eq!(due(&mut schedule, 9), [set(9, "gain", "1.0")]);
    }

    #[test]
    fn what_happened_is_done_again_in_its_order_and_once() {
        let line = |step: u64, kind: &str, key: &str, new: &str, cause: &str| Change {
            step,
            kind: kind.into(),
            key: key.into(),
            old: String::new(),
            new: new.into(),
            cause: cause.into(),
        };
        let lines = [
            line(5, "set", "gain", "2.0", "at"),
            line(5, "not_applied", "", "", ""),
            line(5, "set", "gain", "1.0", "key"),
            line(5, "resume", "", "", "key"),
            line(7, "pause", "", "", "key"),
            line(8, "refused", "batch", "64", "at"),
        ];
        let lines = lines.map(|line| serde_json::to_string(&line).unwrap() + "\n");
        let home = tempfile::tempdir().unwrap();
        let place = Folder::open(home.path()).unwrap().place("journal.jsonl");
        place.write(lines.concat().as_bytes()).unwrap();
        let part = Past::read(&place).unwrap().part(|_| true);
        let planned = [
            at(3, "n_dis", "2"),
            at(5, "gain", "2.0"),
            at(5, "batch", "8"),
            at(8, "batch", "64"),
            at(9, "gain", "4.0"),
        ];
        let mut schedule = Schedule::again(&planned, 1, part).unwrap();
        assert!(schedule.goes_on(5) && !schedule.goes_on(4));
        assert_eq!(schedule.pending(), [0, 1, 2, 3, 5]);
        let go = Action::Go {
            updates: crate::run::Updates::Both,
            count: None,
        };
        let five = [
            set(5, "gain", "2.0"),
            (5, Action::Attempt),
            set(5, "gain", "1.0"),
            (5, go),
            set(5, "batch", "8"),
        ];
        assert_eq!(due(&mut schedule, 5), five);
        assert_eq!((schedule.done(), schedule.pending().len()), (3, 1));
        let refused = Action::Refuse {
            key: "batch".to_owned(),
            value: "64".to_owned(),
        };
        assert_eq!(due(&mut schedule, 8), [(8, refused)]);
        assert_eq!((schedule.done(), schedule.pending().len()), (4, 0));
        assert_eq!(due(&mut schedule, 9), [set(9, "gain", "4.0")]);
    }
}
