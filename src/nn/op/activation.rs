//! Pointwise functions.

use dfdx::prelude::*;

use crate::nn::{Activation, Matrix};

/// f(x), pointwise.
pub fn activate<D: Device<f32>, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    activation: Activation,
) -> Result<Matrix<D, T>, D::Err> {
    match activation {
        Activation::Identity => Ok(x),
        Activation::Relu => x.try_relu(),
        Activation::LeakyRelu(slope) => {
            let negative = x
                .with_empty_tape()
                .try_negate()?
                .try_relu()?
                .try_mul(slope)?;
            x.try_relu()?.try_sub(negative)
        }
        Activation::Tanh => x.try_tanh(),
        Activation::Sigmoid => x.try_sigmoid(),
    }
}
