//! Spectral normalization (Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for Generative Adversarial
//! Networks"): every weight matrix is divided by its largest singular value σ. Power iteration estimates σ with vectors u
//! and v, which each layer keeps between updates.

pub(crate) mod alignment;
pub(crate) mod exact;
mod lanczos;
pub mod operator;
pub(crate) mod power;
pub(crate) mod spectrum;
pub(crate) mod svd;

pub use crate::preset::Layout;
pub use exact::spectra;
pub use spectrum::{LayerWeight, Spectrum};

/// Lower bound of the norm that a vector is divided by, as in PyTorch's `normalize`.
pub const EPSILON: f32 = 1e-12;
