//! Safetensors files: read one tensor at a time without trust, written in a fixed order, hashed.

pub mod encode;
pub(crate) mod hash;
pub(crate) mod model;

mod file;
mod header;
mod kind;
mod number;
mod several;
mod tensor;

pub use file::{Error, TensorFile};
pub use several::Tensors;
pub use tensor::StateTensor;
