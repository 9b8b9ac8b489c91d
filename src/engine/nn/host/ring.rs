//! A ring of rows for a task that moves down an image: rows that are read again stay where they are.

use std::ops::Range;

/// Slots for rows. Row y has slot y modulo the number of slots.
pub(super) struct Ring {
    slots: usize,
    present: Range<usize>,
}

impl Ring {
    /// A ring for at most `slots` rows at once.
    pub(super) fn new(slots: usize) -> Self {
        Self {
            slots: slots.max(1),
            present: 0..0,
        }
    }

    pub(super) fn slots(&self) -> usize {
        self.slots
    }

    pub(super) fn slot(&self, row: usize) -> usize {
        row % self.slots
    }

    /// Makes `rows` the present rows. Returns those that were not present and have to be filled.
    pub(super) fn advance(
        &mut self,
        rows: Range<usize>,
    ) -> impl Iterator<Item = usize> + Clone + use<> {
        let present = std::mem::replace(&mut self.present, rows.clone());
        rows.filter(move |row| !present.contains(row))
    }

    /// Removes all rows.
    pub(super) fn clear(&mut self) {
        self.present = 0..0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn present_rows_are_not_filled_again() {
        let mut ring = Ring::new(4);
        assert_eq!(ring.advance(0..3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(ring.advance(1..5).collect::<Vec<_>>(), [3, 4]);
        assert_eq!([1, 2, 3, 4].map(|row| ring.slot(row)), [1, 2, 3, 0]);
        assert_eq!(ring.advance(7..9).collect::<Vec<_>>(), [7, 8]);
        ring.clear();
        assert_eq!(ring.advance(7..9).collect::<Vec<_>>(), [7, 8]);
    }
}
