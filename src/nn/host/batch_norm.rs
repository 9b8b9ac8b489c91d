//! Batch normalization with its activation, a channel at a time.

use rayon::prelude::*;

use super::{
    pointwise::mean_and_variance,
    sums::{dot, sum},
};
use crate::nn::{Activation, op::batch_norm::EPSILON};

/// What the backward pass keeps of the forward pass.
pub struct Forward {
    /// f(γ·x̂ + β), (channels, width).
    pub output: Vec<f32>,
    /// x̂ = (x − mean)/√(variance + ε), (channels, width).
    pub normalized: Vec<f32>,
    pub mean: Vec<f32>,
    /// Biased.
    pub variance: Vec<f32>,
}

/// x (channels, width) with the statistics of each row.
pub fn forward(
    x: &[f32],
    width: usize,
    gamma: &[f32],
    beta: &[f32],
    activation: Activation,
) -> Forward {
    let mut output = vec![0.0; x.len()];
    let mut normalized = vec![0.0; x.len()];
    let (mean, variance) = x
        .par_chunks_exact(width)
        .zip(output.par_chunks_exact_mut(width))
        .zip(normalized.par_chunks_exact_mut(width))
        .enumerate()
        .map(|(channel, ((x, y), normalized))| {
            let (mean, variance) = mean_and_variance(x, normalized);
            let inverse = 1.0 / (variance + EPSILON).sqrt();
            let (gamma, beta) = (gamma[channel], beta[channel]);
            for (y, normalized) in y.iter_mut().zip(normalized) {
                *normalized *= inverse;
                *y = activation.apply(gamma * *normalized + beta);
            }
            (mean, variance)
        })
        .unzip();
    Forward {
        output,
        normalized,
        mean,
        variance,
    }
}

/// From the gradient of the output, in place, to that of the input; adds those of γ and β.
pub fn backward(
    upstream: &mut [f32],
    forward: &Forward,
    width: usize,
    gamma: &[f32],
    activation: Activation,
    gamma_gradient: &mut [f32],
    beta_gradient: &mut [f32],
) {
    upstream
        .par_chunks_exact_mut(width)
        .zip(forward.output.par_chunks_exact(width))
        .zip(forward.normalized.par_chunks_exact(width))
        .zip(gamma_gradient)
        .zip(beta_gradient)
        .enumerate()
        .for_each(
            |(channel, ((((g, y), normalized), gamma_gradient), beta_gradient))| {
                g.iter_mut()
                    .zip(y)
                    .for_each(|(g, &y)| *g *= activation.derivative(y));
                let (total, along) = (sum(g), dot(g, normalized));
                *beta_gradient += total as f32;
                *gamma_gradient += along as f32;
                let inverse = 1.0 / (forward.variance[channel] + EPSILON).sqrt();
                let scale = gamma[channel] * inverse;
                let (total, along) = ((total / width as f64) as f32, (along / width as f64) as f32);
                g.iter_mut()
                    .zip(normalized)
                    .for_each(|(g, &x)| *g = scale * (*g - total - x * along));
            },
        );
}
