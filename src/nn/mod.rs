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

pub mod activation;
pub mod adam;
pub mod backend;
pub mod build;
pub mod counts;
pub mod geometry;
#[cfg(feature = "cuda")]
pub mod gpu;
pub mod guard;
pub mod host;
pub mod knobs;
pub mod layer;
pub mod memory;
pub mod module;
pub mod network;
pub mod node;
pub mod parameters;
mod pass;
pub mod pooling;
pub mod record;
pub mod reference;
pub mod spectral;
mod start;
pub mod state;

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
