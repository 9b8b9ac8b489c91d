//! Batch normalization (Ioffe & Szegedy 2015).

use dfdx::prelude::*;

use super::{
    activation::activate,
    tensors::{Matrix, add_bias, scale_rows},
};
use crate::nn::{Activation, layer::EPSILON};

/// Statistics as constants, (channels, 1) each.
pub struct Statistics<D: Device<f32>> {
    pub mean: Matrix<D>,
    pub variance: Matrix<D>,
}

/// Statistics of a batch, (channels, 1) each.
pub struct Batch<D: Device<f32>> {
    pub mean: Matrix<D>,
    /// What the batch is normalized with.
    pub biased: Matrix<D>,
    /// What the running variance takes; that of a single value is 0.
    pub unbiased: Matrix<D>,
}

/// f(γ·(x − mean)/√(variance + ε) + β) with the statistics of the batch: x (channels·positions, batch), γ and β
/// (channels, 1).
#[allow(clippy::type_complexity)]
pub fn train<D: Device<f32>, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    gamma: &Matrix<D>,
    beta: &Matrix<D>,
    activation: Activation,
) -> Result<(Matrix<D, T>, Batch<D>), D::Err> {
    let (shape, channels) = (*x.shape(), gamma.shape().0);
    let count = shape.0 / channels * shape.1;
    let wide = (channels, count);
    let x = x.try_reshape_like(&wide)?;
    let mean = x.with_empty_tape().try_mean::<(usize,), Axis<1>>()?;
    let statistic = mean.retaped::<NoneTape>();
    let centred = x.try_sub(mean.try_broadcast_like::<(usize, usize), Axis<1>>(&wide)?)?;
    let variance = centred
        .with_empty_tape()
        .try_square()?
        .try_mean::<(usize,), Axis<1>>()?;
    let biased = variance.retaped::<NoneTape>();
    let unbiased = biased
        .clone()
        .try_mul(count as f32 / (count.max(2) - 1) as f32)?;
    let deviation = variance.try_add(EPSILON)?.try_sqrt()?;
    let normalized =
        centred.try_div(deviation.try_broadcast_like::<(usize, usize), Axis<1>>(&wide)?)?;
    let y = affine(normalized, gamma, beta, activation)?.try_reshape_like(&shape)?;
    let column = (channels, 1);
    let statistics = Batch {
        mean: statistic.try_reshape_like(&column)?,
        biased: biased.try_reshape_like(&column)?,
        unbiased: unbiased.try_reshape_like(&column)?,
    };
    Ok((y, statistics))
}

/// The same with running statistics, (channels, 1) each, as constants.
pub fn evaluate<D: Device<f32>, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    gamma: &Matrix<D>,
    beta: &Matrix<D>,
    running: &Statistics<D>,
    activation: Activation,
) -> Result<Matrix<D, T>, D::Err> {
    let (shape, channels) = (*x.shape(), gamma.shape().0);
    let x = x.try_reshape_like(&(channels, shape.0 / channels * shape.1))?;
    let centred = add_bias(x, Some(&running.mean.clone().try_negate()?))?;
    let scale = running
        .variance
        .clone()
        .try_add(EPSILON)?
        .try_sqrt()?
        .try_recip()?;
    affine(scale_rows(centred, &scale)?, gamma, beta, activation)?.try_reshape_like(&shape)
}

fn affine<D: Device<f32>, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    gamma: &Matrix<D>,
    beta: &Matrix<D>,
    activation: Activation,
) -> Result<Matrix<D, T>, D::Err> {
    let shape = *x.shape();
    let gamma = gamma.retaped::<T>().try_reshape_like(&(shape.0,))?;
    let scaled = x.try_mul(gamma.try_broadcast_like::<(usize, usize), Axis<1>>(&shape)?)?;
    activate(add_bias(scaled, Some(beta))?, activation)
}
