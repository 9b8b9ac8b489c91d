//! Optimizer and moving-average updates, each in one pass over memory.

use rayon::prelude::*;

use super::{buffers::Buffer, pointwise::CHUNK};
use crate::engine::{
    nn::{guard::FLAG, knobs},
    simd::vectorized,
};

/// See [`crate::engine::nn::Backend::adam`]: m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g²,
/// w ← w − rate·m / (√v/√correction + ε).
pub(super) fn adam(
    numbers: &mut [f32],
    gradients: &[f32],
    [first, second]: [&mut Buffer; 2],
    knobs: &[f32],
    guard: &[f32],
) {
    if guard[FLAG] == 0.0 {
        return;
    }
    let (beta1, beta2) = (knobs[knobs::BETA1], knobs[knobs::BETA2]);
    let step_size = knobs[knobs::STEP_SIZE];
    let inverse_correction = 1.0 / knobs[knobs::ROOT_CORRECTION];
    let bound = knobs[knobs::CLIP];
    let learned = first.len();
    numbers[..learned]
        .par_chunks_mut(CHUNK)
        .zip(gradients.par_chunks(CHUNK))
        .zip(
            first
                .par_chunks_mut(CHUNK)
                .zip(second.par_chunks_mut(CHUNK)),
        )
        .for_each(|((w, g), (m, v))| {
            vectorized(
                #[inline(always)]
                || {
                    for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
                        *m = beta1 * *m + (1.0 - beta1) * g;
                        *v = beta2 * *v + (1.0 - beta2) * g * g;
                        let root = v.sqrt() * inverse_correction + knobs::EPSILON;
                        let moved = *w - step_size * *m / root;
                        // Comparisons, not `clamp`: they are false for NaN, which stays NaN, they cannot panic, and the
                        // loop vectorizes.
                        let above = if moved < -bound { -bound } else { moved };
                        *w = if above > bound { bound } else { above };
                    }
                },
            );
        });
}

/// See [`crate::engine::nn::Backend::blend`].
pub(super) fn blend(to: &mut [f32], from: &[f32], decay: f32, guard: &[f32]) {
    if guard[FLAG] == 0.0 {
        return;
    }
    let fresh = 1.0 - decay;
    to.par_chunks_mut(CHUNK)
        .zip(from.par_chunks(CHUNK))
        .for_each(|(to, from)| {
            vectorized(
                #[inline(always)]
                || {
                    for (to, &from) in to.iter_mut().zip(from) {
                        *to = decay * *to + fresh * from;
                    }
                },
            );
        });
}
