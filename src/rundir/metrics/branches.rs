//! Branches of a metrics file: which lines a resume or rewind abandoned.

use std::collections::VecDeque;

use serde::Serialize;

/// Maximum number of branches remembered. Beyond it, the earliest are forgotten.
const MAX_BRANCHES: usize = 1 << 16;

/// The places at which the steps of a file go back. Each starts a branch, and abandons the earlier lines from its first
/// step on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Branches {
    /// Offset and first step of each branch that still abandons lines. Both are ascending.
    starts: Vec<(u64, u64)>,
    /// The step of the last line.
    last: Option<u64>,
    /// Number of branches after the first.
    count: u64,
    /// Offset up to which lines were added.
    end: u64,
}

/// The branch of a line, and whether it still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BranchStatus {
    /// Number of the branch on which the line was written, from 0.
    pub branch: u64,
    /// Whether a later branch went back to its step or an earlier one.
    pub abandoned: bool,
}

impl Branches {
    /// Adds the next line, at offset `start` and of `step`. Returns whether it starts a branch.
    pub fn note(&mut self, start: u64, step: u64) -> bool {
        let back = self.last.replace(step).is_some_and(|last| step <= last);
        self.end = start + 1;
        if back {
            self.count += 1;
            while self.starts.last().is_some_and(|&(_, first)| first >= step) {
                self.starts.pop();
            }
            if self.starts.len() == MAX_BRANCHES {
                self.starts.drain(..MAX_BRANCHES / 2);
            }
            self.starts.push((start, step));
        }
        back
    }

    /// The step of the last line. `None` for an empty file.
    pub fn last(&self) -> Option<u64> {
        self.last
    }

    /// The step of the last line, if it begins at this offset or later.
    pub fn last_after(&self, offset: u64) -> Option<u64> {
        self.last.filter(|_| self.end > offset)
    }

    /// Number of branches after the first.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Iterates over the added lines again, to tell the status of each.
    pub fn walk(&self) -> BranchWalk {
        BranchWalk {
            to_come: self.starts.clone().into(),
            last: None,
            branch: 0,
            end: self.end,
        }
    }
}

/// See [`Branches::walk`].
#[derive(Debug)]
pub struct BranchWalk {
    /// Offset and first step of the branches that start later.
    to_come: VecDeque<(u64, u64)>,
    last: Option<u64>,
    branch: u64,
    end: u64,
}

impl BranchWalk {
    /// Whether the line at offset `start` was not added.
    pub fn is_over(&self, start: u64) -> bool {
        start >= self.end
    }

    /// The status of the next line, at offset `start` and of `step`.
    pub fn next(&mut self, start: u64, step: u64) -> BranchStatus {
        if self.last.replace(step).is_some_and(|last| step <= last) {
            self.branch += 1;
        }
        while self.to_come.front().is_some_and(|&(at, _)| at <= start) {
            self.to_come.pop_front();
        }
        BranchStatus {
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

    fn standings(steps: &[u64]) -> Vec<BranchStatus> {
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
    fn a_branch_abandons_its_first_step_and_later_ones() {
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
        assert!(branches.starts.len() <= MAX_BRANCHES && branches.count() == 400_000);
    }

    proptest! {
        #[test]
        fn live_steps_are_ascending(steps in prop::collection::vec(0u64..12, 0..40)) {
            let kept = live(&steps);
            prop_assert!(kept.windows(2).all(|w| w[0] < w[1]), "{:?}", kept);
            // The definition, applied line by line.
            let mut expected: Vec<u64> = Vec::new();
            for &step in &steps {
                expected.retain(|&kept| kept < step);
                expected.push(step);
            }
            prop_assert_eq!(kept, expected);
        }
    }
}
