//! Conversions between host buffers and dfdx tensors.

use std::sync::Arc;

use dfdx::prelude::*;

use super::{Reference, activation, batch_norm::Statistics, layers::Layer};
use crate::engine::nn::{
    Failure, Weights,
    backend::{GradientEpilogue, Result},
    layer::Affine,
};

/// A device of dfdx that threads can share.
pub trait DfdxDevice: Device<f32> + Send + Sync {}

impl<D: Device<f32> + Send + Sync> DfdxDevice for D {}

/// A contiguous matrix (rows, columns), with or without a tape.
pub(super) type Matrix<D, T = NoneTape> = Tensor<(usize, usize), f32, D, T>;
/// A scalar.
pub(super) type Scalar<D> = Tensor<(), f32, D>;

pub(super) fn failed(error: impl std::fmt::Debug) -> Failure {
    Failure(format!("{error:?}"))
}

impl<D: DfdxDevice> Reference<D> {
    /// Row-major `numbers` as a matrix of this shape, (rows, columns).
    pub fn matrix(&self, numbers: &[f32], shape: (usize, usize)) -> Result<Matrix<D>> {
        let tensor = self.device.try_tensor_from_vec(numbers.to_vec(), shape);
        tensor.map_err(failed)
    }

    /// Activations as a matrix (features, batch).
    pub fn activations(&self, numbers: &[f32], batch: usize) -> Result<Matrix<D>> {
        self.matrix(numbers, (numbers.len() / batch.max(1), batch))
    }

    /// `numbers` as a matrix of one column.
    pub fn column(&self, numbers: &[f32]) -> Result<Matrix<D>> {
        self.matrix(numbers, (numbers.len(), 1))
    }

    /// `numbers` as a matrix of one row.
    pub fn row(&self, numbers: &[f32]) -> Result<Matrix<D>> {
        self.matrix(numbers, (1, numbers.len()))
    }

    /// Applies an epilogue: gradient·f′ + accumulated.
    pub fn apply_epilogue(
        &self,
        gradient: Matrix<D>,
        epilogue: GradientEpilogue<Self>,
    ) -> Result<Vec<f32>> {
        let shape = *gradient.shape();
        let made = match epilogue.activation {
            Some((activation, output)) => {
                let output = self.matrix(output, shape)?;
                let slope = activation::slope(output, activation).map_err(failed)?;
                gradient.try_mul(slope).map_err(failed)?
            }
            None => gradient,
        };
        let Some(accumulated) = epilogue.accumulated else {
            return Ok(made.as_vec());
        };
        let accumulated = self.matrix(&accumulated, shape)?;
        Ok(made.try_add(accumulated).map_err(failed)?.as_vec())
    }

    /// Constant statistics from a buffer that holds all means, then all variances.
    pub fn statistics(&self, moments: &[f32]) -> Result<Statistics<D>> {
        let (mean, variance) = moments.split_at(moments.len() / 2);
        Ok(Statistics {
            mean: self.column(mean)?,
            variance: self.column(variance)?,
        })
    }

    /// Layers with their weights, normalized where the settings say so.
    pub fn layers(&self, layers: &[Arc<Affine>], weights: Weights<Self>) -> Result<Vec<Layer<D>>> {
        let layers = layers.iter();
        layers
            .map(|layer| Layer::new(self, layer, weights))
            .collect()
    }
}

/// Runs the backward pass of y. `upstream` is the gradient of y.
pub(super) fn backward<D: DfdxDevice>(
    y: Matrix<D, OwnedTape<f32, D>>,
    upstream: Matrix<D>,
) -> Result<Gradients<f32, D>> {
    y.try_mul(upstream)
        .and_then(|y| y.try_sum::<(), _>())
        .and_then(|y| y.try_backward())
        .map_err(failed)
}

/// The gradient of a leaf; zeros if it has none.
pub(super) fn gradient<D: DfdxDevice>(
    gradients: &mut Gradients<f32, D>,
    of: &Matrix<D>,
) -> Result<Matrix<D>> {
    gradients.get_or_alloc_mut(of).map_err(failed)?;
    Ok(gradients.get(of))
}

pub(super) fn number<D: DfdxDevice>(x: &Scalar<D>) -> f32 {
    x.as_vec().first().copied().unwrap_or(f32::NAN)
}

/// y + bias, with the bias (rows, 1) broadcast to the columns of y.
pub(super) fn add_bias<D: DfdxDevice, T: Tape<f32, D>>(
    y: Matrix<D, T>,
    bias: Option<&Matrix<D>>,
) -> std::result::Result<Matrix<D, T>, D::Err> {
    let Some(bias) = bias else { return Ok(y) };
    let shape = *y.shape();
    let bias = bias.retaped::<T>().try_reshape_like(&(shape.0,))?;
    y.try_add(bias.try_broadcast_like::<(usize, usize), Axis<1>>(&shape)?)
}

/// x with each row multiplied by its entry in `column` (rows, 1), which is constant.
pub(super) fn scale_rows<D: DfdxDevice, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    column: &Matrix<D>,
) -> std::result::Result<Matrix<D, T>, D::Err> {
    let shape = *x.shape();
    let column = column.clone().try_reshape_like(&(shape.0,))?;
    x.try_mul(column.try_broadcast_like::<(usize, usize), Axis<1>>(&shape)?)
}
