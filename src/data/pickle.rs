//! The images in the Python pickles of CIFAR-10 and CIFAR-100 (`cifar-10-python.tar.gz`), and in others made as they are.
//!
//! Nothing of a pickle is carried out: its operations are passed over one by one, until one holds a text of N × 3072
//! bytes beside the shape (N, 3072). These are N images of 32×32, plane after plane.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use super::{Error, binary, records::Form};

/// How a pickle of protocol 2 or later starts.
pub const PICKLE: u8 = 0x80;
/// Bytes of an image.
const IMAGE: u64 = 3 * 32 * 32;
/// Longest line of an operation that ends with one.
const MAX_LINE: u64 = 1 << 16;
/// Most shapes, and most texts of their size, of which the images are one.
const MAX_NOTED: usize = 64;

/// The images of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Byte of the first one.
    pub start: u64,
    pub count: usize,
}

/// What an image of such a file looks like.
pub const FORM: Form = Form {
    label: 0,
    ..binary::CIFAR10
};

/// Looks for the images in a pickle of `length` bytes.
///
/// # Errors
/// The disk's; no such array, one in Fortran order, or several.
pub fn find(path: &Path, file: &File, length: u64) -> Result<Found, Error> {
    let mut walk = Walk {
        input: BufReader::new(file),
        length,
        at: 0,
        numbers: [0; 2],
        shapes: Vec::new(),
        texts: Vec::new(),
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
    let mut found = walk.texts.iter().filter_map(images);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(Error::Pickle),
    }
}

/// A way through the operations of a pickle.
struct Walk<'a> {
    input: BufReader<&'a File>,
    length: u64,
    at: u64,
    /// The last two numbers.
    numbers: [u64; 2],
    /// N of each shape (N, 3072).
    shapes: Vec<u64>,
    /// Place and length of each text that could be images.
    texts: Vec<(u64, u64)>,
    /// Whether such a text came with the word that it is in Fortran order.
    fortran: bool,
}

impl Walk<'_> {
    fn all(&mut self) -> io::Result<()> {
        let mut before = 0;
        loop {
            let operation = self.number(1)? as u8;
            match operation {
                // The end.
                b'.' => return Ok(()),
                b'K' => self.pushed(1)?,
                b'M' => self.pushed(2)?,
                b'J' => self.pushed(4)?,
                b'U' | b'C' => self.text(1, before)?,
                0x8c => self.text(1, before)?,
                b'T' | b'B' | b'X' => self.text(4, before)?,
                0x8d | 0x8e | 0x96 => self.text(8, before)?,
                0x8a => self.text(1, before)?,
                0x8b => self.text(4, before)?,
                0x80 | b'q' | b'h' | 0x82 => self.pass(1)?,
                0x83 => self.pass(2)?,
                b'r' | b'j' | 0x84 => self.pass(4)?,
                b'G' | 0x95 => self.pass(8)?,
                b'c' | b'i' => {
                    self.line()?;
                    self.line()?;
                }
                b'I' | b'L' | b'F' | b'S' | b'V' | b'g' | b'p' | b'P' => self.line()?,
                _ => {}
            }
            before = operation;
        }
    }

    /// A little-endian number of so many bytes.
    fn number(&mut self, bytes: usize) -> io::Result<u64> {
        let mut word = [0; 8];
        self.input.read_exact(&mut word[..bytes])?;
        self.at += bytes as u64;
        Ok(u64::from_le_bytes(word))
    }

    /// A number that goes onto the stack.
    fn pushed(&mut self, bytes: usize) -> io::Result<()> {
        let number = self.number(bytes)?;
        self.numbers = [self.numbers[1], number];
        if number == IMAGE && self.shapes.len() < MAX_NOTED {
            self.shapes.push(self.numbers[0]);
        }
        Ok(())
    }

    /// A text behind its length.
    fn text(&mut self, bytes: usize, before: u8) -> io::Result<()> {
        let length = self.number(bytes)?;
        let images = length >= IMAGE && length.is_multiple_of(IMAGE);
        if images && self.texts.len() < MAX_NOTED {
            self.texts.push((self.at, length));
            // What NumPy says in front of the numbers.
            self.fortran |= before == 0x88;
        }
        self.pass(length)
    }

    fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let end = self.at.checked_add(bytes).filter(|&end| end <= self.length);
        self.at = end.ok_or(io::ErrorKind::UnexpectedEof)?;
        match i64::try_from(bytes) {
            Ok(bytes) => self.input.seek_relative(bytes),
            Err(_) => self.input.seek(SeekFrom::Start(self.at)).map(drop),
        }
    }

    fn line(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        let read = self
            .input
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)?;
        self.at += read as u64;
        match line.ends_with(b"\n") {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
