//! Neural networks and the backends that run them.
//!
//! [`backend`] defines the operations of a device. [`host`] implements them on the CPU and `gpu` on an NVIDIA GPU.
//! [`mod@reference`] implements them with dfdx's own operations; it is slow, and tests compare the other two with it.
//!
//! A [`network`] is a list of layers as plain data ([`module`], [`layer`]) and the buffers with their values
//! ([`memory`]). A pass (`pass`) calls the backend and records the backward operations on dfdx's tape ([`node`]).
//!
//! Activations are row-major matrices (features, batch). The features of an image are ordered channels, rows, columns,
//! so reshape and flatten are free.

pub(crate) mod activation;
pub(crate) mod adam;
pub mod backend;
pub mod build;
pub(crate) mod counts;
pub(crate) mod geometry;
#[cfg(feature = "cuda")]
pub mod gpu;
pub mod guard;
pub(crate) mod host;
pub mod knobs;
pub mod layer;
pub(crate) mod memory;
pub mod module;
pub(crate) mod network;
pub(crate) mod node;
pub(crate) mod parameters;
mod pass;
pub(crate) mod pooling;
pub(crate) mod record;
pub(crate) mod reference;
pub mod spectral;
mod start;
pub(crate) mod state;

pub use activation::Activation;
pub use adam::{Adam, AdamSettings};
pub use backend::{Backend, Failure};
pub use counts::Counts;
pub use geometry::Geometry;
#[cfg(feature = "cuda")]
pub use gpu::Gpu;
pub use host::Host;
pub use knobs::Knobs;
pub use memory::Weights;
pub use network::{Mode, Network};
pub use node::Node;
pub use pooling::Pooling;
pub use record::{Objective, RecordLayout};
pub use reference::Reference;
