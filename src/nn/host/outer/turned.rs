//! Rows of both operands, channels of one place and sample side by side.

use std::ops::Range;

use super::{
    Outer,
    chunks::{Chunk, Chunks},
    columns::Group,
};
use crate::nn::host::{
    ring::Ring,
    scratch::{self, Scratch},
    slab::SLAB,
    tile::Run,
    turn::turn,
    winograd::{Lines, OutputLine},
};

/// Places that are turned over together, so that what is read is some lines of the cache long and what is written
/// stays in the first-level cache.
const TOGETHER: usize = 4;

/// The rows that a chunk reads, for some blocks of input channels.
pub struct Turned<'a> {
    outer: &'a Outer<'a>,
    blocks: Range<usize>,
    /// The map's as (tile of output channels, slab, row, place, sample, output channel of the tile); the image's as (block,
    /// slab, slot, place, sample, input channel of the block), whatever for missing channels.
    numbers: Scratch,
    /// Where the image's begin.
    image: usize,
    /// The rows of the image, of each slab.
    ring: Ring,
    chunk: Chunk,
}

impl<'a> Turned<'a> {
    pub fn new(outer: &'a Outer<'a>, blocks: Range<usize>, chunks: &Chunks) -> Self {
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

    /// Brings the rows of a chunk here.
    pub fn turn(&mut self, chunk: &Chunk, image: &[f32], map: &[f32]) {
        if self.chunk.slabs != chunk.slabs {
            self.ring.clear();
        }
        self.chunk = chunk.clone();
        self.turn_map(map);
        let rows = self.ring.bring(self.outer.rows.span(chunk.rows.clone()));
        self.turn_image(image, rows);
    }

    /// The columns of output channels from `first` on, which begins a tile.
    pub fn outputs(&self, first: usize) -> &[f32] {
        &self.numbers[first * self.map_numbers()..self.image]
    }

    /// The rows of a block of input channels.
    pub fn inputs(&self, block: usize) -> &[f32] {
        &self.numbers[self.image + block * self.image_numbers()..]
    }

    /// What each sum of a group goes over in one row of the kernel: runs, and where those of each sum end.
    pub fn find_runs(
        &self,
        down: usize,
        group: &Group,
        (runs, ends): (&mut Vec<Run>, &mut Vec<usize>),
    ) {
        let (outer, Chunk { rows, slabs }) = (self.outer, &self.chunk);
        let (samples, lanes) = (outer.samples(), outer.machine.lanes);
        runs.clear();
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
                    runs.extend(stretches.iter().map(|stretch| Run {
                        column: (map + stretch.map) * samples,
                        number: (image + stretch.image) * samples * lanes,
                        steps: stretch.count * samples,
                    }));
                }
            }
            ends.push(runs.len());
        }
    }

    fn slot(&self, slab: usize, row: usize) -> usize {
        slab * self.ring.slots() + self.ring.slot(row)
    }

    /// Numbers of one output channel.
    fn map_numbers(&self) -> usize {
        let rows = self.chunk.slabs.len() * self.chunk.rows.len();
        rows * self.outer.columns.map * self.outer.samples()
    }

    /// Numbers of a block.
    fn image_numbers(&self) -> usize {
        let run = self.outer.samples() * self.outer.machine.lanes;
        self.chunk.slabs.len() * self.ring.slots() * self.outer.columns.image * run
    }

    fn turn_map(&mut self, map: &[f32]) {
        let (outer, g) = (self.outer, self.outer.geometry);
        let Chunk { rows, slabs } = self.chunk.clone();
        let (samples, places) = (outer.samples(), outer.columns.map);
        let own = self.map_numbers();
        let operand = Slabs::new(outer.batch, g.out, (g.out_height, g.out_width));
        let turned = &mut self.numbers[..g.out * own];
        for first in (0..g.out).step_by(outer.height) {
            let height = outer.height.min(g.out - first);
            let run = samples * height;
            let mut line = outer
                .columns
                .filtering
                .as_ref()
                .map(|filtering| OutputLine::new(filtering, g.out_width, run));
            let mut lines = turned[first * own..].chunks_exact_mut(places * run);
            for slab in slabs.clone() {
                for (row, to) in rows.clone().zip(&mut lines) {
                    let fill = |to: &mut [f32]| {
                        let row = operand.row(slab, first, row);
                        row.turn(map, height, to, height);
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

    /// The rows of the image that are given.
    fn turn_image(&mut self, image: &[f32], rows: impl Iterator<Item = usize> + Clone) {
        let (outer, g) = (self.outer, self.outer.geometry);
        let (samples, lanes) = (outer.samples(), outer.machine.lanes);
        let (own, run) = (self.image_numbers(), samples * lanes);
        let operand = Slabs::new(outer.batch, g.channels, (g.height, g.width));
        let filtering = outer.columns.filtering.as_ref();
        let mut line = filtering.map(|filtering| Lines::new(filtering, 1, run));
        for (index, block) in self.blocks.clone().enumerate() {
            let channels = lanes.min(g.channels - block * lanes);
            for (slab_index, slab) in self.chunk.slabs.clone().enumerate() {
                for row in rows.clone() {
                    let slot = self.slot(slab_index, row) * outer.columns.image * run;
                    let first = self.image + index * own + slot;
                    let to = &mut self.numbers[first..][..outer.columns.image * run];
                    let fill = |to: &mut [f32]| {
                        let row = operand.row(slab, block * lanes, row);
                        row.turn(image, channels, to, lanes);
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

/// An operand in slabs.
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

    /// Row y of the channels from `channel` on, in a slab.
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

/// A row of some channels in a slab: that of channel c begins at number `start + c · plane`.
struct SlabRow {
    start: usize,
    plane: usize,
    width: usize,
    samples: usize,
    /// Samples that a slab has; those that are missing here count as zeros.
    of: usize,
}

impl SlabRow {
    /// Turns `count` channels over: (place, sample, channel), samples `step` numbers apart.
    fn turn(&self, numbers: &[f32], count: usize, to: &mut [f32], step: usize) {
        // Samples of neighbouring places follow each other where none is missing: longer runs to read.
        let together = if self.samples == self.of { TOGETHER } else { 1 };
        let places = (0..self.width).step_by(together);
        for (first, to) in places.zip(to.chunks_mut(together * self.of * step)) {
            let count_of_places = together.min(self.width - first);
            let channel = |channel: usize| {
                let start = self.start + channel * self.plane + first * self.samples;
                &numbers[start..start + count_of_places * self.samples]
            };
            turn(count, channel, to, step, count_of_places * self.of);
        }
    }
}
