//! Errors of image files that cannot be decoded.

use std::{
    io,
    path::{Path, PathBuf},
};

use image::{DynamicImage, ImageError};

use super::jpeg::Damage;
use crate::text::one_line;

/// Why an image file cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    #[error("{0}")]
    Read(#[from] io::Error),
    #[error("{0}")]
    Zip(#[from] rawzip::Error),
    #[error("it unpacks to {0} bytes, more than 64 MiB")]
    Unpacked(u64),
    #[error("{0}")]
    Decode(#[from] ImageError),
    #[error("{0}")]
    Jpeg(#[from] Damage),
    #[error("its directory promises more than the file holds")]
    Tiff,
    #[error("it has no pixels")]
    Empty,
    #[error("{width}×{height} pixels are too many for the file's length")]
    Pixels { width: u32, height: u32 },
    #[error("its decoder failed")]
    Panic,
}

/// A broken picture of a set, shown as "path: reason" in one line.
#[derive(Debug, thiserror::Error)]
#[error("{}", one_line(&format!("{}: {reason}", path.display())))]
pub struct Broken {
    path: PathBuf,
    reason: Reason,
}

impl Broken {
    /// Adds the path, relative to `root`, to the error of a picture.
    ///
    /// # Errors
    /// If `decoded` is an error.
    pub fn at(
        path: &Path,
        root: &Path,
        decoded: Result<DynamicImage, Reason>,
    ) -> Result<DynamicImage, Self> {
        decoded.map_err(|reason| Self {
            path: path.strip_prefix(root).unwrap_or(path).to_owned(),
            reason,
        })
    }
}
