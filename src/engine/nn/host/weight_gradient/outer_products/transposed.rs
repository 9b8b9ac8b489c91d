//! Transposed rows of both operands: the channels of each position and sample are contiguous.

use std::ops::Range;

use super::{
    OuterProducts,
    chunks::{Chunk, Chunks},
    columns::Group,
};
use crate::engine::nn::host::{
    ring::Ring,
    scratch::{self, Scratch},
    slab::SLAB,
    tile::Segment,
    transpose::transpose,
    winograd::{InputLines, OutputLine},
};

/// Positions that are transposed together: reads are then some cache lines long, and writes stay in the L1 cache.
const TOGETHER: usize = 4;

/// The transposed rows of a chunk, for some blocks of input channels.
pub(super) struct TransposedRows<'a> {
    outer: &'a OuterProducts<'a>,
    blocks: Range<usize>,
    /// The map as (tile of output channels, slab, row, position, sample, output channel of the tile), then the image as
    /// (block, slab, slot, position, sample, input channel of the block). Missing channels are unspecified.
    numbers: Scratch,
    /// Offset of the image.
    image: usize,
    /// The image rows present, in each slab.
    ring: Ring,
    chunk: Chunk,
}

impl<'a> TransposedRows<'a> {
    pub(super) fn new(outer: &'a OuterProducts<'a>, blocks: Range<usize>, chunks: &Chunks) -> Self {
        let (map, image) = chunks.numbers(outer, blocks.len());
        Self {
            outer,
            blocks,
            numbers: scratch::take(map + image),
            image: map,
            ring: Ring::new(chunks.slots),
            chunk: Chunk {
                rows: 0..0,
                slabs: 0..0,
            },
        }
    }

    /// Transposes the rows of a chunk.
    pub(super) fn transpose(&mut self, chunk: &Chunk, image: &[f32], map: &[f32]) {
        if self.chunk.slabs != chunk.slabs {
            self.ring.clear();
        }
        self.chunk = chunk.clone();
        self.transpose_map(map);
        let rows = self.ring.advance(self.outer.rows.span(chunk.rows.clone()));
        self.transpose_image(image, rows);
    }

    /// The map of the output channels from `first` on, which begins a tile.
    pub(super) fn outputs(&self, first: usize) -> &[f32] {
        &self.numbers[first * self.map_numbers()..self.image]
    }

    /// The image of a block of input channels.
    pub(super) fn inputs(&self, block: usize) -> &[f32] {
        &self.numbers[self.image + block * self.image_numbers()..]
    }

    /// Finds the segments of each sum of a group in one row of the kernel, and where those of each sum end.
    pub(super) fn find_segments(
        &self,
        down: usize,
        group: &Group,
        (segments, ends): (&mut Vec<Segment>, &mut Vec<usize>),
    ) {
        let (outer, Chunk { rows, slabs }) = (self.outer, &self.chunk);
        let (samples, lanes) = (outer.samples(), outer.machine.lanes);
        segments.clear();
        ends.clear();
        for stretches in &group.sums {
            for slab in 0..slabs.len() {
                for row in rows.clone() {
                    let reads = outer.rows.reads(row);
                    let Some(&(_, y)) = reads.iter().find(|read| read.0 == down) else {
                        continue;
                    };
                    let map = (slab * rows.len() + row - rows.start) * outer.columns.map;
                    let image = self.slot(slab, y) * outer.columns.image;
                    segments.extend(stretches.iter().map(|stretch| Segment {
                        column: (map + stretch.map) * samples,
                        number: (image + stretch.image) * samples * lanes,
                        steps: stretch.count * samples,
                    }));
                }
            }
            ends.push(segments.len());
        }
    }

    fn slot(&self, slab: usize, row: usize) -> usize {
        slab * self.ring.slots() + self.ring.slot(row)
    }

    /// Values of one output channel.
    fn map_numbers(&self) -> usize {
        let rows = self.chunk.slabs.len() * self.chunk.rows.len();
        rows * self.outer.columns.map * self.outer.samples()
    }

    /// Values of a block.
    fn image_numbers(&self) -> usize {
        let run = self.outer.samples() * self.outer.machine.lanes;
        self.chunk.slabs.len() * self.ring.slots() * self.outer.columns.image * run
    }

