//! Which lines of a run that went back are still part of it.

use std::collections::VecDeque;

use serde::Serialize;

/// Places where it went back that are remembered; of more, the first ones are forgotten.
const MOST: usize = 1 << 16;

/// The places where the steps of a file go back: each begins a branch, and what stood at its first step and later is
/// abandoned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Branches {
    /// Of each branch that still abandons something: where it begins, and its first step. Both rise.
    starts: Vec<(u64, u64)>,
    last: Option<u64>,
    /// Branches but the first one.
    count: u64,
    /// Bytes before the place up to which lines were noted.
    surveyed: u64,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Number of the branch that the line was written on, from 0.
    pub branch: u64,
    /// Whether a later branch went back to it or before it.
    pub abandoned: bool,
}

impl Branches {
    /// Takes note of the next line, which begins after `start` bytes and is of `step`; whether it begins a branch.
    pub fn note(&mut self, start: u64, step: u64) -> bool {
        let back = self.last.replace(step).is_some_and(|last| step <= last);
        self.surveyed = start + 1;
        if back {
            self.count += 1;
            while self.starts.last().is_some_and(|&(_, first)| first >= step) {
                self.starts.pop();
            }
            if self.starts.len() == MOST {
                self.starts.drain(..MOST / 2);
            }
            self.starts.push((start, step));
        }
        back
    }

    /// The step of the last line; none of an empty file.
    pub fn last(&self) -> Option<u64> {
        self.last
    }

    /// Branches that were begun, the first one not counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Tells where each line that was noted stands, in their order from the first on.
    pub fn walk(&self) -> Walk {
        Walk {
            to_come: self.starts.clone().into(),
            last: None,
            branch: 0,
            surveyed: self.surveyed,
        }
    }
}

/// See [`Branches::walk`].
#[derive(Debug)]
pub struct Walk {
    /// Where branches begin that were not come to yet, and their first steps.
    to_come: VecDeque<(u64, u64)>,
    last: Option<u64>,
    branch: u64,
    surveyed: u64,
}

impl Walk {
    /// Whether a line that begins after `start` bytes was not noted.
    pub fn is_over(&self, start: u64) -> bool {
        start >= self.surveyed
    }

    /// Where the next line stands, which begins after `start` bytes and is of `step`.
    pub fn next(&mut self, start: u64, step: u64) -> Standing {
        if self.last.replace(step).is_some_and(|last| step <= last) {
            self.branch += 1;
        }
        while self.to_come.front().is_some_and(|&(at, _)| at <= start) {
            self.to_come.pop_front();
        }
        Standing {
            branch: self.branch,
            abandoned: self
                .to_come
                .front()
                .is_some_and(|&(_, first)| first <= step),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn standings(steps: &[u64]) -> Vec<Standing> {
        let mut branches = Branches::default();
        for (at, &step) in steps.iter().enumerate() {
            branches.note(at as u64, step);
        }
        let mut walk = branches.walk();
        let lines = steps.iter().enumerate();
        lines
            .map(|(at, &step)| walk.next(at as u64, step))
            .collect()
    }

    fn live(steps: &[u64]) -> Vec<u64> {
        let standings = standings(steps);
        let kept = steps.iter().zip(&standings).filter(|(_, s)| !s.abandoned);
        kept.map(|(&step, _)| step).collect()
    }

    #[test]
    fn what_stood_at_the_first_step_of_a_branch_and_later_is_abandoned() {
        assert_eq!(live(&[1, 2, 3, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(live(&[10, 20, 30, 40, 20, 30]), [10, 20, 30]);
        assert_eq!(live(&[1, 2, 3, 4, 3, 4, 5, 2, 3]), [1, 2, 3]);
        let standings = standings(&[1, 2, 2, 3, 1]);
        let branches: Vec<u64> = standings.iter().map(|s| s.branch).collect();
        assert_eq!(branches, [0, 0, 1, 1, 2]);
        assert_eq!(standings.iter().filter(|s| s.abandoned).count(), 4);
    }

    #[test]
    fn memory_stays_bounded() {
        let mut branches = Branches::default();
        for at in 0..400_000u64 {
            branches.note(2 * at, at + 1_000_000);
            branches.note(2 * at + 1, at);
        }
        assert!(branches.starts.len() <= MOST && branches.count() == 400_000);
    }

    proptest! {
        #[test]
        fn what_is_left_rises(steps in prop::collection::vec(0u64..12, 0..40)) {
            let kept = live(&steps);
            prop_assert!(kept.windows(2).all(|w| w[0] < w[1]), "{:?}", kept);
            // By the definition, line by line.
            let mut expected: Vec<u64> = Vec::new();
            for &step in &steps {
                expected.retain(|&kept| kept < step);
                expected.push(step);
            }
            prop_assert_eq!(kept, expected);
        }
    }
}
