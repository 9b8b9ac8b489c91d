//! Batch normalization (Ioffe & Szegedy 2015).

use dfdx::prelude::*;

use super::{activation::activate, add_bias, scale_rows};
use crate::nn::{Activation, Matrix};

/// Added to the variance.
pub const EPSILON: f32 = 1e-5;
/// Weight of the new batch in the running statistics.
pub const MOMENTUM: f32 = 0.1;

/// Statistics of one batch, (channels, 1) each.
#[derive(Clone, Debug)]
pub struct Statistics<D: Device<f32>> {
    pub mean: Matrix<D>,
    /// Unbiased, as the running variance takes it; that of a single value is 0.
    pub variance: Matrix<D>,
}

/// f(γ·(x − mean)/√(variance + ε) + β) with the statistics of the batch: x (channels·positions, batch), γ and β
/// (channels, 1).
#[allow(clippy::type_complexity)]
pub fn train<D: Device<f32>, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    gamma: &Matrix<D>,
    beta: &Matrix<D>,
    activation: Activation,
) -> Result<(Matrix<D, T>, Statistics<D>), D::Err> {
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
    let unbiased = variance
        .retaped::<NoneTape>()
        .try_mul(count as f32 / (count.max(2) - 1) as f32)?;
    let deviation = variance.try_add(EPSILON)?.try_sqrt()?;
    let normalized =
        centred.try_div(deviation.try_broadcast_like::<(usize, usize), Axis<1>>(&wide)?)?;
    let y = affine(normalized, gamma, beta, activation)?.try_reshape_like(&shape)?;
    let column = (channels, 1);
    let statistics = Statistics {
        mean: statistic.try_reshape_like(&column)?,
        variance: unbiased.try_reshape_like(&column)?,
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

/// Moves running statistics towards those of a batch.
pub fn blend<D: Device<f32>>(
    running: &mut Statistics<D>,
    batch: &Statistics<D>,
) -> Result<(), D::Err> {
    let toward = |old: &Matrix<D>, new: &Matrix<D>| {
        old.clone()
            .try_mul(1.0 - MOMENTUM)?
            .try_add(new.clone().try_mul(MOMENTUM)?)
    };
    running.mean = toward(&running.mean, &batch.mean)?;
    running.variance = toward(&running.variance, &batch.variance)?;
    Ok(())
}
