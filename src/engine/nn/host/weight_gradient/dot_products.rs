//! Weight gradient by dot products: each entry is the dot product of image and map over positions and samples.
//!
//! Vectors run over the samples of a slab, which are contiguous in both operands, so nothing is transposed. A tile of
//! some output channels × some taps of one input channel accumulates products of vectors; the lanes are added once at
//! the end. This is faster for images with few channels, for which [`super::outer_products`] would do little work for
//! each value that it transposes.

mod channel;
mod padded;

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::Operands;
use crate::engine::{
    nn::{
        Geometry,
        host::{buffers, output::SharedOutput, slab::slab_ranges},
    },
    simd::dispatch,
};
use channel::{Channel, OUTS};
use padded::Padded;

/// The widest vector, in values. Runs of samples are padded to a multiple of it.
const MAX_VECTOR: usize = 16;
/// Sums of a task, in values: 256 KiB.
const SUMS: usize = 1 << 16;
/// The most input channels and the fewest taps for which this is faster.
const FEW_CHANNELS: usize = 8;
const FEW_TAPS: usize = 4;
/// Parallel tasks into which a small problem is cut, if possible.
const TASKS: usize = 4;
/// Multiplications below which a product runs on one thread.
const SMALL: usize = 1 << 18;

/// Whether this is faster than outer products.
pub(crate) fn is_faster(geometry: &Geometry) -> bool {
    geometry.channels <= FEW_CHANNELS && geometry.taps() >= FEW_TAPS
}

/// See [`super::weight_gradient`].
pub(crate) fn weight_gradient(operands: Operands, gradient: &mut [f32]) {
    let (geometry, batch) = (operands.geometry, operands.batch);
    let own = geometry.out * geometry.taps() * MAX_VECTOR;
    let channels = (SUMS / own).clamp(1, geometry.channels.div_ceil(TASKS));
    let groups = geometry.channels.div_ceil(channels);
    let shares = TASKS.div_ceil(groups);
    let outs = geometry.out.div_ceil(shares).next_multiple_of(OUTS);
    let output = SharedOutput::new(gradient);
    let tasks: Vec<Task> = (0..geometry.channels)
        .step_by(channels)
        .flat_map(|channel| {
            (0..geometry.out)
                .step_by(outs)
                .map(move |out| (channel, out))
        })
        .map(|(channel, out)| Task {
            operands,
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

/// The entries of a range of output channels and a range of input channels.
struct Task<'a> {
    operands: Operands<'a>,
    channels: Range<usize>,
    outs: Range<usize>,
    gradient: SharedOutput,
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (g, lanes) = (self.operands.geometry, S::F32_LANES);
        let taps = g.taps();
        let mut sums = buffers::take(self.channels.len() * self.outs.len() * taps * lanes);
        sums.fill(0.0);
        for samples in slab_ranges(self.operands.batch) {
            let map = self.widened_map(&samples);
            let mut padded = Padded::new(g, samples.len());
            let own = self.outs.len() * taps * lanes;
            for (channel, sums) in self.channels.clone().zip(sums.chunks_exact_mut(own)) {
                padded.fill(self.operands.image, g, &samples, channel);
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
                // SAFETY: tasks have disjoint pairs of input and output channels, so they write disjoint entries. The
                // gradient is borrowed exclusively until all tasks are done.
                let entries = unsafe { self.gradient.slice(offset, taps) };
                for (entry, &sum) in entries.iter_mut().zip(&mut sums) {
                    *entry = simd.reduce_sum_f32s(sum);
                }
            }
        }
    }
}

impl Task<'_> {
    /// The map of the task's output channels in one slab, with runs of samples padded with zeros.
    #[inline(always)]
    fn widened_map(&self, samples: &Range<usize>) -> std::borrow::Cow<'_, [f32]> {
        let (g, width) = (self.operands.geometry, samples.len());
        let slab = samples.start * g.out * g.map();
        let part = slab + self.outs.start * g.map() * width..slab + self.outs.end * g.map() * width;
        let map = &self.operands.map[part];
        if width.is_multiple_of(MAX_VECTOR) {
            return map.into();
        }
        let run = width.next_multiple_of(MAX_VECTOR);
        let mut wide = vec![0.0; map.len() / width * run];
        for (to, from) in wide.chunks_exact_mut(run).zip(map.chunks_exact(width)) {
            to[..width].copy_from_slice(from);
        }
        wide.into()
    }
}
