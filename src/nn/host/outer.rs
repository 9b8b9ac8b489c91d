//! The gradient of a weight: for each tap, a sum of outer products over all places and samples.
//!
//! A tile of output channels × input channels wants the numbers of all channels of one place and sample side by side,
//! which lie far apart; a task therefore turns the rows of both operands that it works on over first. Where there are
//! many channels, rows are transformed then, and the sums are those of a filter's points (see [`super::winograd`]).

mod chunks;
mod columns;
mod turned;

use std::ops::Range;

use rayon::prelude::*;

use super::{
    axis::{Axis, Side},
    slab::SLAB,
    tile::{Machine, Run, Steps},
    winograd::Tiles,
};
use crate::nn::Geometry;
use chunks::{Chunk, Chunks};
use columns::Columns;
use turned::Turned;

/// Parallel tasks that a small problem is cut into where it can be.
const TASKS: usize = 8;
/// Numbers of a gradient beyond which tasks take parts of it, not parts of the batch alone.
const LARGE: usize = 1 << 18;
/// Parts of such a gradient: each task turns the whole map over.
const GROUPS: usize = 4;
/// Multiplications under which a product is not worth another thread.
const SMALL: usize = 1 << 18;

/// gradient (out, channels·taps) = Σ map·im2col(image)ᵀ: slabs of image (channels·image, samples) and map (out·map,
/// samples).
pub fn weight_gradient(
    geometry: &Geometry,
    batch: usize,
    image: &[f32],
    map: &[f32],
    gradient: &mut [f32],
) {
    assert_eq!(image.len(), geometry.channels * geometry.image() * batch);
    assert_eq!(map.len(), geometry.out * geometry.map() * batch);
    assert_eq!(gradient.len(), geometry.out * geometry.fan_in());
    let machine = Machine::here();
    let outer = Outer {
        geometry,
        batch,
        machine,
        height: machine.rows_for(geometry.out),
        rows: Side::rows(geometry).correlation(),
        columns: Columns::new(geometry),
    };
    let blocks = geometry.channels.div_ceil(machine.lanes);
    let groups = match gradient.len() {
        0..LARGE => 1,
        _ => GROUPS.min(blocks),
    };
    let group = blocks.div_ceil(groups);
    // As many as have a block: those of the last part may be fewer, never none.
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
        let mut turned = Turned::new(&outer, blocks.clone(), &all);
        outer.sum(chunks, &blocks, &mut turned, (image, map))
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

/// What all tasks of a gradient know.
struct Outer<'a> {
    geometry: &'a Geometry,
    batch: usize,
    machine: Machine,
    /// Output channels of a tile but the last.
    height: usize,
    rows: Axis,
    columns: Columns,
}

impl Outer<'_> {
    /// Samples of each slab; those that the last one lacks count as zeros.
    fn samples(&self) -> usize {
        SLAB.min(self.batch)
    }

    /// The sums over some chunks for blocks of input channels, as (tap, output channel, input channel).
    fn sum(
        &self,
        chunks: &[Chunk],
        blocks: &Range<usize>,
        turned: &mut Turned,
        (image, map): (&[f32], &[f32]),
    ) -> Vec<f32> {
        let g = self.geometry;
        let width = blocks.len() * self.machine.lanes;
        let mut total = vec![0.0; g.taps() * g.out * width];
        let mut tiles = Tiles::new(self.columns.interpolation());
        let (mut runs, mut ends) = (Vec::new(), Vec::new());
        for chunk in chunks {
            turned.turn(chunk, image, map);
            for down in 0..g.kernel {
                for group in &self.columns.groups {
                    turned.find_runs(down, group, (&mut runs, &mut ends));
                    for first in (0..g.out).step_by(self.height) {
                        for block in 0..blocks.len() {
                            self.tile(turned, (first, block), (&runs, &ends), &mut tiles);
                            let height = self.height.min(g.out - first);
                            let made = tiles.made(height * self.machine.lanes);
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

    /// The sums of a tile of output channels from `first` on by a block of input channels.
    fn tile(
        &self,
        turned: &Turned,
        (first, block): (usize, usize),
        (runs, ends): (&[Run], &[usize]),
        tiles: &mut Tiles,
    ) {
        let height = self.height.min(self.geometry.out - first);
        let steps = Steps {
            weights: turned.outputs(first),
            weight_step: height,
            numbers: turned.inputs(block),
            number_step: self.machine.lanes,
        };
        let mut start = 0;
        for (sums, &end) in tiles.sums.iter_mut().zip(ends) {
            self.machine.sum(height, steps, &runs[start..end], sums);
            start = end;
        }
    }

    /// Adds a tile to a total whose rows are `width` numbers apart.
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

    /// Adds the sums of blocks from `first` to the gradient.
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
