//! Journal lines that a resumed run will produce again.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use crate::model::Entry;

/// A multiset of expected lines. A resumed run produces them again, and they must not be written twice. Only hashes are
/// kept, so that millions of lines take little memory; two lines with the same hash are less likely than a memory
/// error.
#[derive(Debug, Default)]
pub struct ExpectedLines {
    counts: HashMap<u64, u32>,
    hash: RandomState,
}

impl ExpectedLines {
    /// Expects a line once more.
    pub fn add(&mut self, line: &Entry) {
        *self.counts.entry(self.hash.hash_one(line)).or_default() += 1;
    }

    /// Removes a line. Returns whether it was expected.
    pub fn take(&mut self, line: &Entry) -> bool {
        let hash = self.hash.hash_one(line);
        let Some(count) = self.counts.get_mut(&hash) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&hash);
        }
        true
    }

    /// Expects no more lines.
    pub fn clear(&mut self) {
        self.counts = HashMap::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::journal::tests::change;

    #[test]
    fn a_line_is_expected_as_often_as_it_was_added() {
        let mut expected = ExpectedLines::default();
        for step in [3, 4, 3] {
            expected.add(&change(step));
        }
        assert!(
            expected.take(&change(3)) && expected.take(&change(4)) && expected.take(&change(3))
        );
        assert!(!expected.take(&change(3)) && !expected.take(&change(4)));
        expected.add(&change(5));
        expected.clear();
        assert!(!expected.take(&change(5)));
    }
}
