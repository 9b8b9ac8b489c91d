//! Weight gradient by outer products: for each tap, a sum of outer products over all positions and samples.
//!
//! A tile of output channels × input channels needs all channels of one position and sample next to each other, but
//! they are far apart in a slab. A task therefore first transposes the rows of both operands that it works on. With
//! many channels the transposed rows are also transformed by Winograd's algorithm, and the sums are those of its points
//! (see [`crate::engine::nn::host::winograd`]).

mod chunks;
mod columns;
mod transposed;

use std::ops::Range;

use rayon::prelude::*;

use super::Operands;
use crate::engine::nn::{
    Geometry,
    host::{
        axis::{Axis, AxisGeometry},
        slab::SLAB,
        tile::{Machine, Segment, Steps},
        winograd::Tiles,
    },
};
use chunks::{Chunk, Chunks};
use columns::Columns;
use transposed::TransposedRows;

/// Parallel tasks into which a small problem is cut, if possible.
const TASKS: usize = 8;
/// Length of a gradient above which tasks also take parts of the gradient, not only parts of the batch.
const LARGE: usize = 1 << 18;
/// Parts of such a gradient. They are few, because each task transposes the whole map.
const GROUPS: usize = 4;
/// Multiplications below which a product runs on one thread.
const SMALL: usize = 1 << 18;

/// See [`super::weight_gradient`].
pub(crate) fn weight_gradient(operands: Operands, gradient: &mut [f32]) {
    let Operands {
        geometry,
        batch,
        image,
        map,
    } = operands;
    let machine = Machine::detect();
    let outer = OuterProducts {
        geometry,
        batch,
        machine,
        height: machine.rows_for(geometry.out),
        rows: AxisGeometry::rows(geometry).correlation(),
        columns: Columns::new(geometry),
    };
    let blocks = geometry.channels.div_ceil(machine.lanes);
    let groups = match gradient.len() {
        0..LARGE => 1,
        _ => GROUPS.min(blocks),
    };
    let group = blocks.div_ceil(groups);
    // Every group has at least one block; the last may have fewer than the others.
    let groups = blocks.div_ceil(group);
    let all = Chunks::new(&outer, group);
    let chunks = &all.chunks;
    let stripes = TASKS.div_ceil(groups).min(chunks.len()).max(1);
    let stripe = chunks.len().div_ceil(stripes).max(1);
    let task = |index: usize| {
        let (part, index) = (index % groups, index / groups);
        let blocks = part * group..((part + 1) * group).min(blocks);
        let chunks =
            &chunks[(index * stripe).min(chunks.len())..((index + 1) * stripe).min(chunks.len())];
        let mut transposed = TransposedRows::new(&outer, blocks.clone(), &all);
        outer.sum(chunks, &blocks, &mut transposed, (image, map))
    };
    let tasks = groups * stripes;
    let parts: Vec<Vec<f32>> = if gradient.len() * geometry.map() * batch < SMALL {
        (0..tasks).map(task).collect()
    } else {
        (0..tasks).into_par_iter().map(task).collect()
    };
    gradient.fill(0.0);
    for (index, part) in parts.iter().enumerate() {
        outer.add(part, index % groups * group, gradient);
    }
}

/// What all tasks of a gradient share.
struct OuterProducts<'a> {
    geometry: &'a Geometry,
    batch: usize,
    machine: Machine,
    /// Output channels of each tile except the last.
    height: usize,
    rows: Axis,
    columns: Columns,
}

impl OuterProducts<'_> {
    /// Samples of each slab. Samples that the last slab lacks count as zeros.
    fn samples(&self) -> usize {
        SLAB.min(self.batch)
    }

    /// Sums over `chunks` for blocks of input channels, as (tap, output channel, input channel).
    fn sum(
        &self,
        chunks: &[Chunk],
        blocks: &Range<usize>,
        transposed: &mut TransposedRows,
        (image, map): (&[f32], &[f32]),
    ) -> Vec<f32> {
        let g = self.geometry;
        let width = blocks.len() * self.machine.lanes;
        let mut total = vec![0.0; g.taps() * g.out * width];
        let mut tiles = Tiles::new(self.columns.interpolation());
        let (mut segments, mut ends) = (Vec::new(), Vec::new());
        for chunk in chunks {
            transposed.transpose(chunk, image, map);
            for down in 0..g.kernel {
                for group in &self.columns.groups {
                    transposed.find_segments(down, group, (&mut segments, &mut ends));
                    for first in (0..g.out).step_by(self.height) {
                        for block in 0..blocks.len() {
                            self.tile(transposed, (first, block), (&segments, &ends), &mut tiles);
                            let height = self.height.min(g.out - first);
                            let made = tiles.transform(height * self.machine.lanes);
                            for (tap, made) in group.taps.iter().zip(made) {
                                let Some(tap) = tap else { continue };
                                let corner = ((down * g.kernel + tap) * g.out + first) * width;
                                let corner = corner + block * self.machine.lanes;
                                self.add_tile(made, height, &mut total[corner..], width);
                            }
                        }
                    }
                }
            }
        }
        total
    }

    /// Computes the sums of a tile: output channels from `first` on × a block of input channels.
    fn tile(
        &self,
        transposed: &TransposedRows,
        (first, block): (usize, usize),
        (segments, ends): (&[Segment], &[usize]),
        tiles: &mut Tiles,
    ) {
        let height = self.height.min(self.geometry.out - first);
        let steps = Steps {
            weights: transposed.outputs(first),
            weight_step: height,
            numbers: transposed.inputs(block),
            number_step: self.machine.lanes,
        };
        let mut start = 0;
        for (sums, &end) in tiles.sums.iter_mut().zip(ends) {
            self.machine.sum(height, steps, &segments[start..end], sums);
            start = end;
        }
    }

    /// Adds a tile to `total`, whose rows are `width` values apart.
    fn add_tile(&self, tile: &[f32], height: usize, total: &mut [f32], width: usize) {
        let lanes = self.machine.lanes;
        for (total, row) in total
            .chunks_mut(width)
            .zip(tile.chunks_exact(lanes))
            .take(height)
        {
            let total = &mut total[..lanes];
            total.iter_mut().zip(row).for_each(|(total, x)| *total += x);
        }
    }

    /// Adds the sums of the blocks from `first` on to the gradient.
    fn add(&self, sums: &[f32], first: usize, gradient: &mut [f32]) {
        let g = self.geometry;
        let (lanes, taps) = (self.machine.lanes, g.taps());
        let width = sums.len() / (taps * g.out).max(1);
        let start = first * lanes;
        let channels = start..(start + width).min(g.channels);
        for out in 0..g.out {
            let line = &mut gradient[out * g.fan_in()..][..g.fan_in()];
            for tap in 0..taps {
                let sums = &sums[(tap * g.out + out) * width..];
                for (channel, sum) in channels.clone().zip(sums) {
                    line[channel * taps + tap] += sum;
                }
            }
        }
    }
}
