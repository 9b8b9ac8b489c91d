//! A check of the directory of a TIFF file. Without it the decoder would allocate the size that an entry declares, up to
//! 256 MiB, before it checks the file's length.

/// Whether the first directory and the values of all its entries fit into the file. True if it is not a TIFF file.
pub(super) fn fits(bytes: &[u8]) -> bool {
    let file = |big_endian| File { bytes, big_endian };
    match bytes {
        [b'I', b'I', 42, 0, ..] => file(false).classic(),
        [b'M', b'M', 0, 42, ..] => file(true).classic(),
        [b'I', b'I', 43, 0, ..] => file(false).big(),
        [b'M', b'M', 0, 43, ..] => file(true).big(),
        _ => Some(true),
    }
    .unwrap_or(false)
}

struct File<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl File<'_> {
    /// Checks a TIFF file, with 32-bit offsets and counts.
    fn classic(&self) -> Option<bool> {
        let directory = self.number::<4>(4)?;
        let entries = self.number::<2>(directory)?;
        for entry in 0..entries {
            let at = directory + 2 + 12 * entry;
            if !self.fits(self.number::<4>(at + 4)?, self.number::<2>(at + 2)?) {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Checks a BigTIFF file, with 64-bit offsets and counts.
    fn big(&self) -> Option<bool> {
        let directory = self.number::<8>(8)?;
        let entries = self.number::<8>(directory)?;
        if entries > self.bytes.len() as u64 / 20 {
            return Some(false);
        }
        for entry in 0..entries {
            let at = directory.checked_add(8 + 20 * entry)?;
            if !self.fits(self.number::<8>(at + 4)?, self.number::<2>(at + 2)?) {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Whether `count` values of a type are not larger than the file.
    fn fits(&self, count: u64, kind: u64) -> bool {
        let size = match kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 1,
        };
        count <= self.bytes.len() as u64 / size
    }

    /// The number of `BYTES` bytes at an offset; `None` beyond the end of the file.
    fn number<const BYTES: usize>(&self, offset: u64) -> Option<u64> {
        let tail = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let mut bytes = *tail.first_chunk::<BYTES>()?;
        if !self.big_endian {
            bytes.reverse();
        }
        let digits = bytes.iter();
        Some(digits.fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}
