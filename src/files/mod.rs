//! Files: opened without trust, and written completely or not at all; [`tensors`]: safetensors files.

pub mod folder;
pub(crate) mod open;
pub(crate) mod output;
pub mod tensors;
pub(crate) mod whole;

pub use output::Output;
