//! The gradient of a weight: for each tap, a sum of outer products over all places and samples.
//!
//! A tile of output channels × input channels wants the numbers of all channels of one place and sample side by side,
//! which lie far apart; a task therefore turns the part of both operands that it works on over first.

use std::{cell::RefCell, ops::Range};

use rayon::prelude::*;

use super::{
    slab::SLAB,
    tile::{MOST_LANES, MOST_ROWS, Machine, Run, Steps},
    turn::turn,
};
use crate::nn::Geometry;

/// Numbers that a task turns over at a time: 1 MiB, half of a common second-level cache.
const CHUNK: usize = 1 << 18;
/// Parallel tasks that a small problem is cut into where it can be.
const TASKS: usize = 8;
/// Numbers of a gradient beyond which tasks take parts of it, not parts of the batch.
const LARGE: usize = 1 << 18;
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
    };
    let blocks = geometry.channels.div_ceil(machine.lanes);
    let groups = match gradient.len() {
        0..LARGE => 1,
        _ => TASKS.min(blocks),
    };
    let group = blocks.div_ceil(groups);
    let chunks = outer.chunks(group);
    let stripes = TASKS.div_ceil(groups).min(chunks.len()).max(1);
    let stripe = chunks.len().div_ceil(stripes).max(1);
    let task = |index: usize| {
        let (part, index) = (index % groups, index / groups);
        let blocks = part * group..((part + 1) * group).min(blocks);
        let chunks =
            &chunks[(index * stripe).min(chunks.len())..((index + 1) * stripe).min(chunks.len())];
        outer.sum(chunks, blocks, image, map)
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

/// Some rows of the map, in some slabs.
struct Chunk {
    rows: Range<usize>,
    slabs: Range<usize>,
}

struct Outer<'a> {
    geometry: &'a Geometry,
    batch: usize,
    machine: Machine,
    /// Rows of a tile but the last.
    height: usize,
}

