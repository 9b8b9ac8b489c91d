//! IDX, the format of MNIST: a big-endian header, then the elements; gzipped or not.
//!
//! Bytes 0 and 1 are zero, byte 2 is the element type (0x08: unsigned byte), byte 3 the number of dimensions. The sizes of
//! the dimensions follow as 32-bit numbers. They are checked against the file's length before memory is allocated.

mod header;

use std::io::{BufRead, Read};

use super::{Error, gzip::Members};

pub use header::{Header, MAX_IMAGE, START, plausible};

/// Magic bytes at the start of a gzip stream.
pub const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Largest compression ratio of deflate (zlib's technical details: 1032:1).
const MAX_DEFLATE_RATIO: u128 = 1032;
/// Most bytes of images that are unpacked into memory, 1 GiB.
const MAX_UNPACKED: u128 = 1 << 30;

/// Least growth of the buffer while a stream is unpacked, in bytes.
const MIN_GROWTH: usize = 1 << 20;

/// Images in memory, in the order of an IDX file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSet {
    /// Number of images.
    pub count: usize,
    /// Rows of an image, in pixels.
    pub height: usize,
    /// Columns of an image, in pixels.
    pub width: usize,
    /// 1 (gray) or 3 (RGB).
    pub channels: usize,
    /// (count, height, width, channels).
    pub pixels: Vec<u8>,
}

/// Parses an IDX file of images, gzipped or not.
///
/// # Errors
/// If the header is not that of a set of images, the file has another length than the header says, or the gzip stream is
/// damaged.
pub fn parse(bytes: &[u8]) -> Result<ImageSet, Error> {
    if bytes.starts_with(&GZIP) {
        return unpack(bytes, bytes.len() as u64).map(|(set, _)| set);
    }
    let header = Header::read(&mut &*bytes)?;
    header.check(bytes.len() as u64)?;
    Ok(set(header, bytes[header.length as usize..].to_vec()))
}

/// Unpacks a gzipped IDX file of `length` bytes. Also returns whether other bytes follow the gzip stream; they are ignored.
///
/// # Errors
/// If [`parse`] would fail, or if the images have more than 1 GiB. From an unpacked file such images are read one by one.
pub fn unpack(packed: impl BufRead, length: u64) -> Result<(ImageSet, bool), Error> {
    let mut input = Members::new(packed);
    let header = Header::read(&mut input)?;
    let promised = header.promised();
    let most = u128::from(length) * MAX_DEFLATE_RATIO;
    let wrong = |held: String| Error::Length {
        of: "IDX",
        promised: promised.to_string(),
        held,
    };
    if promised > most.saturating_sub(header.length.into()) {
        return Err(wrong("fewer".to_owned()));
    }
    if promised > MAX_UNPACKED {
        return Err(Error::Packed(promised.to_string()));
    }
    // The buffer grows as bytes arrive, so that a truncated stream allocates little; it never exceeds the declared size.
    let mut pixels = Vec::new();
    let promised_bytes = promised as usize;
    while pixels.len() < promised_bytes {
        let more = pixels
            .len()
            .max(MIN_GROWTH)
            .min(promised_bytes - pixels.len());
        pixels.reserve_exact(more);
        let mut part = input.by_ref().take(more as u64);
        if part.read_to_end(&mut pixels).map_err(Error::Gzip)? < more {
            return Err(wrong(pixels.len().to_string()));
        }
    }
    // The read at the end verifies the stream's checksum.
    match input.read(&mut [0]).map_err(Error::Gzip)? {
        0 => Ok((set(header, pixels), input.trailing())),
        _ => Err(wrong("more".to_owned())),
    }
}

fn set(header: Header, pixels: Vec<u8>) -> ImageSet {
    ImageSet {
        count: header.count,
        height: header.height,
        width: header.width,
        channels: header.channels,
        pixels,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;

    use super::*;

    fn idx(sizes: &[u32], payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, sizes.len() as u8];
        sizes
            .iter()
            .for_each(|size| bytes.extend(size.to_be_bytes()));
        bytes.extend(payload);
        bytes
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn gray_and_colour_are_read_gzipped_or_not() {
        let gray = idx(&[2, 1, 3], &[0, 1, 2, 3, 4, 5]);
        let colour = idx(&[1, 1, 2, 3], &[0, 1, 2, 3, 4, 5]);
        for (bytes, channels, width) in [(gray, 1, 3), (colour, 3, 2)] {
            let set = parse(&bytes).unwrap();
            assert_eq!((set.channels, set.width), (channels, width));
            assert_eq!(set.pixels, [0, 1, 2, 3, 4, 5]);
            assert_eq!(parse(&gzip(&bytes)).unwrap(), set);
        }
    }

    #[test]
    fn headers_with_wrong_sizes_are_refused() {
        for bytes in [
            idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 10]),
            idx(&[1 << 20, 64, 64], &[0; 10]),
            idx(&[1, 2, 2], &[0; 3]),
            idx(&[1, 2, 2], &[0; 5]),
            idx(&[u32::MAX, u32::MAX, u32::MAX, 3], &[]),
        ] {
            for bytes in [gzip(&bytes), bytes] {
                let error = parse(&bytes).unwrap_err();
                assert!(matches!(error, Error::Length { .. }), "{error}");
            }
        }
        assert!(matches!(
            parse(&idx(&[5], &[0; 5])),
            Err(Error::Dimensions(1))
        ));
        assert!(matches!(
            parse(&idx(&[1, 0, 5], &[])),
            Err(Error::Shape { .. })
        ));
        assert!(matches!(
            parse(&[0, 0, 0x0d, 3, 0]),
            Err(Error::ElementType(0x0d))
        ));
        assert!(matches!(parse(b"GIF89a"), Err(Error::Unknown)));
        assert!(matches!(parse(&[]), Err(Error::Unknown)));
    }

    #[test]
    fn a_truncated_gzip_stream_is_an_error() {
        let whole = gzip(&idx(&[4, 8, 8], &[7; 256]));
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "cut at {length}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_parsed_or_refused_without_a_large_allocation(
            start in prop::collection::vec(any::<u8>(), 0..40),
            sizes in prop::collection::vec(any::<u32>(), 3..5),
            zipped: bool,
        ) {
            for bytes in [start.clone(), idx(&sizes, &start)] {
                let bytes = if zipped { gzip(&bytes) } else { bytes };
                if let Ok(set) = parse(&bytes) {
                    prop_assert!(set.pixels.capacity() <= 2 * start.len() + 64);
                }
            }
        }
    }
}
