//! The parts of a batch that are turned over together.

use std::ops::Range;

use super::Outer;
use crate::nn::host::slab::SLAB;

/// Numbers that a task turns over at a time: 512 KiB, half of a common second-level cache.
const CHUNK: usize = 1 << 17;

/// Some rows of the map, in some slabs.
#[derive(Clone)]
pub struct Chunk {
    pub rows: Range<usize>,
    pub slabs: Range<usize>,
}

/// What tasks go over, slab by slab, row after row.
pub struct Chunks {
    pub chunks: Vec<Chunk>,
    /// Rows of the map of a chunk, and its slabs, at most.
    band: usize,
    together: usize,
    /// The most rows of the image that a chunk reads.
    pub slots: usize,
}

impl Chunks {
    /// For tasks that sum so many blocks of input channels.
    pub fn new(outer: &Outer, blocks: usize) -> Self {
        let rows = outer.geometry.out_height;
        let fits = |rows: usize, slabs: usize| {
            let (map, image) = numbers(outer, blocks, (rows, read(outer, 0..rows), slabs));
            map + image <= CHUNK
        };
        let band = (1..=rows).take_while(|&rows| fits(rows, 1)).last();
        let band = band.unwrap_or(1);
        let slabs = outer.batch.div_ceil(SLAB);
        // Where a whole slab leaves room, more of them.
        let together = match band == rows {
            true => (1..=slabs).take_while(|&slabs| fits(rows, slabs)).last(),
            false => None,
        };
        let together = together.unwrap_or(1);
        let bands = (0..rows)
            .step_by(band)
            .map(|row| row..(row + band).min(rows));
        let slots = bands.clone().map(|rows| read(outer, rows)).max();
        let chunk = |slab: usize| {
            let slabs = slab..(slab + together).min(slabs);
            bands.clone().map(move |rows| Chunk {
                rows,
                slabs: slabs.clone(),
            })
        };
        Self {
            chunks: (0..slabs).step_by(together).flat_map(chunk).collect(),
            band,
            together,
            slots: slots.unwrap_or(0).max(1),
        }
    }

    /// The most numbers of the map and of the image, in some blocks, that a chunk turns over.
    pub fn numbers(&self, outer: &Outer, blocks: usize) -> (usize, usize) {
        numbers(outer, blocks, (self.band, self.slots, self.together))
    }
}

/// How many rows of the image some rows of the map read.
fn read(outer: &Outer, rows: Range<usize>) -> usize {
    outer.rows.span(rows).len()
}

fn numbers(
    outer: &Outer,
    blocks: usize,
    (rows, read, slabs): (usize, usize, usize),
) -> (usize, usize) {
    let samples = slabs * outer.samples();
    let map = outer.geometry.out * rows * outer.columns.map;
    let image = blocks * outer.machine.lanes * read * outer.columns.image;
    (map * samples, image * samples)
}
