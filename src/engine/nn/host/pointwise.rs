//! Elementwise loops, each in one pass.

use rayon::prelude::*;

use super::{
    buffers::{self, Buffer},
    slab::channel,
};
use crate::engine::{
    nn::Activation,
    simd::{sums::sum, vectorized},
};

/// Values of one task of an elementwise loop.
pub(super) const CHUNK: usize = 1 << 15;

/// Expands `$body` once for each activation, with `$f` a constant up to its slope, so that each gets its own loop.
macro_rules! for_each_activation {
    ($activation:expr, $f:ident => $body:expr) => {
        match $activation {
            Activation::Identity => {
                let $f = Activation::Identity;
                $body
            }
            Activation::Relu => {
                let $f = Activation::Relu;
                $body
            }
            Activation::LeakyRelu(slope) => {
                let $f = Activation::LeakyRelu(slope);
                $body
            }
            Activation::Tanh => {
                let $f = Activation::Tanh;
                $body
            }
            Activation::Sigmoid => {
                let $f = Activation::Sigmoid;
                $body
            }
        }
    };
}

/// x ← f(factor·x + bias).
pub(super) fn bias_activate(x: &mut [f32], factor: f32, bias: f32, activation: Activation) {
    vectorized(
        #[inline(always)]
        || {
            for_each_activation!(activation, f => for x in x.iter_mut() {
                *x = f.apply(factor * *x + bias);
            });
        },
    );
}

/// x ← f(factor·x + bias) for rows as long as `bias`, which has one value for each column.
pub(super) fn bias_activate_rows(x: &mut [f32], factor: f32, bias: &[f32], activation: Activation) {
    vectorized(
        #[inline(always)]
        || {
            for_each_activation!(activation, f => for row in x.chunks_exact_mut(bias.len()) {
                for (x, &bias) in row.iter_mut().zip(bias) {
                    *x = f.apply(factor * *x + bias);
                }
            });
        },
    );
}

/// y ← f(factor·(x − mean) + bias).
pub(super) fn normalize(
    y: &mut [f32],
    x: &[f32],
    (mean, factor, bias): (f32, f32, f32),
    activation: Activation,
) {
    vectorized(
        #[inline(always)]
        || {
            for_each_activation!(activation, f => for (y, &x) in y.iter_mut().zip(x) {
                *y = f.apply(factor * (x - mean) + bias);
            });
        },
    );
}

/// y ← a·g + b·(x − mean) + c.
pub(super) fn combine(
    y: &mut [f32],
    (a, g): (f32, &[f32]),
    (b, x, mean): (f32, &[f32], f32),
    c: f32,
) {
    vectorized(
        #[inline(always)]
        || {
            for ((y, &g), &x) in y.iter_mut().zip(g).zip(x) {
                *y = a * g + b * (x - mean) + c;
            }
        },
    );
}

/// f(a + b), or f(a).
pub(super) fn add_activate(a: &[f32], b: Option<&Buffer>, activation: Activation) -> Buffer {
    let mut y = buffers::take(a.len());
    let chunks = y.par_chunks_mut(CHUNK).zip(a.par_chunks(CHUNK)).enumerate();
    chunks.for_each(|(chunk, (y, a))| {
        y.copy_from_slice(a);
        if let Some(b) = b {
            add(y, 1.0, &b[chunk * CHUNK..][..y.len()]);
        }
        if activation != Activation::Identity {
            bias_activate(y, 1.0, 0.0, activation);
        }
    });
    y
}

/// g ← factor·g·f′(x), with f′(x) computed from y = f(x).
pub(super) fn activation_gradient(g: &mut [f32], factor: f32, y: &[f32], activation: Activation) {
    vectorized(
        #[inline(always)]
        || {
            for_each_activation!(activation, f => for (g, &y) in g.iter_mut().zip(y) {
                *g *= factor * f.derivative(y);
            });
        },
    );
}

/// x ← factor·x.
pub(super) fn scale(x: &mut [f32], factor: f32) {
    vectorized(
        #[inline(always)]
        || {
            for x in x.iter_mut() {
                *x *= factor;
            }
        },
    );
}

/// total ← total + factor·part.
pub(super) fn add(total: &mut [f32], factor: f32, part: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (total, &part) in total.iter_mut().zip(part) {
                *total += factor * part;
            }
        },
    );
}

/// to ← factor·from.
pub(super) fn copy_scaled(to: &mut [f32], factor: f32, from: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (to, &from) in to.iter_mut().zip(from) {
                *to = factor * from;
            }
        },
    );
}

/// x ← x·factors.
pub(super) fn multiply(x: &mut [f32], factors: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (x, &factor) in x.iter_mut().zip(factors) {
                *x *= factor;
            }
        },
    );
}

/// The sum of each channel over all slabs.
pub(super) fn channel_sums(x: &[f32], batch: usize, sums: &mut [f32]) {
    let channels = sums.len();
    sums.par_iter_mut()
        .enumerate()
        .with_min_len((CHUNK * channels / x.len().max(1)).max(1))
        .for_each(|(index, total)| {
            *total = channel(x, channels, batch, index).map(sum).sum::<f64>() as f32;
        });
}
