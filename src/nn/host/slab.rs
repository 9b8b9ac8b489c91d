//! How activations lie in memory inside a pass.
//!
//! A batch is cut into slabs of [`SLAB`] samples, each a matrix (features, samples) of its own, one after the other; the
//! last may be narrower. What one sample of a layer reads is then close together, and a row of a register tile is a
//! run of memory.

use std::ops::Range;

use rayon::prelude::*;

use super::buffers::{self, Buffer};

/// Samples in a slab.
pub const SLAB: usize = 32;

/// The slabs of a batch, each as its range of samples.
pub fn slabs(batch: usize) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
    (0..batch.div_ceil(SLAB)).map(move |slab| slab * SLAB..((slab + 1) * SLAB).min(batch))
}

/// From a matrix (features, batch) to slabs.
pub fn cut(matrix: &[f32], batch: usize, cut: &mut [f32]) {
    assert_eq!(matrix.len(), cut.len());
    let features = matrix.len() / batch.max(1);
    for samples in slabs(batch) {
        let slab = &mut cut[samples.start * features..samples.end * features];
        let runs = slab.chunks_exact_mut(samples.len());
        for (run, row) in runs.zip(matrix.chunks_exact(batch)) {
            run.copy_from_slice(&row[samples.clone()]);
        }
    }
}

/// A matrix (features, batch) in slabs.
pub fn of_matrix(matrix: &[f32], batch: usize) -> Buffer {
    let mut slabs = buffers::take(matrix.len());
    cut(matrix, batch, &mut slabs);
    slabs
}

/// A matrix (features, batch) and slabs of as many features of `other` samples behind it, in slabs.
pub fn side_by_side(matrix: &[f32], batch: usize, second: &[f32], other: usize) -> Buffer {
    let mut both = buffers::take(matrix.len() + second.len());
    if batch.is_multiple_of(SLAB) {
        let (front, back) = both.split_at_mut(matrix.len());
        cut(matrix, batch, front);
        back.copy_from_slice(second);
        return both;
    }
    let mut behind = buffers::take(second.len());
    join(second, other, &mut behind);
    let mut rows = buffers::take(both.len());
    let pairs = matrix.chunks_exact(batch).zip(behind.chunks_exact(other));
    for (row, (front, back)) in rows.chunks_exact_mut(batch + other).zip(pairs) {
        row[..batch].copy_from_slice(front);
        row[batch..].copy_from_slice(back);
    }
    cut(&rows, batch + other, &mut both);
    both
}

/// From slabs to a matrix (features, batch).
pub fn join(cut: &[f32], batch: usize, matrix: &mut [f32]) {
    assert_eq!(matrix.len(), cut.len());
    let features = matrix.len() / batch.max(1);
    for samples in slabs(batch) {
        let slab = &cut[samples.start * features..samples.end * features];
        for (run, row) in slab
            .chunks_exact(samples.len())
            .zip(matrix.chunks_exact_mut(batch))
        {
            row[samples.clone()].copy_from_slice(run);
        }
    }
}

/// The parts of one channel among `channels`, one for each slab.
pub fn channel(
    x: &[f32],
    channels: usize,
    batch: usize,
    channel: usize,
) -> impl Iterator<Item = &[f32]> + Clone {
    let features = x.len() / batch.max(1);
    slabs(batch).map(move |samples| {
        let part = features / channels * samples.len();
        &x[samples.start * features + channel * part..][..part]
    })
}

/// Calls `work(channel, offset, part)` for the part of each channel in each slab, in parallel.
pub fn for_each_part(
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
                work(channel, index * slab + channel * part, numbers)
            });
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_can_be_joined() {
        for batch in [1, 31, 32, 33, 64, 100] {
            let matrix: Vec<f32> = (0..3 * batch).map(|i| i as f32).collect();
            let (mut slabs, mut back) = (vec![0.0; 3 * batch], vec![0.0; 3 * batch]);
            cut(&matrix, batch, &mut slabs);
            join(&slabs, batch, &mut back);
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
        cut(&matrix, batch, &mut numbers);
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
