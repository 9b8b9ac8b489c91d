//! Updates that are not applied, without the host knowing.

use dfdx::prelude::*;

use crate::nn::{Matrix, Scalar};

/// `flag` (1 or 0) where both numbers are finite, else 0. By a choice: 0·NaN would be NaN.
pub fn still_finite<D: Device<f32>>(
    flag: &Scalar<D>,
    loss: &Scalar<D>,
    norm: &Scalar<D>,
) -> Result<Scalar<D>, D::Err> {
    let finite = |x: &Scalar<D>| x.clone().try_abs()?.try_le(f32::MAX);
    let both = finite(loss)? & finite(norm)?;
    both.try_choose(flag.clone(), flag.clone().try_mul(0.0)?)
}

/// `new` becomes `old` where `flag` is 0 and stays where it is 1.
pub fn keep<D: Device<f32>>(
    flag: &Scalar<D>,
    new: &mut Matrix<D>,
    old: &Matrix<D>,
) -> Result<(), D::Err> {
    let shape = *new.shape();
    let applied = flag
        .clone()
        .try_broadcast_like::<(usize, usize), _>(&shape)?
        .try_ge(0.5)?;
    *new = applied.try_choose(new.clone(), old.clone())?;
    Ok(())
}
