//! Pictures of samples: pixels, and the bytes of files. Nothing is written here.

pub mod gif;
pub mod grid;
pub mod pixels;
pub mod png;
pub mod scatter;

pub use pixels::Picture;