    fn transpose_map(&mut self, map: &[f32]) {
        let (outer, g) = (self.outer, self.outer.geometry);
        let Chunk { rows, slabs } = self.chunk.clone();
        let (samples, places) = (outer.samples(), outer.columns.map);
        let own = self.map_numbers();
        let operand = Slabs::new(outer.batch, g.out, (g.out_height, g.out_width));
        let transposed = &mut self.numbers[..g.out * own];
        for first in (0..g.out).step_by(outer.height) {
            let height = outer.height.min(g.out - first);
            let run = samples * height;
            let mut line = outer
                .columns
                .plan
                .as_ref()
                .map(|plan| OutputLine::new(plan, g.out_width, run));
            let mut lines = transposed[first * own..].chunks_exact_mut(places * run);
            for slab in slabs.clone() {
                for (row, to) in rows.clone().zip(&mut lines) {
                    let fill = |to: &mut [f32]| {
                        let row = operand.row(slab, first, row);
                        row.transpose(map, height, to, height);
                    };
                    match &mut line {
                        None => fill(to),
                        Some(line) => {
                            fill(line.outputs());
                            line.transform(to);
                        }
                    }
                }
            }
        }
    }

    /// Transposes the given image rows.
    fn transpose_image(&mut self, image: &[f32], rows: impl Iterator<Item = usize> + Clone) {
        let (outer, g) = (self.outer, self.outer.geometry);
        let (samples, lanes) = (outer.samples(), outer.machine.lanes);
        let (own, run) = (self.image_numbers(), samples * lanes);
        let operand = Slabs::new(outer.batch, g.channels, (g.height, g.width));
        let plan = outer.columns.plan.as_ref();
        let mut line = plan.map(|plan| InputLines::new(plan, 1, run));
        for (index, block) in self.blocks.clone().enumerate() {
            let channels = lanes.min(g.channels - block * lanes);
            for (slab_index, slab) in self.chunk.slabs.clone().enumerate() {
                for row in rows.clone() {
                    let slot = self.slot(slab_index, row) * outer.columns.image * run;
                    let first = self.image + index * own + slot;
                    let to = &mut self.numbers[first..][..outer.columns.image * run];
                    let fill = |to: &mut [f32]| {
                        let row = operand.row(slab, block * lanes, row);
                        row.transpose(image, channels, to, lanes);
                    };
                    match &mut line {
                        None => fill(to),
                        Some(line) => {
                            fill(line.inputs(0));
                            line.transform_streams(to);
                        }
                    }
                }
            }
        }
    }
}

/// The shape of an operand in slabs.
struct Slabs {
    batch: usize,
    channels: usize,
    height: usize,
    width: usize,
}

impl Slabs {
    fn new(batch: usize, channels: usize, (height, width): (usize, usize)) -> Self {
        Self {
            batch,
            channels,
            height,
            width,
        }
    }

    /// Row y of the channels from `channel` on, in one slab.
    fn row(&self, slab: usize, channel: usize, y: usize) -> SlabRow {
        let first = slab * SLAB;
        let samples = SLAB.min(self.batch - first);
        let plane = self.height * self.width;
        SlabRow {
            start: first * self.channels * plane + (channel * plane + y * self.width) * samples,
            plane: plane * samples,
            width: self.width,
            samples,
            of: SLAB.min(self.batch),
        }
    }
}

/// A row of some channels in one slab; the row of channel c begins at `start + c · plane`.
struct SlabRow {
    start: usize,
    plane: usize,
    width: usize,
    samples: usize,
    /// Samples of a full slab. Samples that this slab lacks count as zeros.
    of: usize,
}

impl SlabRow {
    /// Transposes `count` channels to (position, sample, channel), with samples `step` values apart.
    fn transpose(&self, numbers: &[f32], count: usize, to: &mut [f32], step: usize) {
        // In a full slab the samples of neighbouring positions are contiguous: read them together.
        let together = if self.samples == self.of { TOGETHER } else { 1 };
        let places = (0..self.width).step_by(together);
        for (first, to) in places.zip(to.chunks_mut(together * self.of * step)) {
            let count_of_places = together.min(self.width - first);
            let channel = |channel: usize| {
                let start = self.start + channel * self.plane + first * self.samples;
                &numbers[start..start + count_of_places * self.samples]
            };
            transpose(count, channel, to, step, count_of_places * self.of);
        }
    }
}
