//! A check that a JPEG file is complete. The decoder fills missing data with gray and ignores excess data; without this
//! check, truncated files and files with zeroed blocks would be training data.
//!
//! The check follows the Huffman codes of every scan without decoding pixels (ITU-T T.81: baseline, extended and
//! progressive). A scan has to end in the byte of its last block. Zeroed data may decode to the right number of blocks;
//! they are recognized by many coefficients in a row whose codes and values have no 1 bit, which no picture has.

mod bits;
mod scan;

use bits::{Bits, Table};
use scan::{Component, Scan};

/// What is wrong with a JPEG file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    #[error("it was cut short or damaged: its data end before the picture is complete")]
    Short,
    #[error("it is damaged: its data do not end where the picture does")]
    Long,
    #[error("it is damaged: a part of its data is zeros")]
    Zeros,
    /// The file contradicts itself.
    #[error("it is damaged")]
    Contradiction,
}

/// Most scans of a picture, as in the decoder.
const MAX_SCANS: usize = 100;

/// Checks that a JPEG file is complete; (width, height) is the size that the decoder found. Arithmetic coding and lossless
/// files pass: the decoder rejects them.
///
/// # Errors
/// If the file is incomplete or damaged.
pub(super) fn check(bytes: &[u8], (width, height): (u32, u32)) -> Result<(), Damage> {
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
            // TEM, restart markers, start of image: markers without a segment.
            0x01 | 0xd0..=0xd8 => {}
            0xd9 => return walk.end(),
            0xc0..=0xc2 => walk.frame((width, height))?,
            0xc4 => walk.tables()?,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf | 0xdc => return Ok(()),
            0xdb => walk.quantization()?,
            0xdd => {
                let [high, low, ..] = *walk.segment()? else {
                    return Err(Damage::Contradiction);
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

/// The state of the walk through a file.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    /// MCUs between two restart markers; 0 if there are none.
    restart: usize,
    frame: Option<Frame>,
    scans: usize,
}

/// The frame header.
struct Frame {
    progressive: bool,
    /// Number of MCUs of an interleaved scan.
    units: usize,
    components: Vec<Component>,
}

impl<'a> Walk<'a> {
    /// Reads the next marker. Bytes before it are ignored among the headers, as decoders do, and an error after a scan.
    fn marker(&mut self) -> Result<u8, Damage> {
        loop {
            let rest = self.bytes.get(self.at..).ok_or(Damage::Short)?;
            let start = rest
                .iter()
                .position(|&byte| byte == 0xff)
                .ok_or(Damage::Short)?;
            if self.scans > 0 && start > 0 {
                return Err(Damage::Long);
            }
            let fill = rest[start..].iter().take_while(|&&byte| byte == 0xff);
            self.at += start + fill.count();
            match *self.bytes.get(self.at).ok_or(Damage::Short)? {
                0 => {}
                marker => {
                    self.at += 1;
                    return Ok(marker);
                }
            }
        }
    }

    /// Reads the content of the segment at the current position.
    fn segment(&mut self) -> Result<&'a [u8], Damage> {
        let [high, low, ..] = *self.bytes.get(self.at..).ok_or(Damage::Short)? else {
            return Err(Damage::Short);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 2 {
            return Err(Damage::Contradiction);
        }
        let content = self
            .bytes
            .get(self.at + 2..self.at + length)
            .ok_or(Damage::Short)?;
        self.at += length;
        Ok(content)
    }

    /// Reads quantization tables. A factor of 0 is an error.
    fn quantization(&mut self) -> Result<(), Damage> {
        let mut content = self.segment()?;
        while let Some((&info, rest)) = content.split_first() {
            let wide = info >> 4 > 0;
            let (factors, rest) = rest
                .split_at_checked(if wide { 128 } else { 64 })
                .ok_or(Damage::Contradiction)?;
            let zero = if wide {
                factors.as_chunks().0.contains(&[0, 0])
            } else {
                factors.contains(&0)
            };
            if zero {
                return Err(Damage::Zeros);
            }
            content = rest;
        }
        Ok(())
    }

    /// Reads Huffman tables.
    fn tables(&mut self) -> Result<(), Damage> {
        let mut content = self.segment()?;
        while let Some((&info, rest)) = content.split_first() {
            let (counts, rest) = rest
                .split_first_chunk::<16>()
                .ok_or(Damage::Contradiction)?;
            let length = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(length).ok_or(Damage::Contradiction)?;
            let tables = match info >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Damage::Contradiction),
            };
            let table = tables
                .get_mut(usize::from(info & 15))
                .ok_or(Damage::Contradiction)?;
            *table = Some(Table::new(counts, symbols).ok_or(Damage::Contradiction)?);
            content = rest;
        }
        Ok(())
    }

    /// Reads the frame header: size and components.
    fn frame(&mut self, sides: (u32, u32)) -> Result<(), Damage> {
        let progressive = self.bytes[self.at - 1] == 0xc2;
        let content = self.segment()?;
        let (start, mut rest) = content
            .split_first_chunk::<6>()
            .ok_or(Damage::Contradiction)?;
        let [_, high, low, left, right, count] = *start;
        let side = |high, low| usize::from(u16::from_be_bytes([high, low]));
        let (height, width) = (side(high, low), side(left, right));
        if (width, height) != (sides.0 as usize, sides.1 as usize) || self.frame.is_some() {
            return Err(Damage::Contradiction);
        }
        let mut named = Vec::new();
        for _ in 0..count {
            let (&[id, sampling, _], more) =
                rest.split_first_chunk().ok_or(Damage::Contradiction)?;
            let (across, down) = (usize::from(sampling >> 4), usize::from(sampling & 15));
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
                return Err(Damage::Contradiction);
            }
            named.push((id, across, down));
            rest = more;
        }
        let most = |of: fn(&(u8, usize, usize)) -> usize| named.iter().map(of).max().unwrap_or(1);
        let most = (most(|component| component.1), most(|component| component.2));
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
                nonzero: vec![
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

    /// Follows a scan to its end.
    fn scan(&mut self) -> Result<(), Damage> {
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(Damage::Contradiction);
        }
        let content = self.segment()?;
        let frame = self.frame.as_mut().ok_or(Damage::Contradiction)?;
        let scan = Scan::new(content, frame.progressive, &frame.components)
            .ok_or(Damage::Contradiction)?;
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

    /// Checks at the end marker that the scans gave all coefficients.
    fn end(&self) -> Result<(), Damage> {
        let whole = |frame: &Frame| frame.components.iter().all(Component::is_whole);
        if self.frame.as_ref().is_some_and(whole) {
            Ok(())
        } else {
            Err(Damage::Short)
        }
    }
}
