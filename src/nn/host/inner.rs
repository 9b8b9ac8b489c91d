//! The gradient of a weight as inner products: each entry sums image times map over places and samples.
//!
//! Vectors run over the samples of a slab, as both operands lie, so nothing is turned over: a tile of some output
//! channels × some taps of one input channel multiplies runs with runs, and lanes are added up once at the end. It pays
//! where an image has few channels, so that there is little to do for each number that [`super::outer`] would turn over.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    buffers::{self, Buffer},
    output::Output,
    slab::slabs,
    tile::copy_run,
};
use crate::{nn::Geometry, simd::dispatch};

/// Output channels and taps of a tile where there are [`MANY_REGISTERS`]; beside its sums stand its operands.
const OUTS: usize = 5;
const TAPS: usize = 4;
const MANY_REGISTERS: usize = 32;
/// Output channels of a tile elsewhere.
const FEW_OUTS: usize = 2;
/// Numbers that vectors have at most; runs of samples are filled up to a multiple of it.
const WIDEST: usize = 16;
/// Numbers of the sums of a task: 256 KiB.
const SUMS: usize = 1 << 16;
/// Numbers of the image that a tile goes over before the next tile does: 16 KiB, a part of the first-level cache.
const BAND: usize = 1 << 12;
/// Most input channels and fewest taps that pay.
const FEW_CHANNELS: usize = 8;
const FEW_TAPS: usize = 4;
/// Parallel tasks that a small problem is cut into where it can be.
const TASKS: usize = 4;
/// Multiplications under which a product is not worth another thread.
const SMALL: usize = 1 << 18;

/// Whether the gradient is had faster here.
pub fn suits(geometry: &Geometry) -> bool {
    geometry.channels <= FEW_CHANNELS && geometry.taps() >= FEW_TAPS
}

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
    let own = geometry.out * geometry.taps() * WIDEST;
    let channels = (SUMS / own).clamp(1, geometry.channels.div_ceil(TASKS));
    let groups = geometry.channels.div_ceil(channels);
    let shares = TASKS.div_ceil(groups);
    let outs = geometry.out.div_ceil(shares).next_multiple_of(OUTS);
    let output = Output::new(gradient);
    let tasks: Vec<Task> = (0..geometry.channels)
        .step_by(channels)
        .flat_map(|channel| {
            (0..geometry.out)
                .step_by(outs)
                .map(move |out| (channel, out))
        })
        .map(|(channel, out)| Task {
            geometry,
            batch,
            image,
            map,
            channels: channel..(channel + channels).min(geometry.channels),
            outs: out..(out + outs).min(geometry.out),
            gradient: output,
        })
        .collect();
    match geometry.out * geometry.fan_in() * geometry.map() * batch {
        0..SMALL => tasks.into_iter().for_each(dispatch),
        _ => tasks.into_par_iter().for_each(dispatch),
    }
}

/// The entries of some output channels and some input channels.
struct Task<'a> {
    geometry: &'a Geometry,
    batch: usize,
    image: &'a [f32],
    map: &'a [f32],
    channels: Range<usize>,
    outs: Range<usize>,
    gradient: Output,
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (g, lanes) = (self.geometry, S::F32_LANES);
        let taps = g.taps();
        let mut sums = buffers::take(self.channels.len() * self.outs.len() * taps * lanes);
        sums.fill(0.0);
        for samples in slabs(self.batch) {
            let map = self.widened_map(&samples);
            let mut padded = Padded::new(g, samples.len());
            let own = self.outs.len() * taps * lanes;
            for (channel, sums) in self.channels.clone().zip(sums.chunks_exact_mut(own)) {
                padded.fill(self.image, g, &samples, channel);
                let (sums, _) = S::as_mut_simd_f32s(sums);
                Channel::<S> {
                    simd,
                    geometry: g,
                    padded: S::as_simd_f32s(&padded.numbers).0,
                    map: S::as_simd_f32s(&map).0,
                    run: padded.run / lanes,
                    width: padded.width,
                    sums,
                }
                .add();
            }
        }
        let (sums, _) = S::as_simd_f32s(&sums);
        let mut sums = sums.iter();
        for channel in self.channels {
            for out in self.outs.clone() {
                let offset = out * g.fan_in() + channel * taps;
                // SAFETY: tasks write disjoint entries of the gradient, which is borrowed exclusively until all of them
                // are done.
                let entries = unsafe { self.gradient.slice(offset, taps) };
                for (entry, &sum) in entries.iter_mut().zip(&mut sums) {
                    *entry = simd.reduce_sum_f32s(sum);
                }
            }
        }
    }
}

impl Task<'_> {
    /// The map of the task's output channels in a slab, runs of samples filled up with zeros.
    #[inline(always)]
    fn widened_map(&self, samples: &Range<usize>) -> std::borrow::Cow<'_, [f32]> {
        let (g, width) = (self.geometry, samples.len());
        let slab = samples.start * g.out * g.map();
        let part = slab + self.outs.start * g.map() * width..slab + self.outs.end * g.map() * width;
        let map = &self.map[part];
        if width.is_multiple_of(WIDEST) {
            return map.into();
        }
        let run = width.next_multiple_of(WIDEST);
        let mut wide = vec![0.0; map.len() / width * run];
        for (to, from) in wide.chunks_exact_mut(run).zip(map.chunks_exact(width)) {
            to[..width].copy_from_slice(from);
        }
        wide.into()
    }
}

