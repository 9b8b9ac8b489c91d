//! Rows that a task keeps while it goes down an image: those that are read again stay where they are.

use std::ops::Range;

/// Slots of rows: row y has slot y modulo their number.
pub struct Ring {
    slots: usize,
    there: Range<usize>,
}

impl Ring {
    /// For as many rows at once at most.
    pub fn new(slots: usize) -> Self {
        Self {
            slots: slots.max(1),
            there: 0..0,
        }
    }

    pub fn slots(&self) -> usize {
        self.slots
    }

    pub fn slot(&self, row: usize) -> usize {
        row % self.slots
    }

    /// Those of some rows that are not there yet; from now on they count as there, and no others do.
    pub fn bring(&mut self, rows: Range<usize>) -> impl Iterator<Item = usize> + Clone + use<> {
        let there = std::mem::replace(&mut self.there, rows.clone());
        rows.filter(move |row| !there.contains(row))
    }

    /// Forgets all rows.
    pub fn clear(&mut self) {
        self.there = 0..0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_there_are_not_brought_again() {
        let mut ring = Ring::new(4);
        assert_eq!(ring.bring(0..3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(ring.bring(1..5).collect::<Vec<_>>(), [3, 4]);
        assert_eq!([1, 2, 3, 4].map(|row| ring.slot(row)), [1, 2, 3, 0]);
        assert_eq!(ring.bring(7..9).collect::<Vec<_>>(), [7, 8]);
        ring.clear();
        assert_eq!(ring.bring(7..9).collect::<Vec<_>>(), [7, 8]);
    }
}
