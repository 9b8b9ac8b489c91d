//! Spectral normalization (Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for Generative Adversarial
//! Networks"): every weight matrix is divided by its largest singular value σ, estimated by power iteration on vectors
//! u and v that live with the layer.

pub mod exact;
mod lanczos;
pub mod operator;
pub mod power;
pub mod spectrum;
pub(crate) mod svd;

pub use crate::preset::Layout;
pub use exact::{Exact, ExactSpectra};
pub use spectrum::{LayerWeight, Spectrum};

/// Added to no norm, but the least a norm is taken for (PyTorch's `normalize`).
pub const EPSILON: f32 = 1e-12;
