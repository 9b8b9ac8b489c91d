//! Bits of a scan, and the Huffman codes among them.

use super::{LONG, SHORT, ZEROS};

/// Codes up to this length are looked up.
const QUICK: u32 = 9;
/// Coefficients of nothing but zeros that no picture has in a row: each of them negative, and of the shortest code.
const MAX_OF_ZEROS: u32 = 32;
/// The longest code.
const LONGEST: u32 = 16;

/// Reads the bits of a scan until a marker.
pub struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, the first of them on top; zeros follow.
    held: u64,
    count: u32,
    /// Coefficients since the last one among the bits.
    of_zeros: u32,
}

impl<'a> Bits<'a> {
    /// Those from byte `at` on.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            held: 0,
            count: 0,
            of_zeros: 0,
        }
    }

    /// Holds as many bits as there are, up to 57 or more.
    fn fill(&mut self) {
        while self.count <= 56 {
            let length = match self.bytes.get(self.at..) {
                Some([0xff, 0, ..]) => 2,
                Some([0xff, ..] | []) | None => return,
                Some(_) => 1,
            };
            self.held |= u64::from(self.bytes[self.at]) << (56 - self.count);
            self.count += 8;
            self.at += length;
        }
    }

    /// The next `count` bits, at most 16.
    pub fn take(&mut self, count: u32) -> Result<u32, &'static str> {
        if count == 0 {
            return Ok(0);
        }
        let bits = self.held_at_least(count);
        self.drop(count)?;
        Ok((bits >> (64 - count)) as u32)
    }

    /// The symbol of the next code.
    pub fn symbol(&mut self, table: &Table) -> Result<u8, &'static str> {
        let bits = self.held_at_least(LONGEST);
        // The bits are none of the codes, which cannot be told from what was cut off.
        let (length, symbol) = table.find((bits >> (64 - LONGEST)) as u32).ok_or(SHORT)?;
        self.drop(length)?;
        Ok(symbol)
    }

    /// The value of a coefficient, of `count` bits, behind its code.
    pub fn coefficient(&mut self, count: u32) -> Result<(), &'static str> {
        self.take(count)?;
        self.of_zeros += 1;
        match self.of_zeros < MAX_OF_ZEROS {
            true => Ok(()),
            false => Err(ZEROS),
        }
    }

    fn held_at_least(&mut self, count: u32) -> u64 {
        if self.count < count {
            self.fill();
        }
        self.held
    }

    fn drop(&mut self, count: u32) -> Result<(), &'static str> {
        self.count = self.count.checked_sub(count).ok_or(SHORT)?;
        if self.held.leading_zeros() < count {
            self.of_zeros = 0;
        }
        self.held <<= count;
        Ok(())
    }

    /// The place of the marker at which the data end.
    ///
    /// # Errors
    /// More than padding stands before it, or there is none.
    pub fn end(&mut self) -> Result<usize, &'static str> {
        self.fill();
        match self.bytes.get(self.at..) {
            _ if self.count >= 8 => Err(LONG),
            Some([0xff, _, ..]) => Ok(self.at),
            _ => Err(SHORT),
        }
    }

    /// Goes on behind a restart mark.
    pub fn restart(&mut self) -> Result<(), &'static str> {
        let at = self.end()?;
        let fill = self.bytes[at..].iter().take_while(|&&byte| byte == 0xff);
        let mark = at + fill.count();
        match self.bytes.get(mark) {
            Some(0xd0..=0xd7) => {
                *self = Self::new(self.bytes, mark + 1);
                Ok(())
            }
            _ => Err(SHORT),
        }
    }
}

/// A Huffman table.
pub struct Table {
    /// (length, symbol) by the first bits; length 0 where the code is longer.
    quick: Vec<(u8, u8)>,
    /// For each length: the first code beyond those of this length, on top of 16 bits, and what makes a code the place
    /// of its symbol.
    lengths: [(u32, i32); LONGEST as usize + 1],
    symbols: Vec<u8>,
}

impl Table {
    /// Of so many codes of each length, in the order of their symbols; none where codes do not fit into their lengths, or
    /// a symbol has two.
    pub fn new(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
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

    /// (length, symbol) of the code at the front of 16 bits.
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
