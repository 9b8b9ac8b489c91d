//! A look at the directory of a TIFF file before its decoder gets it: the decoder allocates what an entry promises, up to
//! 256 MiB, before it looks whether the file holds as much.

/// Whether each entry of the first directory fits into the file, and the directory itself; true for what is no TIFF file.
pub fn fits(bytes: &[u8]) -> bool {
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
    /// Offsets and counts of 32 bits.
    fn classic(&self) -> Option<bool> {
        let directory = self.number::<4>(4)?;
        let entries = self.number::<2>(directory)?;
        for entry in 0..entries {
            let place = directory + 2 + 12 * entry;
            if !self.holds(self.number::<4>(place + 4)?, self.number::<2>(place + 2)?) {
                return Some(false);
            }
        }
        Some(true)
    }

    /// `BigTIFF`: offsets and counts of 64 bits.
    fn big(&self) -> Option<bool> {
        let directory = self.number::<8>(8)?;
        let entries = self.number::<8>(directory)?;
        if entries > self.bytes.len() as u64 / 20 {
            return Some(false);
        }
        for entry in 0..entries {
            let place = directory.checked_add(8 + 20 * entry)?;
            if !self.holds(self.number::<8>(place + 4)?, self.number::<2>(place + 2)?) {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Whether so many values of a type are no more than the file.
    fn holds(&self, count: u64, kind: u64) -> bool {
        let size = match kind {
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => 1,
        };
        count <= self.bytes.len() as u64 / size
    }

    fn number<const BYTES: usize>(&self, place: u64) -> Option<u64> {
        let rest = self.bytes.get(usize::try_from(place).ok()?..)?;
        let mut bytes = *rest.first_chunk::<BYTES>()?;
        if !self.big_endian {
            bytes.reverse();
        }
        let digits = bytes.iter();
        Some(digits.fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}