/// One channel of a slab of the image with its padding, runs of samples filled up with zeros.
struct Padded {
    numbers: Buffer,
    /// Numbers of a place.
    run: usize,
    /// Places of a row.
    width: usize,
}

impl Padded {
    #[inline(always)]
    fn new(g: &Geometry, samples: usize) -> Self {
        let run = samples.next_multiple_of(WIDEST);
        let reach =
            |size: usize, out: usize| (size + 2 * g.padding).max((out - 1) * g.stride + g.kernel);
        let width = reach(g.width, g.out_width);
        let mut numbers = buffers::take(reach(g.height, g.out_height) * width * run);
        numbers.fill(0.0);
        Self {
            numbers,
            run,
            width,
        }
    }

    #[inline(always)]
    fn fill(&mut self, image: &[f32], g: &Geometry, samples: &Range<usize>, channel: usize) {
        let own = samples.len();
        let plane = &image[samples.start * g.channels * g.image() + channel * g.image() * own..];
        let rows = self.numbers.chunks_exact_mut(self.width * self.run);
        let lines = plane.chunks_exact(g.width * own).take(g.height);
        for (row, line) in rows.skip(g.padding).zip(lines) {
            let row = &mut row[g.padding * self.run..];
            if own == self.run {
                row[..line.len()].copy_from_slice(line);
                continue;
            }
            for (to, from) in row.chunks_exact_mut(self.run).zip(line.chunks_exact(own)) {
                copy_run(&mut to[..own], from);
            }
        }
    }
}

/// The sums of one input channel over one slab.
struct Channel<'a, S: Simd> {
    simd: S,
    geometry: &'a Geometry,
    /// Rows of places of vectors.
    padded: &'a [S::f32s],
    /// (out, place, vector)
    map: &'a [S::f32s],
    /// Vectors of a place.
    run: usize,
    /// Places of a padded row.
    width: usize,
    /// (out, tap), each the lanes of a vector.
    sums: &'a mut [S::f32s],
}

impl<S: Simd> Channel<'_, S> {
    #[inline(always)]
    fn add(&mut self) {
        let g = self.geometry;
        let outs = self.sums.len() / g.taps();
        let most = if S::REGISTER_COUNT >= MANY_REGISTERS {
            OUTS
        } else {
            FEW_OUTS
        };
        let row = g.stride * self.width * self.run * S::F32_LANES;
        let band = (BAND / row).max(1);
        for first in (0..g.out_height).step_by(band) {
            let rows = first..(first + band).min(g.out_height);
            for down in 0..g.kernel {
                for across in (0..g.kernel).step_by(TAPS) {
                    let tap = down * g.kernel + across;
                    let count = TAPS.min(g.kernel - across);
                    for out in (0..outs).step_by(most) {
                        self.tiles((out, tap), (most.min(outs - out), count), &rows);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn tiles(&mut self, at: (usize, usize), size: (usize, usize), rows: &Range<usize>) {
        macro_rules! of_size {
            ($($outs:literal: $($taps:literal)*;)*) => {
                match size {
                    $($(($outs, $taps) => self.tile::<$outs, $taps>(at, rows),)*)*
                    _ => unreachable!("a tile of {size:?}"),
                }
            };
        }
        of_size! {
            1: 1 2 3 4;
            2: 1 2 3 4;
            3: 1 2 3 4;
            4: 1 2 3 4;
            5: 1 2 3 4;
        }
    }

    /// Adds the places of some rows of the map to the sums of some outputs and taps.
    #[inline(always)]
    fn tile<const OUTS: usize, const TAPS: usize>(
        &mut self,
        (out, tap): (usize, usize),
        rows: &Range<usize>,
    ) {
        let g = self.geometry;
        let (taps, run) = (g.taps(), self.run);
        let mut sums: [[S::f32s; TAPS]; OUTS] =
            std::array::from_fn(|o| std::array::from_fn(|t| self.sums[(out + o) * taps + tap + t]));
        let places: [usize; TAPS] = std::array::from_fn(|t| {
            ((tap + t) / g.kernel * self.width + (tap + t) % g.kernel) * run
        });
        let maps: [usize; OUTS] = std::array::from_fn(|o| (out + o) * g.map() * run);
        for row in rows.clone() {
            let from = row * g.stride * self.width * run;
            let map = row * g.out_width * run;
            // The furthest vectors that the loop reads.
            let last = (g.out_width - 1) * g.stride * run + run - 1;
            assert!(from + places[TAPS - 1] + last < self.padded.len());
            assert!(maps[OUTS - 1] + map + g.out_width * run <= self.map.len());
            for place in 0..g.out_width {
                for vector in 0..run {
                    let at = map + place * run + vector;
                    // SAFETY: below the bound that was asserted for the last output.
                    let map: [S::f32s; OUTS] =
                        std::array::from_fn(|o| unsafe { *self.map.get_unchecked(maps[o] + at) });
                    let at = from + place * g.stride * run + vector;
                    for t in 0..TAPS {
                        // SAFETY: below the bound that was asserted for the last tap, whose place is the furthest.
                        let number = unsafe { *self.padded.get_unchecked(places[t] + at) };
                        for o in 0..OUTS {
                            sums[o][t] = self.simd.mul_add_e_f32s(map[o], number, sums[o][t]);
                        }
                    }
                }
            }
        }
        for (o, sums) in sums.iter().enumerate() {
            self.sums[(out + o) * taps + tap..][..TAPS].copy_from_slice(sums);
        }
    }
}
