//! Upsampling and pooling: broadcasts to cells of an image and sums over them. Each is the adjoint of the other.

/// A coarse image (channels, height, width) and a fine image (channels, height·rows, width·columns). Each coarse
/// position corresponds to a cell of (rows, columns) fine positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub rows: usize,
    pub columns: usize,
}

impl Cells {
    /// Number of features of the coarse image.
    pub fn coarse(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Number of features of the fine image.
    pub fn fine(&self) -> usize {
        self.coarse() * self.area()
    }

    /// Number of fine positions in a cell.
    pub fn area(&self) -> usize {
        self.rows * self.columns
    }

    /// Index of the fine feature at (row, column) in the cell of coarse feature `coarse`.
    pub fn feature(&self, coarse: usize, (row, column): (usize, usize)) -> usize {
        let (above, x) = (coarse / self.width, coarse % self.width);
        (above * self.rows + row) * self.width * self.columns + x * self.columns + column
    }
}

/// Direction of a [`Pooling`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resampling {
    /// Each fine position gets the value of its coarse position.
    Upsample,
    /// Each coarse position gets the sum over its cell.
    SumPool,
}

impl Resampling {
    /// The opposite direction.
    pub fn reversed(self) -> Self {
        match self {
            Resampling::Upsample => Resampling::SumPool,
            Resampling::SumPool => Resampling::Upsample,
        }
    }
}

/// Nearest upsampling, average pooling or global sum pooling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooling {
    /// Sizes of the coarse and the fine image.
    pub cells: Cells,
    /// Direction: to the fine or to the coarse image.
    pub resampling: Resampling,
    /// Factor on the result.
    pub scale: f32,
}

impl Pooling {
    /// Number of output features.
    pub fn outputs(&self) -> usize {
        match self.resampling {
            Resampling::Upsample => self.cells.fine(),
            Resampling::SumPool => self.cells.coarse(),
        }
    }

    /// The adjoint: what the backward pass applies to the gradient.
    pub fn adjoint(self) -> Self {
        Self {
            resampling: self.resampling.reversed(),
            ..self
        }
    }
}
