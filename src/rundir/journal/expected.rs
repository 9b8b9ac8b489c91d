//! Journal lines that a resumed run will produce again.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
};

use crate::model::Entry;

/// A multiset of expected lines. A resumed run produces them again, and they must not be written twice. Only hashes are
/// kept, so that millions of lines take little memory; two lines with the same hash are less likely than a memory
/// error.
#[derive(Debug, Default)]
pub struct ExpectedLines {
    /// The step of each line, by its hash and its number.
    steps: BTreeMap<(u64, u64), u64>,
    hash: RandomState,
}

impl ExpectedLines {
    /// Expects the line with this number, from 0.
    pub fn add(&mut self, number: u64, line: &Entry) {
        let hash = self.hash.hash_one(line);
        self.steps.insert((hash, number), line.step);
    }

    /// Removes a line. Returns whether it was expected.
    pub fn take(&mut self, line: &Entry) -> bool {
        let hash = self.hash.hash_one(line);
        let first = self.steps.range((hash, 0)..=(hash, u64::MAX)).next();
        let first = first.map(|(key, _)| *key);
        first.is_some_and(|key| self.steps.remove(&key).is_some())
    }

    /// Numbers of the lines that may still come after `step` steps. Those of earlier steps never come.
    pub fn pending(&self, step: u64) -> Vec<u64> {
        let later = self.steps.iter().filter(|(_, of)| **of > step);
        later.map(|((_, number), _)| *number).collect()
    }

    /// Expects no more lines.
    pub fn clear(&mut self) {
        self.steps.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::journal::tests::change;

    #[test]
    fn a_line_is_expected_as_often_as_it_was_added() {
        let mut expected = ExpectedLines::default();
        for (number, step) in (5..).zip([3, 4, 3]) {
            expected.add(number, &change(step));
        }
        assert!(
            expected.take(&change(3)) && expected.take(&change(4)) && expected.take(&change(3))
        );
        assert!(!expected.take(&change(3)) && !expected.take(&change(4)));
        expected.add(8, &change(5));
        expected.clear();
        assert!(!expected.take(&change(5)));
    }

    #[test]
    fn lines_of_later_steps_are_pending_until_they_come() {
        let mut expected = ExpectedLines::default();
        for (number, step) in [(5, 3), (6, 4), (7, 4)] {
            expected.add(number, &change(step));
        }
        let pending = |expected: &ExpectedLines, step| {
            let mut numbers = expected.pending(step);
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(pending(&expected, 2), [5, 6, 7]);
        assert_eq!(pending(&expected, 3), [6, 7]);
        assert!(expected.take(&change(4)));
        assert_eq!(pending(&expected, 3), [7]);
        assert!(pending(&expected, 4).is_empty());
    }
}
