//! Upsampling and pooling: sums over cells of an image, and their adjoint.

use std::cell::OnceCell;

use dfdx::prelude::*;

use super::op::conv::Gather;

/// A coarse image (channels, height, width) and the fine one whose cells of (rows, columns) positions belong to its
/// positions: (channels, height·rows, width·columns).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub rows: usize,
    pub columns: usize,
}

impl Cells {
    /// Features of the coarse image.
    pub fn coarse(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Features of the fine image.
    pub fn fine(&self) -> usize {
        self.coarse() * self.area()
    }

    /// Fine positions in a coarse one.
    pub fn area(&self) -> usize {
        self.rows * self.columns
    }

    /// The fine feature at place `(row, column)` of the cell of a coarse feature.
    pub fn feature(&self, coarse: usize, (row, column): (usize, usize)) -> usize {
        let (above, x) = (coarse / self.width, coarse % self.width);
        (above * self.rows + row) * self.width * self.columns + x * self.columns + column
    }
}

/// Which way a [`Pooling`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// Each fine position gets its coarse one's value.
    Spread,
    /// Each coarse position gets the sum over its cell.
    Collect,
}

/// Nearest upsampling, average pooling or global sum pooling, with the table that the portable path reads.
pub struct Pooling<D: Device<f32>> {
    pub cells: Cells,
    pub sampling: Sampling,
    /// Factor on the result.
    pub scale: f32,
    gather: OnceCell<Gather<D>>,
}

impl<D: Device<f32>> Pooling<D> {
    pub fn new(cells: Cells, sampling: Sampling, scale: f32) -> Self {
        Self {
            cells,
            sampling,
            scale,
            gather: OnceCell::new(),
        }
    }

    /// The rows that the portable path copies: for `Spread` those of the coarse image in the order of the fine one, for
    /// `Collect` as many times the coarse image as a cell has positions.
    pub fn gather(&self, device: &D) -> Result<&Gather<D>, D::Err> {
        if let Some(gather) = self.gather.get() {
            return Ok(gather);
        }
        let cells = &self.cells;
        let places = (0..cells.rows).flat_map(|row| (0..cells.columns).map(move |c| (row, c)));
        let mut rows = vec![None; cells.fine()];
        for (block, place) in places.enumerate() {
            for coarse in 0..cells.coarse() {
                let fine = cells.feature(coarse, place);
                match self.sampling {
                    Sampling::Spread => rows[fine] = Some(coarse),
                    Sampling::Collect => rows[block * cells.coarse() + coarse] = Some(fine),
                }
            }
        }
        let gather = Gather::new(device, &rows)?;
        Ok(self.gather.get_or_init(|| gather))
    }
}
