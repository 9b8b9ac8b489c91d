//! Pictures of samples: pixels in memory, and encoding as PNG and GIF. No files are written here.

pub(crate) mod gif;
pub(crate) mod grid;
pub(crate) mod pixels;
pub(crate) mod png;
pub(crate) mod scatter;

pub(crate) use pixels::Picture;
