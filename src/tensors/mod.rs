//! Weights in safetensors files, read one tensor at a time.

mod file;
mod kind;
mod number;
mod several;

pub use file::{Error, TensorFile};
pub use several::Tensors;
