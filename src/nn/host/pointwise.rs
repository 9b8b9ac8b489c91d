//! Loops over single numbers, in one pass each.

use rayon::prelude::*;

use super::{simd::vectorized, slab::channel, sums::sum};
use crate::nn::{Activation, adam::Rates};

/// Numbers that one task of a pointwise loop takes.
pub const CHUNK: usize = 1 << 15;

/// Runs `$body` with `$f` known to the compiler up to its slope, so that each activation has a loop of its own.
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
pub fn finish(x: &mut [f32], factor: f32, bias: f32, activation: Activation) {
    vectorized(
        #[inline(always)]
        || {
            for_each_activation!(activation, f => for x in x.iter_mut() {
                *x = f.apply(factor * *x + bias);
            })
        },
    );
}

/// The same for rows as long as `bias`, which has an entry for each column.
pub fn finish_rows(x: &mut [f32], factor: f32, bias: &[f32], activation: Activation) {
    vectorized(
        #[inline(always)]
        || {
            for_each_activation!(activation, f => for row in x.chunks_exact_mut(bias.len()) {
                for (x, &bias) in row.iter_mut().zip(bias) {
                    *x = f.apply(factor * *x + bias);
                }
            })
        },
    );
}

/// y ← f(factor·(x − mean) + bias).
pub fn normalize(
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
            })
        },
    );
}

/// y ← a·g + b·(x − mean) + c.
pub fn combine(y: &mut [f32], (a, g): (f32, &[f32]), (b, x, mean): (f32, &[f32], f32), c: f32) {
    vectorized(
        #[inline(always)]
        || {
            for ((y, &g), &x) in y.iter_mut().zip(g).zip(x) {
                *y = a * g + b * (x - mean) + c;
            }
        },
    );
}

/// y ← f(x), in one task.
pub fn map(y: &mut [f32], x: &[f32], activation: Activation) {
    vectorized(
        #[inline(always)]
        || {
            for_each_activation!(activation, f => for (y, &x) in y.iter_mut().zip(x) {
                *y = f.apply(x);
            })
        },
    );
}

/// g ← factor·g·f′, read off y = f(x).
pub fn through(g: &mut [f32], factor: f32, y: &[f32], activation: Activation) {
    vectorized(
        #[inline(always)]
        || {
            for_each_activation!(activation, f => for (g, &y) in g.iter_mut().zip(y) {
                *g *= factor * f.derivative(y);
            })
        },
    );
}

/// x ← factor·x.
pub fn scale(x: &mut [f32], factor: f32) {
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
pub fn add(total: &mut [f32], factor: f32, part: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (total, &part) in total.iter_mut().zip(part) {
                *total += factor * part;
            }
        },
    );
}

/// y ← y + Wᵀx: W's rows, as long as y, one after the other; x has an entry for each.
pub fn add_combination(y: &mut [f32], rows: &[f32], x: &[f32]) {
    const TOGETHER: usize = 4;
    let length = y.len();
    vectorized(
        #[inline(always)]
        || {
            let (whole, rest) = x.as_chunks::<TOGETHER>();
            let mut blocks = rows.chunks_exact(TOGETHER * length);
            for (x, block) in whole.iter().zip(&mut blocks) {
                let (first, second) = block.split_at(2 * length);
                let ((a, b), (c, d)) = (first.split_at(length), second.split_at(length));
                let entries = a.iter().zip(b).zip(c.iter().zip(d));
                for (y, ((&a, &b), (&c, &d))) in y.iter_mut().zip(entries) {
                    *y = *y + x[0] * a + x[1] * b + x[2] * c + x[3] * d;
                }
            }
            for (&x, row) in rest.iter().zip(blocks.remainder().chunks_exact(length)) {
                for (y, &w) in y.iter_mut().zip(row) {
                    *y += x * w;
                }
            }
        },
    );
}

/// W ← factor·W − slope·uvᵀ: W's rows, as long as v, one after the other; u has an entry for each.
pub fn subtract_outer(rows: &mut [f32], factor: f32, slope: f32, u: &[f32], v: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (row, &u) in rows.chunks_exact_mut(v.len()).zip(u) {
                let slope = slope * u;
                for (w, &v) in row.iter_mut().zip(v) {
                    *w = factor * *w - slope * v;
                }
            }
        },
    );
}

/// to ← factor·from.
pub fn copy_scaled(to: &mut [f32], factor: f32, from: &[f32]) {
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
pub fn multiply(x: &mut [f32], factors: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (x, &factor) in x.iter_mut().zip(factors) {
                *x *= factor;
            }
        },
    );
}

/// Σ of each channel over all slabs.
pub fn channel_sums(x: &[f32], batch: usize, sums: &mut [f32]) {
    let channels = sums.len();
    sums.par_iter_mut()
        .enumerate()
        .with_min_len((CHUNK * channels / x.len().max(1)).max(1))
        .for_each(|(index, total)| {
            *total = channel(x, channels, batch, index).map(sum).sum::<f64>() as f32;
        });
}

/// The 2-norm of each column of a row-major matrix.
pub fn column_norms(x: &[f32], columns: usize) -> Vec<f32> {
    let mut squares = vec![0.0f32; columns];
    vectorized(
        #[inline(always)]
        || {
            for row in x.chunks_exact(columns) {
                for (sum, &x) in squares.iter_mut().zip(row) {
                    *sum += x * x;
                }
            }
        },
    );
    squares.iter_mut().for_each(|x| *x = x.sqrt());
    squares
}

/// Adam; see [`crate::nn::op::optimize::adam`].
pub fn adam(w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], rates: &Rates) {
    let Rates {
        beta1,
        beta2,
        step_size,
        root_correction,
        epsilon,
    } = *rates;
    let inverse_correction = 1.0 / root_correction;
    w.par_chunks_mut(CHUNK)
        .zip(g.par_chunks(CHUNK))
        .zip(m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK)))
        .for_each(|((w, g), (m, v))| {
            vectorized(
                #[inline(always)]
                || {
                    for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
                        *m = beta1 * *m + (1.0 - beta1) * g;
                        *v = beta2 * *v + (1.0 - beta2) * g * g;
                        *w -= step_size * *m / (v.sqrt() * inverse_correction + epsilon);
                    }
                },
            );
        });
}

/// average ← decay·average + (1 − decay)·value.
pub fn blend(average: &mut [f32], value: &[f32], decay: f32) {
    let fresh = 1.0 - decay;
    vectorized(
        #[inline(always)]
        || {
            for (average, &value) in average.iter_mut().zip(value) {
                *average = decay * *average + fresh * value;
            }
        },
    );
}
