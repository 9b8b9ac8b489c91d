//! Upsampling and pooling: sums over cells of an image, and their adjoint.

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

impl Sampling {
    /// The other way.
    pub fn turned(self) -> Self {
        match self {
            Sampling::Spread => Sampling::Collect,
            Sampling::Collect => Sampling::Spread,
        }
    }
}

/// Nearest upsampling, average pooling or global sum pooling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooling {
    pub cells: Cells,
    pub sampling: Sampling,
    /// Factor on the result.
    pub scale: f32,
}

impl Pooling {
    /// Features of what it makes.
    pub fn outputs(&self) -> usize {
        match self.sampling {
            Sampling::Spread => self.cells.fine(),
            Sampling::Collect => self.cells.coarse(),
        }
    }

    /// Its adjoint.
    pub fn adjoint(self) -> Self {
        Self {
            sampling: self.sampling.turned(),
            ..self
        }
    }
}
