//! Norms and columnwise operations.

use dfdx::prelude::*;

use super::DfdxDevice;
use super::tensors::{Matrix, Scalar};

/// Whether x is finite and not zero.
pub(super) fn finite_nonzero<D: DfdxDevice>(x: &Scalar<D>) -> Result<Tensor<(), bool, D>, D::Err> {
    let size = x.clone().try_abs()?;
    let large_enough = size.try_gt(0.0)?;
    let finite = size.try_le(f32::MAX)?;
    Ok(large_enough & finite)
}

/// √Σx² over all matrices.
pub(super) fn norm<D: DfdxDevice>(device: &D, parts: &[Matrix<D>]) -> Result<Scalar<D>, D::Err> {
    let mut total: Scalar<D> = device.try_tensor_from_vec(vec![0.0], ())?;
    for part in parts {
        total = total.try_add(part.clone().try_square()?.try_sum()?)?;
    }
    total.try_sqrt()
}

/// The 2-norm of each column: x (features, batch) → (1, batch).
pub(super) fn column_norms<D: DfdxDevice>(x: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let batch = x.shape().1;
    x.clone()
        .try_square()?
        .try_sum::<(usize,), Axis<0>>()?
        .try_sqrt()?
        .try_reshape_like(&(1, batch))
}

/// x (features, batch) with each column multiplied by its entry in `row` (1, batch).
pub(super) fn scale_columns<D: DfdxDevice>(
    x: &Matrix<D>,
    row: &Matrix<D>,
) -> Result<Matrix<D>, D::Err> {
    let shape = *x.shape();
    let row = row.clone().try_reshape_like(&(shape.1,))?;
    x.clone()
        .try_mul(row.try_broadcast_like::<(usize, usize), Axis<0>>(&shape)?)
}
