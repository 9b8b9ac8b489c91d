//! The weight of a layer, and its reshaping to the matrix that spectral normalization uses.

/// A weight as PyTorch stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// (out, in) for a dense layer, (out, in, kernel, kernel) for a convolution, (in, out, kernel, kernel) for a
    /// transposed convolution.
    pub shape: Vec<usize>,
    /// Whether the layer has a bias, one number for each row of the matrix.
    pub bias: bool,
    /// The convolution's geometry; `None` for a dense layer.
    pub convolution: Option<Convolution>,
}

/// Geometry of a convolution with a square kernel, the same along both axes of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Whether it is the adjoint of the convolution with this kernel, stride and padding.
    pub transposed: bool,
    pub kernel: usize,
    pub stride: usize,
    /// Zeros at each side.
    pub padding: usize,
}

impl Weight {
    /// The weight's matrix: (out, in·kernel·kernel), also for a transposed convolution.
    pub fn matrix(&self) -> Layout {
        Layout::of(&self.shape, self.is_transposed())
    }

    /// Whether input channels are the first axis of the shape.
    pub fn is_transposed(&self) -> bool {
        self.convolution.is_some_and(|own| own.transposed)
    }

    /// Numbers in the weight, without the bias.
    pub fn numbers(&self) -> u128 {
        let sizes = self.shape.iter().map(|&size| size as u128);
        sizes.fold(1, u128::saturating_mul)
    }
}

/// How a stored weight is reshaped to the matrix (rows, blocks·columns) whose singular value is σ. The weight is stored
/// as `blocks` matrices (rows, columns), one after the other; they stand side by side in the matrix.
///
/// Dense layers and convolutions have one block. A transposed convolution, stored like PyTorch's (in, out, kh, kw), has
/// a block for each input channel: the rows are output channels, as in PyTorch's `spectral_norm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Number of blocks, which lie one behind the other.
    pub blocks: usize,
    /// Rows of the matrix: output channels or outputs.
    pub rows: usize,
    /// Columns of one block.
    pub columns: usize,
}

impl Layout {
    /// A weight stored as the matrix itself.
    pub fn plain(rows: usize, columns: usize) -> Self {
        Self {
            blocks: 1,
            rows,
            columns,
        }
    }

    /// The layout of a weight with this shape. Rows are the first axis, or the second for a transposed convolution;
    /// columns are all other axes.
    pub fn of(shape: &[usize], transposed: bool) -> Self {
        let product = |sizes: &[usize]| sizes.iter().fold(1usize, |a, &b| a.saturating_mul(b));
        match shape {
            [blocks, rows, taps @ ..] if transposed => Self {
                blocks: *blocks,
                rows: *rows,
                columns: product(taps),
            },
            [rows, others @ ..] => Self::plain(*rows, product(others)),
            [] => Self::plain(1, 1),
        }
    }

    /// Number of columns, the length of v.
    pub fn width(&self) -> usize {
        self.blocks.saturating_mul(self.columns)
    }

    /// (rows, columns) of the matrix, the lengths of u and v.
    pub fn size(&self) -> (usize, usize) {
        (self.rows, self.width())
    }
}
