//! IDX, the format of MNIST: big-endian header, then the elements; gzipped or not.
//!
//! Bytes 0 and 1 are zero, byte 2 is the element type (0x08: unsigned byte), byte 3 the number of dimensions, each of
//! which follows as a 32-bit number. Lengths are checked against the file before anything of their size is allocated.

use std::io::{self, BufRead, Read};

use super::{Error, gzip::Members};

/// How a gzip stream starts.
pub const GZIP: [u8; 2] = [0x1f, 0x8b];
const UNSIGNED_BYTE: u8 = 0x08;
/// Deflate never packs more than this many bytes into one (zlib's technical details: 1032:1).
const MAX_DEFLATE_RATIO: u128 = 1032;
/// Bytes that hold the header of any plausible file.
pub const START: u64 = 4 + 4 * MAX_DIMENSIONS as u64;
/// Element types of the format: bytes, short and long integers, single and double precision.
const ELEMENT_TYPES: [u8; 6] = [0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e];
/// Most dimensions, and the longest of all but the first, that a file is thought to have.
const MAX_DIMENSIONS: u8 = 8;
const MAX_SIDE: u32 = 1 << 16;
/// Most bytes that one image may have, 256 MiB.
pub const MAX_IMAGE: u64 = 256 << 20;
/// Most bytes of images that are unpacked into memory, 1 GiB.
const MAX_UNPACKED: u128 = 1 << 30;

/// Bytes that room is made for at the least while a stream is unpacked.
const LEAST_GROWTH: usize = 1 << 20;

/// Images as they stand in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSet {
    pub count: usize,
    pub height: usize,
    pub width: usize,
    /// 1 (gray) or 3 (RGB).
    pub channels: usize,
    /// (count, height, width, channels).
    pub pixels: Vec<u8>,
}

/// Whether a file that starts so is IDX, of whatever content, as far as its start can tell. Records of pixels hardly
/// ever look like it: their first four bytes would have to be a magic number, and further ones sizes of a plausible
/// magnitude.
pub fn plausible(start: &[u8]) -> bool {
    let [0, 0, element_type, dimensions, sizes @ ..] = start else {
        return false;
    };
    let sizes = sizes.as_chunks::<4>().0;
    let Some([_, sides @ ..]) = sizes.get(..usize::from(*dimensions)) else {
        return false;
    };
    ELEMENT_TYPES.contains(element_type)
        && *dimensions <= MAX_DIMENSIONS
        && sides
            .iter()
            .all(|&side| (1..MAX_SIDE).contains(&u32::from_be_bytes(side)))
}

/// What the start of an IDX file of images says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub count: usize,
    pub height: usize,
    pub width: usize,
    /// 1 or 3.
    pub channels: usize,
    /// Bytes of the header itself.
    pub length: u64,
}

impl Header {
    /// Reads and checks the header of a set of images; not its agreement with what follows.
    ///
    /// # Errors
    /// Not IDX; elements other than unsigned bytes; dimensions other than (N, H, W) and (N, H, W, C) with C 1 or 3.
    pub fn read(input: &mut impl Read) -> Result<Self, Error> {
        let mut start = [0; 4];
        fill(input, &mut start)?;
        let [0, 0, element_type, dimensions] = start else {
            return Err(Error::Unknown);
        };
        if element_type != UNSIGNED_BYTE {
            return Err(Error::ElementType(element_type));
        }
        if !(3..=4).contains(&dimensions) {
            return Err(Error::Dimensions(dimensions));
        }
        let mut sizes = [1_usize; 4];
        for size in &mut sizes[..usize::from(dimensions)] {
            let mut word = [0; 4];
            fill(input, &mut word)?;
            *size = u32::from_be_bytes(word) as usize;
        }
        let [count, height, width, channels] = sizes;
        let header = Self {
            count,
            height,
            width,
            channels,
            length: 4 + 4 * u64::from(dimensions),
        };
        if sizes.contains(&0) {
            return header.refuse("there is nothing in them");
        }
        if channels != 1 && channels != 3 {
            return header.refuse("channels, the last dimension, are 1 or 3");
        }
        Ok(header)
    }

    fn refuse<T>(&self, reason: &'static str) -> Result<T, Error> {
        Err(Error::Shape {
            count: self.count,
            height: self.height,
            width: self.width,
            channels: self.channels,
            reason,
        })
    }

    /// Bytes of images that the header promises.
    pub fn promised(&self) -> u128 {
        let sizes = [self.count, self.height, self.width, self.channels];
        sizes.iter().map(|&size| size as u128).product()
    }

    /// Checks the promise against a file of `length` bytes.
    ///
    /// # Errors
    /// More or less than what the file holds after its header.
    pub fn check(&self, length: u64) -> Result<(), Error> {
        let held = length.saturating_sub(self.length);
        if self.promised() == u128::from(held) {
            return match self.promised() / self.count as u128 > MAX_IMAGE.into() {
                true => self.refuse("they are too large"),
                false => Ok(()),
            };
        }
        Err(Error::Length {
            of: "IDX",
            promised: self.promised().to_string(),
            held: held.to_string(),
        })
    }
}

/// Reads the bytes of an IDX file of images, gzipped or not.
///
/// # Errors
/// Those of [`Header::read`]; a header that promises more or less than what follows; a damaged gzip stream.
pub fn parse(bytes: &[u8]) -> Result<ImageSet, Error> {
    if bytes.starts_with(&GZIP) {
        return unpack(bytes, bytes.len() as u64).map(|(set, _)| set);
    }
    let header = Header::read(&mut &*bytes)?;
    header.check(bytes.len() as u64)?;
    Ok(set(header, bytes[header.length as usize..].to_vec()))
}

/// Unpacks a gzipped IDX file of `length` bytes; says whether something else than gzip follows it, which is left out.
///
/// # Errors
/// As [`parse`], and more than 1 GiB of images: unpacked, they could be read as needed.
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
    // Growing as bytes arrive keeps a stream that ends early small; never beyond what is promised keeps a whole one to
    // its size.
    let mut pixels = Vec::new();
    let promised_bytes = promised as usize;
    while pixels.len() < promised_bytes {
        let more = pixels
            .len()
            .max(LEAST_GROWTH)
            .min(promised_bytes - pixels.len());
        pixels.reserve_exact(more);
        let mut part = input.by_ref().take(more as u64);
        if part.read_to_end(&mut pixels).map_err(Error::Gzip)? < more {
            return Err(wrong(pixels.len().to_string()));
        }
    }
    // At its end the stream's checksum is looked at.
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

fn fill(input: &mut impl Read, bytes: &mut [u8]) -> Result<(), Error> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Unknown,
        _ => Error::Gzip(error),
    })
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
    fn headers_that_lie_are_refused() {
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
    fn a_gzip_stream_cut_short_is_an_error() {
        let whole = gzip(&idx(&[4, 8, 8], &[7; 256]));
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "cut at {length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_set_or_an_error(
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
