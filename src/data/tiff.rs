//! A look at the directory of a TIFF file before its decoder gets it: the decoder allocates what an entry promises, up to
//! 256 MiB, before it looks whether the file holds as much.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

/// Whether each entry of the first directory fits into the file; true for what is no TIFF file.
///
/// # Errors
/// The disk's, and a file that ends within its directory.
pub fn fits(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut start = [0; 4];
    if length < start.len() as u64 {
        return Ok(true);
    }
    file.read_exact_at(&mut start, 0)?;
    match start {
        [b'I', b'I', 42, 0] => classic(&file, length, false),
        [b'M', b'M', 0, 42] => classic(&file, length, true),
        [b'I', b'I', 43, 0] => big(&file, length, false),
        [b'M', b'M', 0, 43] => big(&file, length, true),
        _ => Ok(true),
    }
}

/// Offsets and counts of 32 bits.
fn classic(file: &File, length: u64, big_endian: bool) -> io::Result<bool> {
    let directory = number::<4>(file, 4, big_endian)?;
    let entries = number::<2>(file, directory, big_endian)?;
    for entry in 0..entries {
        let place = directory + 2 + 12 * entry;
        let count = number::<4>(file, place + 4, big_endian)?;
        if count > length / size(number::<2>(file, place + 2, big_endian)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `BigTIFF`: offsets and counts of 64 bits.
fn big(file: &File, length: u64, big_endian: bool) -> io::Result<bool> {
    let directory = number::<8>(file, 8, big_endian)?;
    let entries = number::<8>(file, directory, big_endian)?;
    if directory > length || entries > (length - directory) / 20 {
        return Ok(false);
    }
    for entry in 0..entries {
        let place = directory + 8 + 20 * entry;
        let count = number::<8>(file, place + 4, big_endian)?;
        if count > length / size(number::<2>(file, place + 2, big_endian)?) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Bytes of one value of a type.
fn size(kind: u64) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}

fn number<const BYTES: usize>(file: &File, place: u64, big_endian: bool) -> io::Result<u64> {
    let mut bytes = [0; BYTES];
    file.read_exact_at(&mut bytes, place)?;
    if !big_endian {
        bytes.reverse();
    }
    let digits = bytes.iter();
    Ok(digits.fold(0, |number, &byte| number << 8 | u64::from(byte)))
}
