//! The bundled image sets; see assets/LICENSES.md.

use super::{Error, idx};

/// 5,000 handwritten digits of MNIST, 28×28 gray.
///
/// # Errors
/// Never: the file is compiled in and valid.
pub fn digits() -> Result<idx::ImageSet, Error> {
    idx::parse(include_bytes!(
        "../../../assets/mnist-5000-images-idx3-ubyte.gz"
    ))
}

/// 3,000 articles of clothing of Fashion-MNIST, 28×28 gray.
///
/// # Errors
/// Never: the file is compiled in and valid.
pub fn fashion() -> Result<idx::ImageSet, Error> {
    idx::parse(include_bytes!(
        "../../../assets/fashion-3000-images-idx3-ubyte.gz"
    ))
}

/// 2,000 pixel-art characters, 32×32 RGB.
///
/// # Errors
/// Never: the file is compiled in and valid.
pub fn dolls() -> Result<idx::ImageSet, Error> {
    idx::parse(include_bytes!(
        "../../../assets/dolls-2000-images-idx4-ubyte.gz"
    ))
}
