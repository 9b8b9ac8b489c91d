//! The images in the Python pickles of CIFAR-10 and CIFAR-100 (`cifar-10-python.tar.gz`), and in similar ones.
//!
//! The pickle is not executed. Its operations are skipped one by one, while byte strings of N·3072 bytes and shapes
//! (N, 3072) are noted. A string with a matching shape is N images of 32×32, plane after plane.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use super::{Error, binary, records::Form};

/// First byte of a pickle of protocol 2 or later.
pub(super) const PICKLE: u8 = 0x80;
/// Bytes of an image.
const IMAGE: u64 = 3 * 32 * 32;
/// Longest line argument of an operation, in bytes.
const MAX_LINE: u64 = 1 << 16;
/// Most shapes, and most byte strings, that are noted.
const MAX_NOTED: usize = 64;

/// The position of the images in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Byte offset of the first image.
    pub start: u64,
    /// Number of images.
    pub count: usize,
}

/// The record format of the images.
pub(super) const FORM: Form = Form {
    label: 0,
    ..binary::CIFAR10
};

/// Finds the images in a pickle of `length` bytes.
///
/// # Errors
/// If reading fails, or there is not exactly one array of images, or it is in Fortran order.
pub(super) fn find(path: &Path, file: &File, length: u64) -> Result<Found, Error> {
    let mut walk = Walk {
        input: BufReader::new(file),
        length,
        at: 0,
        numbers: [0; 2],
        shapes: Vec::new(),
        strings: Vec::new(),
        fortran: false,
    };
    let walked = walk.input.rewind().and_then(|()| walk.all());
    match walked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(Error::Pickle),
        Err(source) => {
            return Err(Error::Read {
                path: path.to_owned(),
                source,
            });
        }
    }
    let (shapes, fortran) = (walk.shapes, walk.fortran);
    let images = |&(start, bytes): &(u64, u64)| {
        let count = bytes / IMAGE;
        let fits = !fortran && shapes.contains(&count) && count * IMAGE == bytes;
        fits.then_some(Found {
            start,
            count: usize::try_from(count).ok()?,
        })
    };
    let mut found = walk.strings.iter().filter_map(images);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(Error::Pickle),
    }
}

/// The state of the walk through a pickle's operations.
struct Walk<'a> {
    input: BufReader<&'a File>,
    length: u64,
    at: u64,
    /// The last two numbers pushed on the stack.
    numbers: [u64; 2],
    /// N of each shape (N, 3072).
    shapes: Vec<u64>,
    /// Offset and length of each byte string that could be images.
    strings: Vec<(u64, u64)>,
    /// Whether such a byte string is of an array in Fortran order.
    fortran: bool,
}

impl Walk<'_> {
    /// Walks through all operations.
    fn all(&mut self) -> io::Result<()> {
        let mut before = 0;
        loop {
            let operation = self.number(1)? as u8;
            match operation {
                b'.' => return Ok(()),
                b'K' => self.pushed(1)?,
                b'M' => self.pushed(2)?,
                b'J' => self.pushed(4)?,
                b'U' | b'C' => self.string(1, before)?,
                0x8c => self.string(1, before)?,
                b'T' | b'B' | b'X' => self.string(4, before)?,
                0x8d | 0x8e | 0x96 => self.string(8, before)?,
                0x8a => self.string(1, before)?,
                0x8b => self.string(4, before)?,
                0x80 | b'q' | b'h' | 0x82 => self.skip(1)?,
                0x83 => self.skip(2)?,
                b'r' | b'j' | 0x84 => self.skip(4)?,
                b'G' | 0x95 => self.skip(8)?,
                b'c' | b'i' => {
                    self.skip_line()?;
                    self.skip_line()?;
                }
                b'I' | b'L' | b'F' | b'S' | b'V' | b'g' | b'p' | b'P' => self.skip_line()?,
                _ => {}
            }
            before = operation;
        }
    }

    /// Reads a little-endian number of `bytes` bytes.
    fn number(&mut self, bytes: usize) -> io::Result<u64> {
        let mut word = [0; 8];
        self.input.read_exact(&mut word[..bytes])?;
        self.at += bytes as u64;
        Ok(u64::from_le_bytes(word))
    }

    /// Reads a number that is pushed on the stack, and notes a shape that ends with it.
    fn pushed(&mut self, bytes: usize) -> io::Result<()> {
        let number = self.number(bytes)?;
        self.numbers = [self.numbers[1], number];
        if number == IMAGE && self.shapes.len() < MAX_NOTED {
            self.shapes.push(self.numbers[0]);
        }
        Ok(())
    }

    /// Skips a byte string after its length, which has `bytes` bytes. Notes the string if it could be images; `before` is
    /// the previous operation.
    fn string(&mut self, bytes: usize, before: u8) -> io::Result<()> {
        let length = self.number(bytes)?;
        let images = length >= IMAGE && length.is_multiple_of(IMAGE);
        if images && self.strings.len() < MAX_NOTED {
            self.strings.push((self.at, length));
            // NumPy pushes True (0x88) before the bytes of an array in Fortran order.
            self.fortran |= before == 0x88;
        }
        self.skip(length)
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let end = self.at.checked_add(bytes).filter(|&end| end <= self.length);
        self.at = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        match i64::try_from(bytes) {
            Ok(bytes) => self.input.seek_relative(bytes),
            Err(_) => self.input.seek(SeekFrom::Start(self.at)).map(drop),
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        let read = self
            .input
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)?;
        self.at += read as u64;
        if line.ends_with(b"\n") {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}
