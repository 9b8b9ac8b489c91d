//! The CPU backend: pooled buffers, register tiles, rayon.
//!
//! Activations are stored in slabs of samples (`slab`). `layer` has the operations of one layer, `dense_stack` those of
//! consecutive dense layers, and `products` the matrix products and convolutions that they use. Sums are cut into
//! chunks that depend on shapes only, and tasks write disjoint outputs, so results do not depend on the number of
//! threads.

pub(crate) mod allocator;
mod axis;
mod backend;
mod batch_norm;
mod buffers;
mod conv;
mod dense;
mod dense_stack;
mod epilogue;
pub(super) mod exponential;
mod gather;
mod layer;
mod loss;
mod measure;
mod output;
mod pointwise;
mod pooling;
mod prepared;
pub(crate) mod products;
mod ring;
mod samples;
mod scratch;
mod slab;
mod spectral;
mod spin;
mod tile;
mod transpose;
mod update;
mod weight_gradient;
mod winograd;

pub(crate) use spin::{keep_threads_spinning, without_spinning};

/// The CPU.
#[derive(Clone, Copy, Debug, Default)]
pub struct Host;
