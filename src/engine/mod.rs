//! The engine: networks, their adversarial training, and what is measured on both. It opens no terminal, writes no files
//! and starts no threads beyond rayon's. A room imports only from rooms to its right:
//!
//! ```text
//! gan ─► metric ─► data ─► nn ─► spectral ─► picture, simd, random
//! ```
//!
//! | room | holds |
//! | --- | --- |
//! | [`gan`] | adversarial training: D's update, G's update, a step |
//! | [`metric`] | scores of generated samples |
//! | [`data`] | data sets |
//! | [`nn`] | networks and their backends, spectral normalization during training |
//! | [`spectral`] | power iteration, exact spectra and operator norms of weights: slices in, numbers out |
//! | [`picture`] | pictures: pixels, PNG, GIF |
//! | [`simd`] | sums of vectors, in the order that every backend keeps |
//! | [`random`] | random streams |

pub mod data;
pub mod gan;
pub mod metric;
pub mod nn;
pub(crate) mod picture;
pub mod random;
mod simd;
pub mod spectral;
