//! NumPy's `.npy` format: a text header, then the array's numbers.
//!
//! Accepted shapes are (N, H, W), (N, H, W, C) and (N, C, H, W) with C 1 or 3; a shape (H, W, 3) is one picture. Accepted
//! types are `uint8` and little-endian `float32`. The values of black and white in a `float32` array are inferred from all
//! its numbers: they have to lie in one of [−1, 1], [0, 1] and [0, 255], and to cover more than half of it.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
};

use super::{
    Error,
    idx::MAX_IMAGE,
    records::{Element, Form, Layout, Range},
};

/// Magic bytes at the start of a file.
pub(super) const NPY: &[u8] = b"\x93NUMPY";
/// Longest header text of an array of images, in bytes; NumPy pads it to a multiple of 64.
const MAX_TEXT: usize = 1 << 16;
/// Numbers that are read in one piece.
const PIECE: usize = 1 << 18;

/// The header of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// NumPy's name of the type: `|u1`, `<f4`.
    element: String,
    fortran: bool,
    shape: Vec<usize>,
    /// Bytes before the first number.
    length: u64,
}

impl Header {
    /// Reads a file's header.
    ///
    /// # Errors
    /// If reading fails or the header is not one that NumPy writes.
    pub(super) fn read(input: &mut impl Read) -> Result<Self, Error> {
        let damaged = |error: io::Error| Error::Npy(format!("its header is damaged ({error})"));
        let mut start = [0; 8];
        input.read_exact(&mut start).map_err(damaged)?;
        // The length of the text has two bytes in version 1, four in later versions.
        let mut word = [0; 4];
        let width = if start[6] == 1 { 2 } else { 4 };
        input.read_exact(&mut word[..width]).map_err(damaged)?;
        let length = u32::from_le_bytes(word) as usize;
        if length > MAX_TEXT {
            return Err(Error::Npy("its header is damaged".to_owned()));
        }
        let mut text = vec![0; length];
        input.read_exact(&mut text).map_err(damaged)?;
        let text = String::from_utf8_lossy(&text);
        Self::parse(&text, (start.len() + width + length) as u64)
            .ok_or_else(|| Error::Npy("its header is damaged".to_owned()))
    }

    /// Parses a header text, `{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }`; `None` if it is
    /// invalid.
    fn parse(text: &str, length: u64) -> Option<Self> {
        let after = |key: &str| {
            let (_, value) = text.split_once(&format!("'{key}':"))?;
            Some(value.trim_start())
        };
        let shape = after("shape")?.strip_prefix('(')?.split_once(')')?.0;
        let sides = shape
            .split(',')
            .map(str::trim)
            .filter(|side| !side.is_empty());
        let descr = after("descr")?;
        // The type of a record array is a list in brackets, not a quoted name.
        let element = match descr.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'')?.0,
            None => descr
                .split_once("'fortran_order'")
                .map_or(descr, |(list, _)| list),
        };
        Some(Self {
            element: element.trim().to_owned(),
            fortran: match after("fortran_order")? {
                value if value.starts_with("False") => false,
                value if value.starts_with("True") => true,
                _ => return None,
            },
            shape: sides.map(|side| side.parse().ok()).collect::<Option<_>>()?,
            length,
        })
    }

    /// Whether the array has the dimensions of a set of images, 3 or 4.
    pub(super) fn is_of_images(&self) -> bool {
        matches!(self.shape.len(), 3 | 4)
    }

    /// The record format, the number of images, and the byte offset of the first one in a file of `length` bytes.
    ///
    /// # Errors
    /// If the array is not a set of images, has an unsupported layout or type, has another length than the file, or does
    /// not show the values of black and white.
    pub(super) fn records(&self, file: &File, length: u64) -> Result<(Form, usize, u64), Error> {
        let size = match self.element.as_str() {
            "|u1" | "<u1" | ">u1" | "u1" => 1,
            "<f4" => 4,
            other => return Err(Error::Npy(refusal(other))),
        };
        if self.fortran {
            let text = "it is in Fortran order; save numpy.ascontiguousarray of it";
            return Err(Error::Npy(text.to_owned()));
        }
        let (height, width, channels, layout) = self.layout()?;
        let count = self.shape[0];
        let promised = [count, height, width, channels, size]
            .into_iter()
            .fold(1, |product: u128, side| {
                product.saturating_mul(side as u128)
            });
        let held = length.saturating_sub(self.length);
        if promised != u128::from(held) {
            return Err(Error::Length {
                of: ".npy",
                promised: promised.to_string(),
                held: held.to_string(),
            });
        }
        if promised / count as u128 > u128::from(MAX_IMAGE) {
            return Err(Error::Npy(format!(
                "its images of {height}×{width}×{channels} are too large"
            )));
        }
        let numbers = promised as u64 / size as u64;
        let element = match size {
            1 => Element::Byte,
            _ => Element::Float(range(file, self.length, numbers)?),
        };
        let form = Form {
            height,
            width,
            channels,
            layout,
            element,
            label: 0,
        };
        Ok((form, count, self.length))
    }

    /// (height, width, channels) of an image, and the order of the axes.
    fn layout(&self) -> Result<(usize, usize, usize, Layout), Error> {
        let shape = self.shape.iter().map(usize::to_string).collect::<Vec<_>>();
        let refuse = |reason: &str| Err(Error::Npy(format!("({}) {reason}", shape.join(", "))));
        let colour = |channels| matches!(channels, 1 | 3);
        if self.shape.contains(&0) {
            return refuse("has a size of 0");
        }
        match self.shape[..] {
            [_, _, 3] => {
                refuse("is one picture (H, W, C), and a set has many: save a numpy.stack of them")
            }
            [_, height, width] => Ok((height, width, 1, Layout::Planes)),
            [_, a, _, b] if colour(a) && colour(b) => {
                refuse("may be (N, C, H, W) or (N, H, W, C); save it as (N, H, W), or larger")
            }
            [_, channels, height, width] if colour(channels) => {
                Ok((height, width, channels, Layout::Planes))
            }
            [_, height, width, channels] if colour(channels) => {
                Ok((height, width, channels, Layout::Interleaved))
            }
            _ => refuse(
                "is not a shape of images; use (N, H, W), (N, H, W, C) or (N, C, H, W) with C 1 or 3",
            ),
        }
    }
}

