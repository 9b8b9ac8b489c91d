//! The class labels of the bundled image sets: IDX files of one dimension, with one unsigned byte per image.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::Error;

/// Magic number of an IDX file with unsigned bytes and one dimension.
const START: [u8; 4] = [0, 0, 0x08, 1];

/// The labels of [`bundled::digits`](super::bundled::digits), 0 to 9.
///
/// # Errors
/// Never: the file is compiled in and valid.
pub(crate) fn digits() -> Result<Vec<u8>, Error> {
    parse(include_bytes!(
        "../../../assets/mnist-5000-labels-idx1-ubyte.gz"
    ))
}

/// The labels of [`bundled::fashion`](super::bundled::fashion), 0 to 9.
///
/// # Errors
/// Never: the file is compiled in and valid.
pub(crate) fn fashion() -> Result<Vec<u8>, Error> {
    parse(include_bytes!(
        "../../../assets/fashion-3000-labels-idx1-ubyte.gz"
    ))
}

/// Parses a gzipped IDX file of labels.
///
/// # Errors
/// If the bytes are not gzip, not IDX with one dimension of unsigned bytes, or not as long as the header says.
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
    use crate::engine::data::bundled;

    #[test]
    fn each_image_has_a_label_and_classes_are_equally_frequent() {
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
    fn a_file_that_is_not_labels_is_an_error() {
        for bytes in [&[][..], &[0x1f, 0x8b], &[0, 0, 8, 1, 0, 0, 0, 1, 5]] {
            assert!(parse(bytes).is_err());
        }
        assert!(
            parse(include_bytes!(
                "../../../assets/mnist-5000-images-idx3-ubyte.gz"
            ))
            .is_err()
        );
    }
}
