//! Norms, and the two halves of a batch.

use dfdx::prelude::*;

use crate::nn::{Matrix, Scalar};

/// Whether a number can be divided by.
pub fn finite_nonzero<D: Device<f32>>(x: &Scalar<D>) -> Result<Tensor<(), bool, D>, D::Err> {
    let size = x.clone().try_abs()?;
    let large_enough = size.try_gt(0.0)?;
    let finite = size.try_le(f32::MAX)?;
    Ok(large_enough & finite)
}

/// √Σx² over all matrices.
pub fn norm<D: Device<f32>>(device: &D, parts: &[Matrix<D>]) -> Result<Scalar<D>, D::Err> {
    let mut total: Scalar<D> = device.try_tensor_from_vec(vec![0.0], ())?;
    for part in parts {
        total = total.try_add(part.clone().try_square()?.try_sum()?)?;
    }
    total.try_sqrt()
}

/// √Σx² over each group of matrices, and over all of them.
#[allow(clippy::type_complexity)]
pub fn norms<D: Device<f32>>(
    device: &D,
    groups: &[&[Matrix<D>]],
) -> Result<(Vec<Scalar<D>>, Scalar<D>), D::Err> {
    let mut total: Scalar<D> = device.try_tensor_from_vec(vec![0.0], ())?;
    let mut norms = Vec::with_capacity(groups.len());
    for group in groups {
        let mut sum: Scalar<D> = device.try_tensor_from_vec(vec![0.0], ())?;
        for part in *group {
            let square = part.clone().try_square()?.try_sum()?;
            total = total.try_add(square.clone())?;
            sum = sum.try_add(square)?;
        }
        norms.push(sum.try_sqrt()?);
    }
    Ok((norms, total.try_sqrt()?))
}

/// The 2-norm of each column: x (features, batch) → (1, batch).
pub fn column_norms<D: Device<f32>>(x: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let batch = x.shape().1;
    x.clone()
        .try_square()?
        .try_sum::<(usize,), Axis<0>>()?
        .try_sqrt()?
        .try_reshape_like(&(1, batch))
}

/// x (features, batch) scaled column by column by `row` (1, batch).
pub fn scale_columns<D: Device<f32>>(x: &Matrix<D>, row: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
    let shape = *x.shape();
    let row = row.clone().try_reshape_like(&(shape.1,))?;
    x.clone()
        .try_mul(row.try_broadcast_like::<(usize, usize), Axis<0>>(&shape)?)
}

/// Both halves of D's batch in one matrix: (features, batch) twice → (features, 2·batch), `first` before `second`.
/// By a choice between the two, spread over both halves: exact, linear in the batch, and no kernel is compiled at run
/// time.
pub fn side_by_side<D: Device<f32>>(
    first: &Matrix<D>,
    second: &Matrix<D>,
) -> Result<Matrix<D>, D::Err> {
    let (features, batch) = *first.shape();
    let shape = (features, 2, batch);
    let twice = |half: &Matrix<D>| {
        half.clone()
            .try_broadcast_like::<(usize, usize, usize), Axis<1>>(&shape)
    };
    first
        .device()
        .try_tensor_from_vec(vec![0.0, 1.0], (2,))?
        .try_broadcast_like::<(usize, usize, usize), Axes2<0, 2>>(&shape)?
        .try_lt(0.5)?
        .try_choose(twice(first)?, twice(second)?)?
        .try_reshape_like(&(features, 2 * batch))
}
