//! Reading bits and Huffman codes of a scan.

use super::Damage;

/// Codes up to this length, in bits, are decoded by a table lookup.
const QUICK: u32 = 9;
/// Consecutive coefficients without a 1 bit in code and value that are taken for zeroed data. In a picture all of them
/// would be negative and have the shortest code.
const MAX_OF_ZEROS: u32 = 32;
/// Length of the longest code, in bits.
const LONGEST: u32 = 16;

/// Reads the bits of a scan up to a marker.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next `count` bits, left-aligned and followed by zeros.
    buffer: u64,
    count: u32,
    /// Coefficients since the last 1 bit.
    of_zeros: u32,
}

impl<'a> Bits<'a> {
    /// A reader that starts at byte `at`.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            buffer: 0,
            count: 0,
            of_zeros: 0,
        }
    }

    /// Fills the buffer to at least 57 bits, or fewer before a marker.
    fn fill(&mut self) {
        while self.count <= 56 {
            let length = match self.bytes.get(self.at..) {
                Some([0xff, 0, ..]) => 2,
                Some([0xff, ..] | []) | None => return,
                Some(_) => 1,
            };
            self.buffer |= u64::from(self.bytes[self.at]) << (56 - self.count);
            self.count += 8;
            self.at += length;
        }
    }

    /// Reads `count` bits, at most 16.
    pub(super) fn take(&mut self, count: u32) -> Result<u32, Damage> {
        if count == 0 {
            return Ok(0);
        }
        let bits = self.peek(count);
        self.drop(count)?;
        Ok((bits >> (64 - count)) as u32)
    }

    /// Reads a Huffman code and returns its symbol.
    pub(super) fn symbol(&mut self, table: &Table) -> Result<u8, Damage> {
        let bits = self.peek(LONGEST);
        // Bits that match no code: damaged or truncated data.
        let (length, symbol) = table
            .find((bits >> (64 - LONGEST)) as u32)
            .ok_or(Damage::Short)?;
        self.drop(length)?;
        Ok(symbol)
    }

    /// Reads the value of a coefficient, which has `count` bits and follows its code.
    pub(super) fn coefficient(&mut self, count: u32) -> Result<(), Damage> {
        self.take(count)?;
        self.of_zeros += 1;
        if self.of_zeros < MAX_OF_ZEROS {
            Ok(())
        } else {
            Err(Damage::Zeros)
        }
    }

    /// The buffer, filled to at least `count` bits if there are as many.
    fn peek(&mut self, count: u32) -> u64 {
        if self.count < count {
            self.fill();
        }
        self.buffer
    }

    fn drop(&mut self, count: u32) -> Result<(), Damage> {
        self.count = self.count.checked_sub(count).ok_or(Damage::Short)?;
        if self.buffer.leading_zeros() < count {
            self.of_zeros = 0;
        }
        self.buffer <<= count;
        Ok(())
    }

    /// The position of the marker at the end of the data.
    ///
    /// # Errors
    /// If more than padding precedes it, or there is no marker.
    pub(super) fn end(&mut self) -> Result<usize, Damage> {
        self.fill();
        match self.bytes.get(self.at..) {
            _ if self.count >= 8 => Err(Damage::Long),
            Some([0xff, _, ..]) => Ok(self.at),
            _ => Err(Damage::Short),
        }
    }

    /// Skips a restart marker.
    ///
    /// # Errors
    /// If the data do not end with a restart marker.
    pub(super) fn restart(&mut self) -> Result<(), Damage> {
        let at = self.end()?;
        let fill = self.bytes[at..].iter().take_while(|&&byte| byte == 0xff);
        let marker = at + fill.count();
        match self.bytes.get(marker) {
            Some(0xd0..=0xd7) => {
                *self = Self::new(self.bytes, marker + 1);
                Ok(())
            }
            _ => Err(Damage::Short),
        }
    }
}

/// A Huffman table.
pub(super) struct Table {
    /// (length, symbol) by the first [`QUICK`] bits; length 0 for longer codes.
    quick: Vec<(u8, u8)>,
    /// For each code length: the first 16-bit value above all codes of this length, and the difference between a symbol's
    /// index and its code.
    lengths: [(u32, i32); LONGEST as usize + 1],
    symbols: Vec<u8>,
}

impl Table {
    /// A table from the number of codes of each length and the symbols in code order. `None` if there are more codes than
    /// a length allows or a symbol occurs twice.
    pub(super) fn new(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            quick: vec![(0, 0); 1 << QUICK],
            lengths: [(0, 0); LONGEST as usize + 1],
            symbols: symbols.to_vec(),
        };
        let mut seen = [false; 256];
        let twice = |&symbol: &u8| std::mem::replace(&mut seen[usize::from(symbol)], true);
        if symbols.iter().any(twice) {
            return None;
        }
        let (mut code, mut place) = (0_u32, 0);
        for (length, &count) in (1..=LONGEST).zip(counts) {
            let count = u32::from(count);
            if code + count > 1 << length {
                return None;
            }
            table.lengths[length as usize].1 = place as i32 - code as i32;
            for _ in 0..count {
                if length <= QUICK {
                    let symbol = *symbols.get(place)?;
                    let free = QUICK - length;
                    let first = (code << free) as usize;
                    table.quick[first..first + (1 << free)].fill((length as u8, symbol));
                }
                code += 1;
                place += 1;
            }
            table.lengths[length as usize].0 = code << (LONGEST - length);
            code <<= 1;
        }
        Some(table)
    }

    /// (length, symbol) of the code at the start of 16 bits.
    fn find(&self, bits: u32) -> Option<(u32, u8)> {
        let (length, symbol) = self.quick[(bits >> (LONGEST - QUICK)) as usize];
        if length > 0 {
            return Some((length.into(), symbol));
        }
        (QUICK + 1..=LONGEST).find_map(|length| {
            let (beyond, shift) = self.lengths[length as usize];
            if bits >= beyond {
                return None;
            }
            let place = (bits >> (LONGEST - length)) as i32 + shift;
            let symbol = self.symbols.get(usize::try_from(place).ok()?)?;
            Some((length, *symbol))
        })
    }
}
