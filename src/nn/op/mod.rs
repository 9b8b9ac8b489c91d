//! Tape operations from dfdx's own operations: the portable path, which runs on every dfdx device.
//!
//! Kept out of it, because dfdx compiles them at run time on CUDA: concatenation, stacking and reshaping of
//! non-contiguous tensors.

pub mod activation;
pub mod batch_norm;
pub mod conv;
pub mod conv_transpose;
pub mod linear;
pub mod loss;
pub mod mask;
pub mod optimize;
pub mod pooling;
pub mod reduce;
pub mod spectral;

use dfdx::prelude::*;

use super::Matrix;

/// y + bias, the bias (rows, 1) spread over the columns of y.
fn add_bias<D: Device<f32>, T: Tape<f32, D>>(
    y: Matrix<D, T>,
    bias: Option<&Matrix<D>>,
) -> Result<Matrix<D, T>, D::Err> {
    let Some(bias) = bias else { return Ok(y) };
    let shape = *y.shape();
    let bias = bias.retaped::<T>().try_reshape_like(&(shape.0,))?;
    y.try_add(bias.try_broadcast_like::<(usize, usize), Axis<1>>(&shape)?)
}

/// x scaled row by row by a column (rows, 1) without a tape.
fn scale_rows<D: Device<f32>, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    column: &Matrix<D>,
) -> Result<Matrix<D, T>, D::Err> {
    let shape = *x.shape();
    let column = column.clone().try_reshape_like(&(shape.0,))?;
    x.try_mul(column.try_broadcast_like::<(usize, usize), Axis<1>>(&shape)?)
}
