//! One scan of a JPEG file, followed code by code.

use super::{
    DAMAGED,
    bits::{Bits, Table},
};

/// A colour component.
pub struct Component {
    pub id: u8,
    /// Blocks in a unit of an interleaved scan.
    pub across: usize,
    pub down: usize,
    /// Blocks that the picture covers.
    pub columns: usize,
    pub rows: usize,
    /// Blocks from one row to the next.
    pub stride: usize,
    /// Of each block, the coefficients that are not zero so far; empty where there are no further scans of it.
    pub known: Vec<u64>,
    /// Of each coefficient, the bits that further scans give; none where no scan has given any.
    pub missing: [Option<u8>; 64],
}

impl Component {
    /// Whether nothing is missing. Of coefficients that no scan gives, only the first is.
    pub fn is_whole(&self) -> bool {
        self.missing[0].is_some() && self.missing.iter().flatten().all(|&bits| bits == 0)
    }
}

/// What the header of a scan says.
pub struct Scan {
    progressive: bool,
    /// Index of the component, of its table for the first coefficient, and for others.
    parts: Vec<(usize, usize, usize)>,
    /// The coefficients that the scan is about.
    first: u32,
    last: u32,
    /// Bits of them that it leaves to others.
    leaves: u8,
    /// Whether it gives one more bit of coefficients that other scans began.
    refines: bool,
}

fn table(tables: &[Option<Table>; 4], at: usize) -> Result<&Table, &'static str> {
    tables.get(at).and_then(Option::as_ref).ok_or(DAMAGED)
}

type Tables<'a> = (&'a [Option<Table>; 4], &'a [Option<Table>; 4]);

impl Scan {
    /// Reads a header; none where it makes no sense.
    pub fn new(content: &[u8], progressive: bool, components: &[Component]) -> Option<Self> {
        let (&count, rest) = content.split_first()?;
        let (chosen, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let [first, last, bits, ..] = *rest else {
            return None;
        };
        let parts = chosen.as_chunks::<2>().0.iter().map(|&[id, tables]| {
            let component = components.iter().position(|it| it.id == id)?;
            Some((
                component,
                usize::from(tables >> 4),
                usize::from(tables & 15),
            ))
        });
        let parts: Vec<_> = parts.collect::<Option<_>>()?;
        let (first, last) = match progressive {
            true => (u32::from(first), u32::from(last)),
            false => (0, 63),
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

    /// Follows the scan to its last block.
    ///
    /// # Errors
    /// Why it does not get there.
    pub fn follow(
        &self,
        bits: &mut Bits,
        components: &mut [Component],
        tables: Tables,
        units: usize,
        restart: usize,
    ) -> Result<(), &'static str> {
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
                    let place = row * component.stride + column;
                    self.block(bits, component.known.get_mut(place), part, tables, &mut run)?;
                } else {
                    // What they are is of no matter: scans that are about known coefficients stand alone.
                    for _ in 0..component.across * component.down {
                        self.block(bits, None, part, tables, &mut run)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn block(
        &self,
        bits: &mut Bits,
        known: Option<&mut u64>,
        &(_, dc, ac): &(usize, usize, usize),
        tables: Tables,
        run: &mut u32,
    ) -> Result<(), &'static str> {
        match (self.first, known) {
            (0, _) if self.refines => bits.take(1).map(drop),
            (0, _) => {
                let size = bits.symbol(table(tables.0, dc)?)?.into();
                if size > 16 {
                    return Err(DAMAGED);
                }
                bits.take(size)?;
                match self.progressive {
                    true => Ok(()),
                    false => self.begin(bits, table(tables.1, ac)?, 1, &mut 0, run),
                }
            }
            (first, Some(known)) if self.refines => {
                self.refine(bits, table(tables.1, ac)?, first, known, run)
            }
            (first, Some(known)) => self.begin(bits, table(tables.1, ac)?, first, known, run),
            (_, None) => Err(DAMAGED),
        }
    }

    /// The coefficients of a block from `first` on, of which nothing was known.
    fn begin(
        &self,
        bits: &mut Bits,
        table: &Table,
        first: u32,
        known: &mut u64,
        run: &mut u32,
    ) -> Result<(), &'static str> {
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
                    // Blocks to come that hold nothing more; in a baseline scan this one alone.
                    if self.progressive {
                        *run = (1 << zeros) + bits.take(zeros)? - 1;
                    }
                    return Ok(());
                }
                (_, 0) => at += 16,
                _ => {
                    at += zeros;
                    if at > self.last {
                        return Err(DAMAGED);
                    }
                    bits.coefficient(size)?;
                    *known |= 1 << at;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// One more bit of the coefficients of a block that are known, and new ones among them.
    fn refine(
        &self,
        bits: &mut Bits,
        table: &Table,
        first: u32,
        known: &mut u64,
        run: &mut u32,
    ) -> Result<(), &'static str> {
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
                    if *known >> at & 1 == 1 {
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
                        return Err(DAMAGED);
                    }
                    *known |= 1 << at;
                }
                at += 1;
            }
        }
        if *run > 0 {
            while at <= self.last {
                bits.take((*known >> at & 1) as u32)?;
                at += 1;
            }
            *run -= 1;
        }
        Ok(())
    }
}
