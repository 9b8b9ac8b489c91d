//! The parts of a batch that are transposed together.

use std::ops::Range;

use super::OuterProducts;
use crate::engine::nn::host::slab::SLAB;

/// Values that a task transposes at a time: 512 KiB, half of a common L2 cache.
const CHUNK: usize = 1 << 17;

/// Some rows of the map, in some slabs.
#[derive(Clone)]
pub(super) struct Chunk {
    pub rows: Range<usize>,
    pub slabs: Range<usize>,
}

/// All chunks of a batch, slab by slab and row after row.
pub(super) struct Chunks {
    pub chunks: Vec<Chunk>,
    /// The most rows of the map and the most slabs of a chunk.
    band: usize,
    together: usize,
    /// The most image rows that a chunk reads.
    pub slots: usize,
}

impl Chunks {
    /// Chunks for tasks that sum `blocks` blocks of input channels.
    pub(super) fn new(outer: &OuterProducts, blocks: usize) -> Self {
        let rows = outer.geometry.out_height;
        let fits = |rows: usize, slabs: usize| {
            let (map, image) = numbers(outer, blocks, (rows, read(outer, 0..rows), slabs));
            map + image <= CHUNK
        };
        let band = (1..=rows).take_while(|&rows| fits(rows, 1)).last();
        let band = band.unwrap_or(1);
        let slabs = outer.batch.div_ceil(SLAB);
        // If a whole slab fits, take several.
        let together = if band == rows {
            (1..=slabs).take_while(|&slabs| fits(rows, slabs)).last()
        } else {
            None
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

    /// The most values of the map and of the image that a chunk transposes, for `blocks` blocks.
    pub(super) fn numbers(&self, outer: &OuterProducts, blocks: usize) -> (usize, usize) {
        numbers(outer, blocks, (self.band, self.slots, self.together))
    }
}

/// How many image rows these map rows read.
fn read(outer: &OuterProducts, rows: Range<usize>) -> usize {
    outer.rows.span(rows).len()
}

fn numbers(
    outer: &OuterProducts,
    blocks: usize,
    (rows, read, slabs): (usize, usize, usize),
) -> (usize, usize) {
    let samples = slabs * outer.samples();
    let map = outer.geometry.out * rows * outer.columns.map;
    let image = blocks * outer.machine.lanes * read * outer.columns.image;
    (map * samples, image * samples)
}
