//! Pointwise functions.

use dfdx::prelude::*;

use crate::nn::{Activation, Matrix};

/// f(x), pointwise. A NaN stays one, and the slope at 0 is that below it, as on the CPU and in PyTorch: dfdx's own ReLU
/// turns NaN into 0.
pub fn activate<D: Device<f32>, T: Tape<f32, D>>(
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
