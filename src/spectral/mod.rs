//! Spectral normalization (Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for Generative Adversarial
//! Networks"): every weight matrix is divided by its largest singular value σ, estimated by power iteration on vectors
//! u and v that live with the layer.

pub mod audit;
pub mod exact;
mod lanczos;
pub mod operator;
pub mod power;
pub mod spectrum;

pub use exact::{Exact, ExactSpectra};
pub use spectrum::{LayerWeight, Spectrum};

/// Added to no norm, but the least a norm is taken for (PyTorch's `normalize`).
pub const EPSILON: f32 = 1e-12;

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

    /// Length of v.
    pub fn width(&self) -> usize {
        self.blocks * self.columns
    }
}
