//! The classes of the bundled image sets: IDX files of one dimension, one unsigned byte an image.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::Error;

/// 0x00 0x00, unsigned bytes, one dimension.
const START: [u8; 4] = [0, 0, 0x08, 1];

/// The classes of [`bundled::digits`](super::bundled::digits), 0 to 9.
///
/// # Errors
/// None in a sound build: the file is compiled in.
pub fn digits() -> Result<Vec<u8>, Error> {
    parse(include_bytes!(
        "../../assets/mnist-5000-labels-idx1-ubyte.gz"
    ))
}

/// The classes of [`bundled::fashion`](super::bundled::fashion), 0 to 9.
///
/// # Errors
/// As [`digits`].
pub fn fashion() -> Result<Vec<u8>, Error> {
    parse(include_bytes!(
        "../../assets/fashion-3000-labels-idx1-ubyte.gz"
    ))
}

/// Reads the bytes of a gzipped IDX file of labels.
///
/// # Errors
/// Not gzip, not IDX of one dimension of unsigned bytes, or a header that promises more or less than what follows.
fn parse(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    MultiGzDecoder::new(bytes)
        .read_to_end(&mut content)
        .map_err(Error::Gzip)?;
    let (start, rest) = content.split_at_checked(8).ok_or(Error::Unknown)?;
    let [a, b, c, d, length @ ..] = start else {
        return Err(Error::Unknown);
    };
    if [*a, *b, *c, *d] != START {
        return Err(Error::Unknown);
    }
    let promised = length
        .iter()
        .fold(0_usize, |size, &byte| size << 8 | usize::from(byte));
    if promised != rest.len() {
        return Err(Error::Length {
            of: "IDX",
            promised: promised.to_string(),
            held: rest.len().to_string(),
        });
    }
    Ok(rest.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::bundled;

    #[test]
    fn each_image_has_a_class_and_classes_are_equally_many() {
        for (labels, images) in [
            (digits(), bundled::digits()),
            (fashion(), bundled::fashion()),
        ] {
            let (labels, count) = (labels.unwrap(), images.unwrap().count);
            assert_eq!(labels.len(), count);
            for class in 0..10 {
                let members = labels.iter().filter(|&&label| label == class).count();
                assert_eq!(members, count / 10);
            }
        }
    }

    #[test]
    fn what_is_no_file_of_labels_is_an_error() {
        for bytes in [&[][..], &[0x1f, 0x8b], &[0, 0, 8, 1, 0, 0, 0, 1, 5]] {
            assert!(parse(bytes).is_err());
        }
        assert!(
            parse(include_bytes!(
                "../../assets/mnist-5000-images-idx3-ubyte.gz"
            ))
            .is_err()
        );
    }
}
