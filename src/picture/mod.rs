//! Pictures of samples: pixels in memory, and encoding as PNG and GIF. No files are written here.

pub mod gif;
pub mod grid;
pub mod pixels;
pub mod png;
pub mod scatter;

pub use pixels::Picture;
