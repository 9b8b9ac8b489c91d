//! The header of an IDX file of images.

use std::io::{self, Read};

use crate::engine::data::Error;

const UNSIGNED_BYTE: u8 = 0x08;
/// Element types of the format: bytes, short and long integers, single and double precision.
const ELEMENT_TYPES: [u8; 6] = [0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e];
/// Most dimensions of a plausible file.
const MAX_DIMENSIONS: u8 = 8;
/// Upper bound, exclusive, of all sizes but the first of a plausible file.
const MAX_SIDE: u32 = 1 << 16;
/// Bytes that contain the header of any plausible file.
pub const START: u64 = 4 + 4 * MAX_DIMENSIONS as u64;
/// Most bytes of one image, 256 MiB.
pub const MAX_IMAGE: u64 = 256 << 20;

/// Whether a file with these first bytes is probably IDX, of any content. Raw pixels hardly ever pass: their first four
/// bytes would have to be a magic number, and the following ones plausible sizes.
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

/// The header of an IDX file of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Number of images.
    pub count: usize,
    /// Rows of an image, in pixels.
    pub height: usize,
    /// Columns of an image, in pixels.
    pub width: usize,
    /// 1 (gray) or 3 (RGB).
    pub channels: usize,
    /// Length of the header in bytes.
    pub length: u64,
}

impl Header {
    /// Reads and checks the header of a set of images. [`Header::check`] compares it with the file's length.
    ///
    /// # Errors
    /// If the file is not IDX, its elements are not unsigned bytes, or its shape is not (N, H, W) or (N, H, W, C) with C 1
    /// or 3.
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
            return header.refuse("no size may be 0");
        }
        if channels != 1 && channels != 3 {
            return header.refuse("the last dimension, channels, must be 1 or 3");
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

    /// Bytes of all images, by the header.
    pub fn promised(&self) -> u128 {
        let sizes = [self.count, self.height, self.width, self.channels];
        sizes.iter().map(|&size| size as u128).product()
    }

    /// Checks the header against a file of `length` bytes.
    ///
    /// # Errors
    /// If the file has more or fewer bytes of images than the header says, or one image is larger than [`MAX_IMAGE`].
    pub fn check(&self, length: u64) -> Result<(), Error> {
        let held = length.saturating_sub(self.length);
        if self.promised() == u128::from(held) {
            return if self.promised() / self.count as u128 > MAX_IMAGE.into() {
                self.refuse("they are too large")
            } else {
                Ok(())
            };
        }
        Err(Error::Length {
            of: "IDX",
            promised: self.promised().to_string(),
            held: held.to_string(),
        })
    }
}

/// Reads exactly `bytes.len()` bytes.
fn fill(input: &mut impl Read, bytes: &mut [u8]) -> Result<(), Error> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::Unknown,
        _ => Error::Gzip(error),
    })
}
