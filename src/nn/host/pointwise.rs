//! Loops over single numbers, in one pass each.

use rayon::prelude::*;

use super::sums::{dot, sum};
use crate::{
    nn::{Activation, adam::Rates},
    preset::Loss,
};

/// Numbers that one task of a pointwise loop takes.
const CHUNK: usize = 1 << 14;

/// x ← f(x + bias) along one row.
#[inline]
pub fn finish(row: &mut [f32], bias: f32, activation: Activation) {
    match activation {
        Activation::Identity => row.iter_mut().for_each(|x| *x += bias),
        Activation::Relu => row
            .iter_mut()
            .for_each(|x| *x = Activation::Relu.apply(*x + bias)),
        Activation::LeakyRelu(slope) => row
            .iter_mut()
            .for_each(|x| *x = Activation::LeakyRelu(slope).apply(*x + bias)),
        other => row.iter_mut().for_each(|x| *x = other.apply(*x + bias)),
    }
}

/// x ← f(x) everywhere.
pub fn activate(x: &mut [f32], activation: Activation) {
    x.par_chunks_mut(CHUNK)
        .for_each(|part| finish(part, 0.0, activation));
}

/// upstream ← upstream·f′, read off y = f(x).
pub fn through(upstream: &mut [f32], y: &[f32], activation: Activation) {
    if activation == Activation::Identity {
        return;
    }
    upstream
        .par_chunks_mut(CHUNK)
        .zip(y.par_chunks(CHUNK))
        .for_each(|(upstream, y)| slope(upstream, y, activation));
}

#[inline]
fn slope(upstream: &mut [f32], y: &[f32], activation: Activation) {
    upstream
        .iter_mut()
        .zip(y)
        .for_each(|(g, &y)| *g *= activation.derivative(y));
}

/// Σ of each row of `width` numbers, added to `sums`.
pub fn row_sums(x: &[f32], width: usize, sums: &mut [f32]) {
    sums.par_iter_mut()
        .zip(x.par_chunks_exact(width))
        .with_min_len((CHUNK / width).max(1))
        .for_each(|(total, row)| *total += sum(row) as f32);
}

/// The 2-norm of each column of a row-major matrix.
pub fn column_norms(x: &[f32], columns: usize) -> Vec<f32> {
    let mut squares = vec![0.0f32; columns];
    for row in x.chunks_exact(columns) {
        squares
            .iter_mut()
            .zip(row)
            .for_each(|(sum, &x)| *sum += x * x);
    }
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
    w.par_chunks_mut(CHUNK)
        .zip(g.par_chunks(CHUNK))
        .zip(m.par_chunks_mut(CHUNK).zip(v.par_chunks_mut(CHUNK)))
        .for_each(|((w, g), (m, v))| {
            for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
                *m = beta1 * *m + (1.0 - beta1) * g;
                *v = beta2 * *v + (1.0 - beta2) * g * g;
                *w -= step_size * *m / (v.sqrt() / root_correction + epsilon);
            }
        });
}

/// average ← decay·average + (1 − decay)·value.
pub fn blend(average: &mut [f32], value: &[f32], decay: f32) {
    let fresh = 1.0 - decay;
    average
        .iter_mut()
        .zip(value)
        .for_each(|(average, &value)| *average = decay * *average + fresh * value);
}

/// The loss of scores and its derivative by each; see [`crate::nn::op::loss::loss`].
pub fn loss(
    scores: &[f32],
    sides: &[f32],
    loss: Loss,
    linear: bool,
    batch: usize,
) -> (f32, Vec<f32>) {
    let mut total = 0.0f64;
    let slopes = scores
        .iter()
        .zip(sides)
        .map(|(&score, &side)| {
            let margin = score * side;
            let (term, slope) = match loss {
                _ if linear => (-margin, -side),
                Loss::Wasserstein => (-margin, -side),
                // Written so that a NaN stays one.
                Loss::Hinge if margin >= 1.0 => (0.0, 0.0),
                Loss::Hinge => (1.0 - margin, -side),
                Loss::NonSaturating => {
                    let tail = (-margin.abs()).exp();
                    let softplus = (-margin).max(0.0) + tail.ln_1p();
                    (softplus + 0.0 * margin, -side / (1.0 + margin.exp()))
                }
                Loss::LeastSquares => {
                    let error = score - (side + 1.0) * 0.5;
                    (0.5 * error * error, error)
                }
            };
            total += term as f64;
            slope / batch as f32
        })
        .collect();
    ((total / batch as f64) as f32, slopes)
}

/// Mean and biased variance of a row, in two passes.
pub fn mean_and_variance(row: &[f32], centred: &mut [f32]) -> (f32, f32) {
    let mean = sum(row) / row.len() as f64;
    let mean32 = mean as f32;
    centred
        .iter_mut()
        .zip(row)
        .for_each(|(centred, &x)| *centred = x - mean32);
    (mean32, (dot(centred, centred) / row.len() as f64) as f32)
}
