//! Upsampling and pooling as gathers.

use dfdx::prelude::*;

use crate::nn::{
    Matrix,
    pooling::{Pooling, Sampling},
};

/// x (fine or coarse features, batch) → (coarse or fine features, batch).
pub fn pool<D: Device<f32>, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    pooling: &Pooling<D>,
) -> Result<Matrix<D, T>, D::Err> {
    let (cells, batch) = (pooling.cells, x.shape().1);
    let gather = pooling.gather(&x.device().clone())?;
    let rows = gather.apply(x)?;
    let y = match pooling.sampling {
        Sampling::Spread => rows,
        Sampling::Collect => rows
            .try_reshape_like(&(cells.area(), cells.coarse() * batch))?
            .try_sum::<(usize,), Axis<0>>()?
            .try_reshape_like(&(cells.coarse(), batch))?,
    };
    y.try_mul(pooling.scale)
}
