//! Gradients of D's output with respect to its input samples.

use rayon::prelude::*;

use super::{pointwise, slab::SLAB};
use crate::engine::{nn::knobs::GAIN, simd::vectorized};

/// See [`crate::engine::nn::Backend::scale_samples`].
pub(super) fn scale(
    gradients: &mut [f32],
    slopes: &[f32],
    batch: usize,
    knobs: &[f32],
    norms: &mut [f32],
) {
    let features = gradients.len() / batch.max(1);
    gradients
        .par_chunks_mut((features * SLAB).max(1))
        .zip(slopes.par_chunks(SLAB))
        .zip(norms.par_chunks_mut(SLAB))
        .for_each(|((slab, slopes), norms)| {
            column_norms(slab, norms);
            pointwise::scale(norms, knobs[GAIN].abs());
            for row in slab.chunks_exact_mut(slopes.len()) {
                pointwise::multiply(row, slopes);
            }
        });
}

/// The 2-norm of each column of a row-major matrix.
fn column_norms(x: &[f32], norms: &mut [f32]) {
    norms.fill(0.0);
    vectorized(
        #[inline(always)]
        || {
            for row in x.chunks_exact(norms.len()) {
                for (sum, x) in norms.iter_mut().zip(row) {
                    *sum += x * x;
                }
            }
        },
    );
    norms.iter_mut().for_each(|norm| *norm = norm.sqrt());
}
