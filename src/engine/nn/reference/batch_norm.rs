//! Batch normalization (Ioffe & Szegedy 2015).

use dfdx::prelude::*;

use super::{
    DfdxDevice, Reference,
    activation::activate,
    tensors::{Matrix, add_bias, backward, failed, gradient, scale_rows},
};
use crate::engine::nn::{
    Activation,
    backend::{self, GradientEpilogue},
    layer::{BatchNorm, EPSILON},
};

/// Constant statistics, (channels, 1) each.
pub struct Statistics<D: DfdxDevice> {
    pub mean: Matrix<D>,
    pub variance: Matrix<D>,
}

/// Statistics of a batch, (channels, 1) each.
struct Batch<D: DfdxDevice> {
    pub mean: Matrix<D>,
    /// The variance for normalization.
    pub biased: Matrix<D>,
    /// The variance for the running statistics; 0 for a single value.
    pub unbiased: Matrix<D>,
}

/// f(γ·(x − mean)/√(variance + ε) + β) with the statistics of the batch: x (channels·positions, batch), γ and β
/// (channels, 1).
#[allow(clippy::type_complexity)]
fn train<D: DfdxDevice, T: Tape<f32, D>>(
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

/// f(γ·(x − mean)/√(variance + ε) + β) with running statistics, (channels, 1) each, as constants. x is
/// (channels·positions, batch).
fn evaluate<D: DfdxDevice, T: Tape<f32, D>>(
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

fn affine<D: DfdxDevice, T: Tape<f32, D>>(
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

impl<D: DfdxDevice> Reference<D> {
    /// See [`crate::engine::nn::Backend::batch_norm`].
    pub fn batch_norm_forward(
        &self,
        norm: &BatchNorm,
        numbers: &[f32],
        x: &[f32],
        batch: usize,
        statistics: Option<&mut Vec<f32>>,
    ) -> backend::Result<(Vec<f32>, Vec<f32>)> {
        let x = self.activations(x, batch)?;
        let [gamma, beta] = [&norm.gamma, &norm.beta].map(|at| self.column(&numbers[at.clone()]));
        let (gamma, beta) = (gamma?, beta?);
        let Some(statistics) = statistics else {
            let moments = [&norm.mean, &norm.variance].map(|at| &numbers[at.clone()]);
            let moments = moments.concat();
            let running = self.statistics(&moments)?;
            let y = evaluate(x, &gamma, &beta, &running, norm.activation);
            return Ok((y.map_err(failed)?.as_vec(), moments));
        };
        let (y, made) = train(x, &gamma, &beta, norm.activation).map_err(failed)?;
        let made = [made.mean, made.biased, made.unbiased].map(|tensor| tensor.as_vec());
        let [mean, biased, unbiased] = made;
        for (place, numbers) in norm.batch.iter().zip([&mean, &unbiased]) {
            statistics[place.clone()].copy_from_slice(numbers);
        }
        Ok((y.as_vec(), [mean, biased].concat()))
    }

    /// See [`crate::engine::nn::Backend::batch_norm_gradient`].
    #[allow(clippy::too_many_arguments)]
    pub fn batch_norm_backward(
        &self,
        norm: &BatchNorm,
        numbers: &[f32],
        (x, moments, constant): (&[f32], &[f32], bool),
        upstream: &[f32],
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
        to: Option<&mut Vec<f32>>,
    ) -> backend::Result<Option<Vec<f32>>> {
        let x = self.activations(x, batch)?;
        let [gamma, beta] = [&norm.gamma, &norm.beta].map(|at| self.column(&numbers[at.clone()]));
        let (gamma, beta) = (gamma?, beta?);
        let traced = x.clone().leaky_traced();
        let y = if constant {
            let running = self.statistics(moments)?;
            evaluate(traced, &gamma, &beta, &running, Activation::Identity)
        } else {
            train(traced, &gamma, &beta, Activation::Identity).map(|made| made.0)
        };
        let upstream = self.activations(upstream, batch)?;
        let mut gradients = backward(y.map_err(failed)?, upstream)?;
        if let Some(to) = to {
            for (place, leaf) in [(&norm.gamma, &gamma), (&norm.beta, &beta)] {
                let column = gradient(&mut gradients, leaf)?;
                to[place.clone()].copy_from_slice(&column.as_vec());
            }
        }
        let input =
            epilogue.map(|epilogue| self.apply_epilogue(gradient(&mut gradients, &x)?, epilogue));
        input.transpose()
    }
}
