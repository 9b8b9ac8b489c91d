//! What is to happen before a step: changes decided beforehand (`--at`), and what a journal tells to be done again.

use std::collections::VecDeque;

use super::{Change, journal::lineage::Action};
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

/// What still waits, by step; of one step in the order in which it is to happen.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    waiting: VecDeque<Planned>,
    /// Changes decided beforehand that are done.
    done: usize,
}

impl Schedule {
    /// Changes decided beforehand.
    pub fn new(at: &[Scheduled]) -> Self {
        Self::again(at, 0, &[])
    }

    /// Changes decided beforehand of which `done` are done, and lines of a journal, each with its number, that are to
    /// be done again.
    pub fn again(at: &[Scheduled], done: usize, lines: &[(u64, Change)]) -> Self {
        let mut waiting: Vec<Planned> = lines
            .iter()
            .filter_map(|(number, line)| {
                Some(Planned {
                    step: line.step,
                    action: Action::of(line)?,
                    cause: line.cause.clone(),
                    line: Some(*number),
                })
            })
            .collect();
        let mut at = at.to_vec();
        at.sort_by_key(|change| change.step);
        let mut journaled: Vec<&Change> = lines
            .iter()
            .map(|(_, line)| line)
            .filter(|line| matches!(line.kind.as_str(), "set" | "refused") && line.cause == AT)
            .collect();
        for change in at.into_iter().skip(done) {
            let same = |line: &&Change| line.step == change.step && line.key == change.key;
            match journaled.iter().position(same) {
                // Its line says when it happened among others of its step.
                Some(known) => drop(journaled.remove(known)),
                None => waiting.push(Planned {
                    step: change.step,
                    action: Action::Set {
                        key: change.key,
                        value: change.value,
                    },
                    cause: AT.to_owned(),
                    line: None,
                }),
            }
        }
        waiting.sort_by_key(|planned| planned.step);
        Self {
            waiting: waiting.into(),
            done,
        }
    }

    /// Takes the next thing that is due before `step`.
    pub fn due(&mut self, step: u64) -> Option<Planned> {
        let planned = self.waiting.pop_front_if(|planned| planned.step <= step)?;
        self.done += usize::from(planned.cause == AT);
        Some(planned)
    }

    /// Whether something is due before `step`.
    pub fn is_due(&self, step: u64) -> bool {
        self.waiting
            .front()
            .is_some_and(|planned| planned.step <= step)
    }

    /// Takes the next line of a journal that is due before `step`, as long as nothing else comes before it.
    pub fn due_again(&mut self, step: u64) -> Option<Planned> {
        let again = |planned: &mut Planned| {
            planned.step <= step && planned.line.is_some() && planned.action != Action::Attempt
        };
        let planned = self.waiting.pop_front_if(again)?;
        self.done += usize::from(planned.cause == AT);
        Some(planned)
    }

    /// Whether steps of some networks are to begin before `step`.
    pub fn goes_on(&self, step: u64) -> bool {
        let due = self
            .waiting
            .iter()
            .take_while(|planned| planned.step <= step);
        due.into_iter()
            .any(|planned| matches!(planned.action, Action::Go { .. }))
    }

    /// Lines of the journal that still wait to be done again.
    pub fn pending(&self) -> Vec<u64> {
        self.waiting
            .iter()
            .filter_map(|planned| planned.line)
            .collect()
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
    use crate::run::fake::at;

    fn set(step: u64, key: &str, value: &str) -> (u64, Action) {
        let (key, value) = (key.to_owned(), value.to_owned());
        (step, Action::Set { key, value })
    }

    fn due(schedule: &mut Schedule, step: u64) -> Vec<(u64, Action)> {
        std::iter::from_fn(|| schedule.due(step))
            .map(|planned| (planned.step, planned.action))
            .collect()
    }

    #[test]
    fn scheduled_changes_come_due_by_step_in_the_order_given() {
        let mut schedule = Schedule::new(&[
            at(9, "gain", "1.0"),
            at(2, "gain", "2.0"),
            at(2, "gain", "3.0"),
        ]);
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
            (4, line(5, "set", "gain", "2.0", "at")),
            (5, line(5, "not_applied", "", "", "")),
            (6, line(5, "set", "gain", "1.0", "key")),
            (7, line(5, "resume", "", "", "key")),
            (8, line(7, "pause", "", "", "key")),
            (9, line(8, "refused", "batch", "64", "at")),
        ];
        let planned = [
            at(3, "n_dis", "2"),
            at(5, "gain", "2.0"),
            at(5, "batch", "8"),
            at(8, "batch", "64"),
            at(9, "gain", "4.0"),
        ];
        let mut schedule = Schedule::again(&planned, 1, &lines);
        assert!(schedule.goes_on(5) && !schedule.goes_on(4));
        assert_eq!(schedule.pending(), [4, 5, 6, 7, 9]);
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
