//! Weights in safetensors files, read one tensor at a time.

pub mod encode;

mod file;
mod kind;
mod number;
mod several;
mod tensor;

pub use file::{Error, TensorFile};
pub use several::Tensors;
pub use tensor::StateTensor;
