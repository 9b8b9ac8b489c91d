//! Dense layers.

use dfdx::prelude::*;

use super::{
    DfdxDevice,
    activation::activate,
    tensors::{Matrix, add_bias},
};
use crate::engine::nn::Activation;

/// f(Wx + b): x (in, batch), weight (out, in), bias (out, 1) → (out, batch).
pub(super) fn linear<D: DfdxDevice, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    weight: &Matrix<D>,
    bias: Option<&Matrix<D>>,
    activation: Activation,
) -> Result<Matrix<D, T>, D::Err> {
    let y = weight.retaped::<T>().try_matmul(x)?;
    activate(add_bias(y, bias)?, activation)
}
