//! Lines that stand in a journal and are to come again.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use crate::model::Entry;

/// How often each line is still to come. A hash stands for a line, so that millions take little room: that two lines
/// are taken for each other is less likely than that the memory errs.
#[derive(Debug, Default)]
pub struct Again {
    counts: HashMap<u64, u32>,
    hash: RandomState,
}

impl Again {
    pub fn add(&mut self, line: &Entry) {
        *self.counts.entry(self.hash.hash_one(line)).or_default() += 1;
    }

    /// Whether a line was still to come; it has come then.
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

    pub fn clear(&mut self) {
        self.counts = HashMap::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::journal::tests::change;

    #[test]
    fn a_line_comes_as_often_as_it_stands_there() {
        let mut again = Again::default();
        for step in [3, 4, 3] {
            again.add(&change(step));
        }
        assert!(again.take(&change(3)) && again.take(&change(4)) && again.take(&change(3)));
        assert!(!again.take(&change(3)) && !again.take(&change(4)));
        again.add(&change(5));
        again.clear();
        assert!(!again.take(&change(5)));
    }
}
