//! The weight of a layer, and the matrix that spectral normalization takes it for.

/// A weight as PyTorch stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// (out, in), of a convolution (out, in, kernel, kernel), of a transposed one (in, out, kernel, kernel).
    pub shape: Vec<usize>,
    /// Whether there is a bias: one number for each row of the matrix.
    pub bias: bool,
    /// None of a dense layer.
    pub convolution: Option<Convolution>,
}

/// How a square kernel goes over an image, alike along both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// The adjoint of a convolution of this kernel, stride and padding.
    pub transposed: bool,
    pub kernel: usize,
    pub stride: usize,
    /// Zeros at each side.
    pub padding: usize,
}

impl Weight {
    /// (out, in·kernel·kernel), also of a transposed convolution.
    pub fn matrix(&self) -> Layout {
        Layout::of(&self.shape, self.is_transposed())
    }

    /// Whether input channels come first in the shape.
    pub fn is_transposed(&self) -> bool {
        self.convolution.is_some_and(|own| own.transposed)
    }

    /// Numbers in it, the bias left out.
    pub fn numbers(&self) -> u128 {
        let sizes = self.shape.iter().map(|&size| size as u128);
        sizes.fold(1, u128::saturating_mul)
    }
}

/// How a stored weight becomes the matrix (rows, blocks·columns) whose singular value is meant: it is stored as
/// `blocks` matrices (rows, columns), one after the other, which stand side by side in it.
///
/// Dense layers and convolutions have one block. A transposed convolution, stored as PyTorch's (in, out, kh, kw), has
/// a block for each input channel: output channels come first in the matrix, as in PyTorch's `spectral_norm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub blocks: usize,
    pub rows: usize,
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

    /// Of a weight of this shape: the first axis, of a transposed convolution the second, against all others.
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

    /// Length of v.
    pub fn width(&self) -> usize {
        self.blocks.saturating_mul(self.columns)
    }

    /// (rows, columns) of the matrix: the lengths of u and v.
    pub fn size(&self) -> (usize, usize) {
        (self.rows, self.width())
    }
}
