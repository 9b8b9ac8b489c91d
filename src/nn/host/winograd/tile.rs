//! From the sums of tiles to what they were summed for.

use super::{MOST_POINTS, Matrix, Source, Target, WHOLE};
use crate::nn::host::tile::{MOST_LANES, MOST_ROWS, Sums};

const NOTHING: Sums = [0.0; MOST_ROWS * MOST_LANES];

/// The tiles of all points of a filter; or one tile, where there is no filter.
pub struct Tiles {
    pub sums: [Sums; MOST_POINTS],
    made: [Sums; MOST_POINTS],
    matrix: Option<Matrix>,
}

impl Tiles {
    /// `matrix` makes outputs, or taps, of the sums at the points.
    pub fn new(matrix: Option<Matrix>) -> Self {
        Self {
            sums: [NOTHING; MOST_POINTS],
            made: [NOTHING; MOST_POINTS],
            matrix,
        }
    }

    /// What the first `length` sums of each tile make: the sums themselves where there is no matrix.
    pub fn made(&mut self, length: usize) -> &[Sums] {
        let Some(matrix) = &self.matrix else {
            return &self.sums;
        };
        let from = Source {
            numbers: self.sums.as_flattened(),
            step: NOTHING.len(),
            length,
        };
        let to = Target {
            numbers: self.made.as_flattened_mut(),
            step: NOTHING.len(),
        };
        matrix.apply(WHOLE.into_iter(), from, to);
        &self.made
    }
}
