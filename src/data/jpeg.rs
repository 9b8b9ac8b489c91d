//! Whether a JPEG file holds all of its picture. Its decoder fills what is missing with gray and passes over what is
//! left: a file that was cut short, or zeroed in the middle, would be learned from.
//!
//! The codes of every scan are followed without making pixels of them (ITU-T T.81: baseline, extended and progressive
//! with Huffman codes): a scan has to end within the byte in which its last block does. Zeros in the place of data may
//! happen to be as many blocks; they are known by what no picture has, many coefficients in a row of codes and values
//! without a one.

mod bits;
mod scan;

use bits::{Bits, Table};
use scan::{Component, Scan};

/// What is wrong with a file that ends early.
const SHORT: &str = "it was cut short or damaged: its data end before the picture is whole";
/// What is wrong with a file whose data go on.
const LONG: &str = "it is damaged: its data do not end where the picture does";
/// What is wrong with a file of which a part was never written.
const ZEROS: &str = "it is damaged: zeros stand in the place of data";
/// What is wrong with a file that contradicts itself.
const DAMAGED: &str = "it is damaged";

/// Most scans that a picture may have; its decoder takes no more.
const MAX_SCANS: usize = 100;

/// Checks the bytes of a JPEG file, which a decoder takes for a picture of these sides. What no decoder reads (arithmetic
/// codes, lossless ones) is left to it.
///
/// # Errors
/// Why it is not whole, for a person.
pub fn check(bytes: &[u8], (width, height): (u32, u32)) -> Result<(), &'static str> {
    let mut walk = Walk {
        bytes,
        at: 0,
        dc: Default::default(),
        ac: Default::default(),
        restart: 0,
        frame: None,
        scans: 0,
    };
    loop {
        match walk.marker()? {
            // Start of the image, restart marks, TEM: they stand alone.
            0x01 | 0xd0..=0xd8 => {}
            0xd9 => return walk.end(),
            0xc0..=0xc2 => walk.frame((width, height))?,
            0xc4 => walk.tables()?,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf | 0xdc => return Ok(()),
            0xdb => walk.quantization()?,
            0xdd => {
                let [high, low, ..] = *walk.segment()? else {
                    return Err(DAMAGED);
                };
                walk.restart = u16::from_be_bytes([high, low]).into();
            }
            0xda => {
                walk.scan()?;
            }
            _ => {
                walk.segment()?;
            }
        }
    }
}

/// What is known on the way through a file.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    /// Units between two restart marks; 0: there are none.
    restart: usize,
    frame: Option<Frame>,
    scans: usize,
}

/// The picture as a whole.
struct Frame {
    progressive: bool,
    /// Units of an interleaved scan.
    units: usize,
    components: Vec<Component>,
}

impl<'a> Walk<'a> {
    /// The next marker. What stands before it among the headers is passed over, as decoders do; among scans it was one.
    fn marker(&mut self) -> Result<u8, &'static str> {
        loop {
            let rest = self.bytes.get(self.at..).ok_or(SHORT)?;
            let start = rest.iter().position(|&byte| byte == 0xff).ok_or(SHORT)?;
            if self.scans > 0 && start > 0 {
                return Err(LONG);
            }
            let fill = rest[start..].iter().take_while(|&&byte| byte == 0xff);
            self.at += start + fill.count();
            match *self.bytes.get(self.at).ok_or(SHORT)? {
                0 => {}
                marker => {
                    self.at += 1;
                    return Ok(marker);
                }
            }
        }
    }

    /// The content of the segment that starts here.
    fn segment(&mut self) -> Result<&'a [u8], &'static str> {
        let [high, low, ..] = *self.bytes.get(self.at..).ok_or(SHORT)? else {
            return Err(SHORT);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(DAMAGED);
        }
        let content = self.bytes.get(self.at + 2..self.at + length).ok_or(SHORT)?;
        self.at += length;
        Ok(content)
    }

    /// Tables of factors, none of which is 0.
    fn quantization(&mut self) -> Result<(), &'static str> {
        let mut content = self.segment()?;
        while let Some((&place, rest)) = content.split_first() {
            let wide = place >> 4 > 0;
            let (factors, rest) = rest
                .split_at_checked(if wide { 128 } else { 64 })
                .ok_or(DAMAGED)?;
            let zero = match wide {
                true => factors.as_chunks().0.contains(&[0, 0]),
                false => factors.contains(&0),
            };
            if zero {
                return Err(ZEROS);
            }
            content = rest;
        }
        Ok(())
    }

    /// Huffman tables.
    fn tables(&mut self) -> Result<(), &'static str> {
        let mut content = self.segment()?;
        while let Some((&place, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(DAMAGED)?;
            let length = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(length).ok_or(DAMAGED)?;
            let tables = match place >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(DAMAGED),
            };
            let table = tables.get_mut(usize::from(place & 15)).ok_or(DAMAGED)?;
            *table = Some(Table::new(counts, symbols).ok_or(DAMAGED)?);
            content = rest;
        }
        Ok(())
    }

    /// Sides and components.
    fn frame(&mut self, sides: (u32, u32)) -> Result<(), &'static str> {
        let progressive = self.bytes[self.at - 1] == 0xc2;
        let content = self.segment()?;
        let (start, mut rest) = content.split_first_chunk::<6>().ok_or(DAMAGED)?;
        let [_, high, low, left, right, count] = *start;
        let side = |high, low| usize::from(u16::from_be_bytes([high, low]));
        let (height, width) = (side(high, low), side(left, right));
        if (width, height) != (sides.0 as usize, sides.1 as usize) || self.frame.is_some() {
            return Err(DAMAGED);
        }
        let mut named = Vec::new();
        for _ in 0..count {
            let (&[id, sampling, _], more) = rest.split_first_chunk().ok_or(DAMAGED)?;
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return Err(DAMAGED);
            }
            named.push((id, across, down));
            rest = more;
        }
        let most = |of: fn(&(u8, usize, usize)) -> usize| named.iter().map(of).max().unwrap_or(1);
        let most = (most(|it| it.1), most(|it| it.2));
        let units = (width.div_ceil(8 * most.0), height.div_ceil(8 * most.1));
        let components = named
            .into_iter()
            .map(|(id, across, down)| Component {
                id,
                across,
                down,
                columns: (width * across).div_ceil(8 * most.0),
                rows: (height * down).div_ceil(8 * most.1),
                stride: units.0 * across,
                known: vec![
                    0;
                    if progressive {
                        units.0 * across * units.1 * down
                    } else {
                        0
                    }
                ],
                missing: [None; 64],
            })
            .collect();
        self.frame = Some(Frame {
            progressive,
            units: units.0 * units.1,
            components,
        });
        Ok(())
    }

    fn scan(&mut self) -> Result<(), &'static str> {
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(DAMAGED);
        }
        let content = self.segment()?;
        let frame = self.frame.as_mut().ok_or(DAMAGED)?;
        let scan = Scan::new(content, frame.progressive, &frame.components).ok_or(DAMAGED)?;
        let mut bits = Bits::new(self.bytes, self.at);
        scan.follow(
            &mut bits,
            &mut frame.components,
            (&self.dc, &self.ac),
            frame.units,
            self.restart,
        )?;
        self.at = bits.end()?;
        Ok(())
    }

    /// At the mark of the end: every component has had its scans.
    fn end(&self) -> Result<(), &'static str> {
        let whole = |frame: &Frame| frame.components.iter().all(Component::is_whole);
        match self.frame.as_ref().is_some_and(whole) {
            true => Ok(()),
            false => Err(SHORT),
        }
    }
}
