//! Weights in safetensors files: read within bounds one tensor at a time, written in a fixed order, hashed.

pub mod encode;
pub mod hash;
pub mod model;

mod file;
mod kind;
mod number;
mod several;
mod tensor;

pub use file::{Error, TensorFile};
pub use several::Tensors;
pub use tensor::StateTensor;
