//! Networks built from specs, generic over the backend they run on.
//!
//! Activations are matrices (features, batch), batch last: channels, rows and columns of an image are its features in
//! that order, so reshaping costs nothing, real and generated samples share one matrix, and every copied run of an
//! im2col is as long as the batch.

pub mod activation;
pub mod adam;
pub mod backend;
pub mod build;
#[cfg(feature = "cuda")]
pub mod cuda;
pub mod geometry;
pub mod host;
pub mod layer;
pub mod module;
pub mod network;
pub mod op;
pub mod plan;
pub mod pooling;
mod start;
pub mod state;

use dfdx::prelude::{NoneTape, Tensor};

pub use activation::Activation;
pub use adam::{Adam, AdamSettings};
pub use backend::{Backend, Portable, Wants};
pub use geometry::Geometry;
pub use host::Host;
pub use network::{Mode, Network};
pub use plan::Plan;
pub use state::StateTensor;

/// A contiguous matrix (rows, columns) on device `D`, with or without a tape.
pub type Matrix<D, T = NoneTape> = Tensor<(usize, usize), f32, D, T>;
/// One number on device `D`.
pub type Scalar<D> = Tensor<(), f32, D>;
