//! The tiles of all points, and the transform of their sums to outputs.

use super::{MAX_POINTS, Matrix, Source, Target, WHOLE};
use crate::engine::nn::host::tile::{MAX_LANES, MAX_ROWS, Sums};

const NOTHING: Sums = [0.0; MAX_ROWS * MAX_LANES];

/// The tiles of all points of a filter; a single tile without a filter.
pub(crate) struct Tiles {
    pub sums: [Sums; MAX_POINTS],
    transformed: [Sums; MAX_POINTS],
    matrix: Option<Matrix>,
}

impl Tiles {
    /// `matrix` transforms the sums at the points to outputs or taps.
    pub(crate) fn new(matrix: Option<Matrix>) -> Self {
        Self {
            sums: [NOTHING; MAX_POINTS],
            transformed: [NOTHING; MAX_POINTS],
            matrix,
        }
    }

    /// Transforms the first `length` sums of each tile. Returns the sums themselves without a matrix.
    pub(crate) fn transform(&mut self, length: usize) -> &[Sums] {
        let Some(matrix) = &self.matrix else {
            return &self.sums;
        };
        let from = Source {
            numbers: self.sums.as_flattened(),
            step: NOTHING.len(),
            length,
        };
        let to = Target {
            numbers: self.transformed.as_flattened_mut(),
            step: NOTHING.len(),
        };
        matrix.apply(WHOLE.into_iter(), from, to);
        &self.transformed
    }
}
