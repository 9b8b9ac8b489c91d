//! Spectral normalization (Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for Generative Adversarial
//! Networks"): every weight matrix is divided by its largest singular value σ, estimated by power iteration on vectors
//! u and v that live with the layer.

pub mod audit;
pub mod exact;
pub mod host;
mod lanczos;
pub mod layer;
pub mod operator;
pub mod spectrum;

use dfdx::prelude::Device;

pub use crate::preset::Layout;
pub use exact::{Exact, ExactSpectra};
pub use layer::SpectralLayer;
pub use spectrum::{LayerWeight, Spectrum};

use crate::nn::Matrix;

/// Added to no norm, but the least a norm is taken for (PyTorch's `normalize`).
pub const EPSILON: f32 = 1e-12;

/// Power iterations that a layer's vectors get before they are first used.
pub const WARM_UP: usize = 15;

/// Estimates of the first left and right singular vectors: u (rows, 1), v (width, 1). Never differentiated.
#[derive(Clone, Debug)]
pub struct Vectors<D: Device<f32>> {
    pub u: Matrix<D>,
    pub v: Matrix<D>,
}
