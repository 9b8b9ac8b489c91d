//! The memory layout of activations.
//!
//! A batch is cut into slabs of [`SLAB`] samples. Each slab is a row-major matrix (features, samples), and slabs follow
//! each other. The last may be narrower. The values that a layer reads for one sample are then close together, and a
//! row of a register tile is contiguous.

use std::ops::Range;

use rayon::prelude::*;

use super::buffers::{self, Buffer};

/// Samples of a slab.
pub(super) const SLAB: usize = 32;

/// The range of samples of each slab of a batch.
pub(super) fn slab_ranges(batch: usize) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
    (0..batch.div_ceil(SLAB)).map(move |slab| slab * SLAB..((slab + 1) * SLAB).min(batch))
}

/// Copies a row-major matrix (features, batch) to slabs.
pub(super) fn to_slabs(matrix: &[f32], batch: usize, slabs: &mut [f32]) {
    assert_eq!(matrix.len(), slabs.len());
    let features = matrix.len() / batch.max(1);
    for samples in slab_ranges(batch) {
        let slab = &mut slabs[samples.start * features..samples.end * features];
        let runs = slab.chunks_exact_mut(samples.len());
        for (run, row) in runs.zip(matrix.chunks_exact(batch)) {
            run.copy_from_slice(&row[samples.clone()]);
        }
    }
}

/// A new buffer with a row-major matrix (features, batch) in slabs.
pub(super) fn from_matrix(matrix: &[f32], batch: usize) -> Buffer {
    let mut slabs = buffers::take(matrix.len());
    to_slabs(matrix, batch, &mut slabs);
    slabs
}

/// Concatenates a row-major matrix (features, batch) and slabs of `other` samples, in slabs. `second` has as many
/// features and comes behind.
pub(super) fn concatenate(matrix: &[f32], batch: usize, second: &[f32], other: usize) -> Buffer {
    let mut both = buffers::take(matrix.len() + second.len());
    if batch.is_multiple_of(SLAB) {
        let (front, back) = both.split_at_mut(matrix.len());
        to_slabs(matrix, batch, front);
        back.copy_from_slice(second);
        return both;
    }
    let mut behind = buffers::take(second.len());
    to_matrix(second, other, &mut behind);
    let mut rows = buffers::take(both.len());
    let pairs = matrix.chunks_exact(batch).zip(behind.chunks_exact(other));
    for (row, (front, back)) in rows.chunks_exact_mut(batch + other).zip(pairs) {
        row[..batch].copy_from_slice(front);
        row[batch..].copy_from_slice(back);
    }
    to_slabs(&rows, batch + other, &mut both);
    both
}

/// Copies slabs to a row-major matrix (features, batch).
pub(super) fn to_matrix(slabs: &[f32], batch: usize, matrix: &mut [f32]) {
    assert_eq!(matrix.len(), slabs.len());
    let features = matrix.len() / batch.max(1);
    for samples in slab_ranges(batch) {
        let slab = &slabs[samples.start * features..samples.end * features];
        for (run, row) in slab
            .chunks_exact(samples.len())
            .zip(matrix.chunks_exact_mut(batch))
        {
            row[samples.clone()].copy_from_slice(run);
        }
    }
}

/// The parts of one of `channels` channels, one for each slab.
pub(super) fn channel(
    x: &[f32],
    channels: usize,
    batch: usize,
    channel: usize,
) -> impl Iterator<Item = &[f32]> + Clone {
    let features = x.len() / batch.max(1);
    slab_ranges(batch).map(move |samples| {
        let part = features / channels * samples.len();
        &x[samples.start * features + channel * part..][..part]
    })
}

/// Calls `work(channel, offset, part)` for the part of each channel in each slab, in parallel.
pub(super) fn for_each_part(
    x: &mut [f32],
    channels: usize,
    batch: usize,
    work: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    if x.is_empty() {
        return;
    }
    let slab = x.len() / batch * SLAB;
    x.par_chunks_mut(slab)
        .enumerate()
        .for_each(|(index, numbers)| {
            let part = numbers.len() / channels;
            let parts = numbers.par_chunks_mut(part).enumerate();
            parts.for_each(|(channel, numbers)| {
                work(channel, index * slab + channel * part, numbers);
            });
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slabs_convert_back_to_the_same_matrix() {
        for batch in [1, 31, 32, 33, 64, 100] {
            let matrix: Vec<f32> = (0..3 * batch).map(|i| i as f32).collect();
            let (mut slabs, mut back) = (vec![0.0; 3 * batch], vec![0.0; 3 * batch]);
            to_slabs(&matrix, batch, &mut slabs);
            to_matrix(&slabs, batch, &mut back);
            assert_eq!(back, matrix);
            let second = slabs.get(3 * SLAB);
            assert_eq!(second.copied(), (batch > SLAB).then_some(SLAB as f32));
        }
    }

    #[test]
    fn parts_of_a_channel_are_found_in_every_slab() {
        let batch = 40;
        let matrix: Vec<f32> = (0..6 * batch).map(|i| (i / (2 * batch)) as f32).collect();
        let mut numbers = vec![0.0; 6 * batch];
        to_slabs(&matrix, batch, &mut numbers);
        for wanted in 0..3 {
            let parts: Vec<&[f32]> = channel(&numbers, 3, batch, wanted).collect();
            assert_eq!(
                parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
                [64, 16]
            );
            assert!(parts.concat().iter().all(|&x| x == wanted as f32));
        }
        let copy = numbers.clone();
        for_each_part(&mut numbers, 3, batch, |channel, offset, part| {
            assert_eq!(copy[offset..][..part.len()], *part);
            part.iter_mut().for_each(|x| *x -= channel as f32);
        });
        assert!(numbers.iter().all(|&x| x == 0.0));
    }
}
