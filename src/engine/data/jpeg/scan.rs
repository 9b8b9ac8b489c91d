//! Following the codes of one scan of a JPEG file.

use super::{
    Damage,
    bits::{Bits, Table},
};

/// A colour component.
pub(super) struct Component {
    pub id: u8,
    /// Columns of blocks in an MCU (the horizontal sampling factor).
    pub across: usize,
    /// Rows of blocks in an MCU (the vertical sampling factor).
    pub down: usize,
    /// Columns of blocks that cover the picture.
    pub columns: usize,
    /// Rows of blocks that cover the picture.
    pub rows: usize,
    /// Blocks in a row, with those that only pad MCUs.
    pub stride: usize,
    /// For each block a bit set of its nonzero coefficients so far; empty if the file is not progressive.
    pub nonzero: Vec<u64>,
    /// For each coefficient the number of low bits that later scans have to give; `None` before its first scan.
    pub missing: [Option<u8>; 64],
}

impl Component {
    /// Whether the scans gave all bits. Coefficients without any scan are zero, except the DC coefficient, which is
    /// required.
    pub(super) fn is_whole(&self) -> bool {
        self.missing[0].is_some() && self.missing.iter().flatten().all(|&bits| bits == 0)
    }
}

/// A scan header.
pub(super) struct Scan {
    progressive: bool,
    /// For each component of the scan its index, the index of its DC table, and of its AC table.
    parts: Vec<(usize, usize, usize)>,
    /// First coefficient of the scan (spectral selection).
    first: u32,
    /// Last coefficient of the scan.
    last: u32,
    /// Low bits of the coefficients that later scans give (successive approximation).
    leaves: u8,
    /// Whether the scan refines coefficients of earlier scans by one bit.
    refines: bool,
}

fn table(tables: &[Option<Table>; 4], at: usize) -> Result<&Table, Damage> {
    tables
        .get(at)
        .and_then(Option::as_ref)
        .ok_or(Damage::Contradiction)
}

type Tables<'a> = (&'a [Option<Table>; 4], &'a [Option<Table>; 4]);

