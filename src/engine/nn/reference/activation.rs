//! Pointwise functions.

use dfdx::prelude::*;

use super::DfdxDevice;
use super::tensors::Matrix;
use crate::engine::nn::Activation;

/// f(x), elementwise. NaN stays NaN, and the derivative at 0 is the one from below, as on the CPU and in PyTorch.
/// dfdx's own ReLU maps NaN to 0.
pub(super) fn activate<D: DfdxDevice, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    activation: Activation,
) -> Result<Matrix<D, T>, D::Err> {
    match activation {
        Activation::Identity => Ok(x),
        Activation::Relu => {
            let zeros = x.device().try_zeros_like(&x)?.put_tape(T::default());
            x.try_le(0.0)?.try_choose(zeros, x)
        }
        Activation::LeakyRelu(slope) => {
            let below = x.with_empty_tape().try_mul(slope)?;
            x.try_le(0.0)?.try_choose(below, x)
        }
        Activation::Tanh => x.try_tanh(),
        Activation::Sigmoid => x.try_sigmoid(),
    }
}

/// f′(x) from y = f(x), elementwise.
pub(super) fn slope<D: DfdxDevice>(
    y: Matrix<D>,
    activation: Activation,
) -> Result<Matrix<D>, D::Err> {
    let ones = y.device().try_ones_like(&y)?;
    match activation {
        Activation::Identity => Ok(ones),
        Activation::Relu => {
            let zeros = y.device().try_zeros_like(&y)?;
            y.try_gt(0.0)?.try_choose(ones, zeros)
        }
        Activation::LeakyRelu(slope) => {
            let below = ones.clone().try_mul(slope)?;
            y.try_gt(0.0)?.try_choose(ones, below)
        }
        Activation::Tanh => ones.try_sub(y.try_square()?),
        Activation::Sigmoid => y.clone().try_mul(ones.try_sub(y)?),
    }
}