/// The error for an unsupported type.
fn refusal(element: &str) -> String {
    match element {
        ">f4" => "its numbers are big-endian; save array.astype('<f4')".to_owned(),
        other => format!(
            "its numbers are of type {other}; save array.astype('uint8'), 0 to 255, or array.astype('<f4')"
        ),
    }
}

/// The values of black and white, inferred from all numbers of an array.
///
/// # Errors
/// If reading fails, a number is not finite, or the numbers do not identify a range.
fn range(file: &File, start: u64, count: u64) -> Result<Range, Error> {
    let mut piece = vec![0; PIECE * size_of::<f32>()];
    let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
    let mut at = 0;
    while at < count {
        let numbers = (count - at).min(PIECE as u64);
        let bytes = &mut piece[..numbers as usize * size_of::<f32>()];
        file.read_exact_at(bytes, start + at * size_of::<f32>() as u64)
            .map_err(|error| Error::Npy(error.to_string()))?;
        for &value in bytes.as_chunks().0 {
            let value = f32::from_le_bytes(value);
            if !value.is_finite() {
                return Err(Error::Npy("some of its numbers are not finite".to_owned()));
            }
            (least, most) = (least.min(value), most.max(value));
        }
        at += numbers;
    }
    match (least, most) {
        (-1.0..-0.5, ..=1.0) => Ok(Range::Signed),
        (0.0.., 0.5..=1.0) => Ok(Range::Unit),
        (0.0.., 127.5..=255.0) => Ok(Range::Byte),
        _ => Err(Error::Npy(format!(
            "its numbers lie between {least} and {most}, which does not show what black and white are; scale them to \
             [-1, 1], [0, 1] or [0, 255], or save uint8"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Option<Header> {
        Header::parse(text, 128)
    }

    #[test]
    fn headers_of_numpy_are_parsed() {
        let read =
            header("{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }   \n");
        assert_eq!(
            read,
            Some(Header {
                element: "|u1".to_owned(),
                fortran: false,
                shape: vec![60_000, 28, 28],
                length: 128
            })
        );
        let one = header("{'descr': '>f8', 'fortran_order': True, 'shape': (3,), }").unwrap();
        assert!(one.fortran && one.shape == [3] && one.element == ">f8");
        let fields = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }";
        assert!(header(fields).unwrap().element.starts_with('['));
        for wrong in [
            "",
            "{'descr': '|u1', 'fortran_order': False}",
            "{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1, -2)}",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1",
        ] {
            assert_eq!(header(wrong), None, "{wrong}");
        }
    }
}
