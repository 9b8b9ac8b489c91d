//! Networks: what they compute, where their numbers are, and the devices that they run on.
//!
//! [`backend`] says what a device must be able to do; [`host`] is the CPU, `gpu` an NVIDIA GPU; [`mod@reference`] is slow
//! and made of dfdx's own operations, what the others are held against. A network ([`network`]) is plain data
//! ([`module`], [`layer`]) beside its numbers ([`memory`]); a pass through it (`pass`) calls the backend and puts the way
//! back on dfdx's tape ([`node`]).
//!
//! Where numbers are a matrix of activations it is (features, batch), batch last: channels, rows and columns of an image
//! are its features in that order, so reshaping costs nothing.

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
pub use record::{Objective, Record};
pub use reference::Reference;
