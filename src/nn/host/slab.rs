//! How activations lie in memory inside a pass.
//!
//! A batch is cut into slabs of [`SLAB`] samples, each a matrix (features, samples) of its own, one after the other; the
//! last may be narrower. What one sample of a layer reads is then close together, and a row of a register tile is a
//! run of memory.

use std::ops::Range;

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
        for (run, row) in slab.chunks_exact_mut(samples.len()).zip(matrix.chunks_exact(batch)) {
            run.copy_from_slice(&row[samples.clone()]);
        }
    }
}

/// From slabs to a matrix (features, batch).
pub fn join(cut: &[f32], batch: usize, matrix: &mut [f32]) {
    assert_eq!(matrix.len(), cut.len());
    let features = matrix.len() / batch.max(1);
    for samples in slabs(batch) {
        let slab = &cut[samples.start * features..samples.end * features];
        for (run, row) in slab.chunks_exact(samples.len()).zip(matrix.chunks_exact_mut(batch)) {
            row[samples.clone()].copy_from_slice(run);
        }
    }
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
}
