//! What can be wrong with data.

use std::{io, path::PathBuf};

/// Why a data set cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: Box<Error> },
    #[error(
        "not a set of images that can be read: expected an IDX file (gzipped or not) of unsigned bytes, (N, H, W) or (N, H, W, C), as MNIST's train-images-idx3-ubyte"
    )]
    Unknown,
    #[error("the gzip stream is damaged: {0}")]
    Gzip(io::Error),
    #[error("the IDX header names element type 0x{0:02x}; images are unsigned bytes (0x08)")]
    ElementType(u8),
    #[error("the IDX header names {0} dimensions; images have 3, (N, H, W), or 4, (N, H, W, C)")]
    Dimensions(u8),
    #[error("the IDX header promises {promised} bytes of images, the file holds {held}")]
    Length { promised: String, held: String },
    #[error("the IDX header names images of {count}×{height}×{width}×{channels}: {reason}")]
    Shape {
        count: usize,
        height: usize,
        width: usize,
        channels: usize,
        reason: &'static str,
    },
    #[error(
        "images cannot take the shape {0}×{1}×{2}: channels are 1 or 3, height and width at least 1"
    )]
    Target(usize, usize, usize),
}