thread_local! {
    static TURNED: RefCell<[Vec<f32>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

impl Outer<'_> {
    /// Rows of the image that rows of the map read.
    fn read(&self, rows: &Range<usize>) -> Range<usize> {
        let Geometry {
            stride,
            padding,
            kernel,
            height,
            ..
        } = *self.geometry;
        let start = (rows.start * stride).saturating_sub(padding);
        let end = ((rows.end.max(1) - 1) * stride + kernel).saturating_sub(padding);
        start.min(height)..end.min(height)
    }

    /// Samples of each slab; those that the last one lacks count as zeros.
    fn samples(&self) -> usize {
        SLAB.min(self.batch)
    }

    fn chunks(&self, blocks: usize) -> Vec<Chunk> {
        let g = self.geometry;
        let numbers = |rows: usize| {
            let image = self.read(&(0..rows)).len() * g.width;
            (g.out * rows * g.out_width + blocks * self.machine.lanes * image) * self.samples()
        };
        let fitting = (1..=g.out_height).take_while(|&rows| numbers(rows) <= CHUNK);
        let band = fitting.last().unwrap_or(1);
        // Where a whole slab leaves room, more of them.
        let together = match band == g.out_height {
            true => (CHUNK / numbers(band).max(1)).max(1),
            false => 1,
        };
        let slabs = self.batch.div_ceil(SLAB);
        (0..slabs)
            .step_by(together)
            .flat_map(|slab| (0..g.out_height).step_by(band).map(move |row| (slab, row)))
            .map(|(slab, row)| Chunk {
                rows: row..(row + band).min(g.out_height),
                slabs: slab..(slab + together).min(slabs),
            })
            .collect()
    }

    /// The sums over some chunks for blocks of input channels, as (tap, output channel, input channel).
    fn sum(&self, chunks: &[Chunk], blocks: Range<usize>, image: &[f32], map: &[f32]) -> Vec<f32> {
        let (g, lanes) = (self.geometry, self.machine.lanes);
        let width = blocks.len() * lanes;
        let mut total = vec![0.0; g.taps() * g.out * width];
        let mut turned = TURNED.take();
        let [outputs, inputs] = &mut turned;
        let mut runs = Vec::new();
        let mut sums = [0.0; MOST_ROWS * MOST_LANES];
        for chunk in chunks {
            self.turn_map(chunk, map, outputs);
            let rows = self.turn_image(chunk, &blocks, image, inputs);
            let (slabs, samples) = (chunk.slabs.len(), self.samples());
            let (places, read) = (chunk.rows.len() * g.out_width, rows.len() * g.width);
            for tap in 0..g.taps() {
                runs.clear();
                for slab in 0..slabs {
                    let stretches = self.stretches(tap, &chunk.rows);
                    runs.extend(stretches.map(|(at, from, count)| Run {
                        column: (slab * places + at - chunk.rows.start * g.out_width) * samples,
                        number: (slab * read + from - rows.start * g.width) * samples * lanes,
                        steps: count * samples,
                    }));
                }
                for first in (0..g.out).step_by(self.height) {
                    let height = self.height.min(g.out - first);
                    for block in 0..blocks.len() {
                        let steps = Steps {
                            weights: &outputs[first * slabs * places * samples..],
                            weight_step: height,
                            numbers: &inputs[block * slabs * read * samples * lanes..],
                            number_step: lanes,
                        };
                        self.machine.sum(height, steps, &runs, &mut sums);
                        let corner = (tap * g.out + first) * width + block * lanes;
                        for (row, sums) in (0..height).zip(sums.chunks_exact(lanes)) {
                            let total = &mut total[corner + row * width..][..lanes];
                            total
                                .iter_mut()
                                .zip(sums)
                                .for_each(|(total, sum)| *total += sum);
                        }
                    }
                }
            }
        }
        TURNED.set(turned);
        total
    }

    /// The stretches of map places in `rows` that a tap reads image places for, one after the other in both: first
    /// place of the map, first place of the image, how many.
    fn stretches(
        &self,
        tap: usize,
        rows: &Range<usize>,
    ) -> impl Iterator<Item = (usize, usize, usize)> {
        let g = *self.geometry;
        let (down, across) = (tap / g.kernel, tap % g.kernel);
        let reaches = move |out: usize, tap: usize, size: usize| {
            let at = (out * g.stride + tap).checked_sub(g.padding)?;
            (at < size).then_some(at)
        };
        let first = (0..g.out_width).find(|&x| reaches(x, across, g.width).is_some());
        let last = (0..g.out_width).rfind(|&x| reaches(x, across, g.width).is_some());
        let columns = match (first, last) {
            (Some(first), Some(last)) => first..last + 1,
            _ => 0..0,
        };
        let step = match g.stride {
            1 => columns.len().max(1),
            _ => 1,
        };
        rows.clone()
            .filter_map(move |row| Some((row, reaches(row, down, g.height)?)))
            .flat_map(move |(row, y)| {
                columns.clone().step_by(step).map(move |x| {
                    let from = y * g.width + x * g.stride + across - g.padding;
                    (row * g.out_width + x, from, step)
                })
            })
    }

    /// Where the samples of a slab begin among slabs of so many features, at one feature, and how many there are.
    fn run(&self, slab: usize, features: usize, feature: usize) -> (usize, usize) {
        let first = slab * SLAB;
        let width = SLAB.min(self.batch - first);
        (first * features + feature * width, width)
    }

    /// The map's part as (tile, slab, place, sample, output channel of the tile).
    fn turn_map(&self, chunk: &Chunk, map: &[f32], turned: &mut Vec<f32>) {
        let (g, samples) = (self.geometry, self.samples());
        let places = chunk.rows.start * g.out_width..chunk.rows.end * g.out_width;
        let size = chunk.slabs.len() * places.len() * samples;
        turned.resize((g.out * size).max(turned.len()), 0.0);
        for first in (0..g.out).step_by(self.height) {
            let height = self.height.min(g.out - first);
            let mut parts =
                turned[first * size..][..height * size].chunks_exact_mut(samples * height);
            for slab in chunk.slabs.clone() {
                for (place, part) in places.clone().zip(&mut parts) {
                    let row = |row: usize| {
                        let feature = (first + row) * g.map() + place;
                        let (from, width) = self.run(slab, g.out * g.map(), feature);
                        &map[from..][..width]
                    };
                    turn(height, row, part, height, samples);
                }
            }
        }
    }

    /// The image's part as (block, slab, place, sample, input channel of the block), whatever for missing channels;
    /// gives the rows that it holds.
    fn turn_image(
        &self,
        chunk: &Chunk,
        blocks: &Range<usize>,
        image: &[f32],
        turned: &mut Vec<f32>,
    ) -> Range<usize> {
        let (g, lanes) = (self.geometry, self.machine.lanes);
        let rows = self.read(&chunk.rows);
        let places = rows.start * g.width..rows.end * g.width;
        let size = blocks.len() * chunk.slabs.len() * places.len() * self.samples() * lanes;
        turned.resize(size.max(turned.len()), 0.0);
        let mut parts = turned[..size].chunks_exact_mut(self.samples() * lanes);
        for block in blocks.clone() {
            for slab in chunk.slabs.clone() {
                for (place, part) in places.clone().zip(&mut parts) {
                    let channels = lanes.min(g.channels - block * lanes);
                    let row = |lane: usize| {
                        let feature = (block * lanes + lane) * g.image() + place;
                        let (from, width) = self.run(slab, g.channels * g.image(), feature);
                        &image[from..][..width]
                    };
                    turn(channels, row, part, lanes, self.samples());
                }
            }
        }
        rows
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