impl Scan {
    /// Reads a scan header; `None` if it is invalid.
    pub(super) fn new(content: &[u8], progressive: bool, components: &[Component]) -> Option<Self> {
        let (&count, rest) = content.split_first()?;
        let (chosen, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let [first, last, bits, ..] = *rest else {
            return None;
        };
        let parts = chosen.as_chunks::<2>().0.iter().map(|&[id, tables]| {
            let component = components.iter().position(|component| component.id == id)?;
            Some((
                component,
                usize::from(tables >> 4),
                usize::from(tables & 15),
            ))
        });
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        let (first, last) = if progressive {
            (u32::from(first), u32::from(last))
        } else {
            (0, 63)
        };
        let alone = parts.len() == 1;
        let sensible = match first {
            0 => !progressive || last == 0,
            _ => alone && first <= last && last <= 63,
        };
        (sensible && !parts.is_empty()).then_some(Self {
            progressive,
            parts,
            first,
            last,
            leaves: if progressive { bits & 15 } else { 0 },
            refines: progressive && bits >> 4 > 0,
        })
    }

    /// Follows the scan through all its blocks. `units` is the number of MCUs of an interleaved scan.
    ///
    /// # Errors
    /// If the data end early or are invalid; the reason.
    pub(super) fn follow(
        &self,
        bits: &mut Bits,
        components: &mut [Component],
        tables: Tables,
        units: usize,
        restart: usize,
    ) -> Result<(), Damage> {
        let mut run = 0;
        let alone = match self.parts[..] {
            [(only, ..)] => Some(only),
            _ => None,
        };
        let units = alone.map_or(units, |only| {
            components[only].columns * components[only].rows
        });
        for part in &self.parts {
            components[part.0].missing[self.first as usize..=self.last as usize]
                .fill(Some(self.leaves));
        }
        for unit in 0..units {
            if restart > 0 && unit > 0 && unit % restart == 0 {
                bits.restart()?;
                run = 0;
            }
            for part in &self.parts {
                let component = &mut components[part.0];
                if alone.is_some() {
                    let (row, column) = (unit / component.columns, unit % component.columns);
                    let nonzero = component.nonzero.get_mut(row * component.stride + column);
                    self.block(bits, nonzero, part, tables, &mut run)?;
                } else {
                    // No bit set: progressive scans of AC coefficients are not interleaved.
                    for _ in 0..component.across * component.down {
                        self.block(bits, None, part, tables, &mut run)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Follows one block. `run` is the number of blocks to come without coefficients (the end-of-band run).
    fn block(
        &self,
        bits: &mut Bits,
        nonzero: Option<&mut u64>,
        &(_, dc, ac): &(usize, usize, usize),
        tables: Tables,
        run: &mut u32,
    ) -> Result<(), Damage> {
        match (self.first, nonzero) {
            (0, _) if self.refines => bits.take(1).map(drop),
            (0, _) => {
                let size = bits.symbol(table(tables.0, dc)?)?.into();
                if size > 16 {
                    return Err(Damage::Contradiction);
                }
                bits.take(size)?;
                if self.progressive {
                    Ok(())
                } else {
                    self.begin(bits, table(tables.1, ac)?, 1, &mut 0, run)
                }
            }
            (first, Some(nonzero)) if self.refines => {
                self.refine(bits, table(tables.1, ac)?, first, nonzero, run)
            }
            (first, Some(nonzero)) => self.begin(bits, table(tables.1, ac)?, first, nonzero, run),
            (_, None) => Err(Damage::Contradiction),
        }
    }

    /// Follows the first scan of the AC coefficients of a block from `first` on.
    fn begin(
        &self,
        bits: &mut Bits,
        table: &Table,
        first: u32,
        nonzero: &mut u64,
        run: &mut u32,
    ) -> Result<(), Damage> {
        if *run > 0 {
            *run -= 1;
            return Ok(());
        }
        let mut at = first;
        while at <= self.last {
            let symbol = u32::from(bits.symbol(table)?);
            let (zeros, size) = (symbol >> 4, symbol & 15);
            match (zeros, size) {
                (0..15, 0) => {
                    // End of band: this block, and in a progressive scan a run of blocks, has no more coefficients.
                    if self.progressive {
                        *run = (1 << zeros) + bits.take(zeros)? - 1;
                    }
                    return Ok(());
                }
                (_, 0) => at += 16,
                _ => {
                    at += zeros;
                    if at > self.last {
                        return Err(Damage::Contradiction);
                    }
                    bits.coefficient(size)?;
                    *nonzero |= 1 << at;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// Follows a refinement scan of the AC coefficients of a block: one bit of each nonzero coefficient, and new nonzero
    /// coefficients.
    fn refine(
        &self,
        bits: &mut Bits,
        table: &Table,
        first: u32,
        nonzero: &mut u64,
        run: &mut u32,
    ) -> Result<(), Damage> {
        let mut at = first;
        if *run == 0 {
            while at <= self.last {
                let symbol = u32::from(bits.symbol(table)?);
                let (mut zeros, size) = (symbol >> 4, symbol & 15);
                if size == 0 && zeros < 15 {
                    *run = (1 << zeros) + bits.take(zeros)?;
                    break;
                }
                if size > 0 {
                    bits.coefficient(1)?;
                }
                while at <= self.last {
                    if *nonzero >> at & 1 == 1 {
                        bits.take(1)?;
                    } else if zeros == 0 {
                        break;
                    } else {
                        zeros -= 1;
                    }
                    at += 1;
                }
                if size > 0 {
                    if at > self.last {
                        return Err(Damage::Contradiction);
                    }
                    *nonzero |= 1 << at;
                }
                at += 1;
            }
        }
        if *run > 0 {
            while at <= self.last {
                bits.take((*nonzero >> at & 1) as u32)?;
                at += 1;
            }
            *run -= 1;
        }
        Ok(())
    }
}
