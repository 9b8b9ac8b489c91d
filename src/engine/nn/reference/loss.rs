//! Losses of D's scores and their derivatives.

use dfdx::prelude::*;

use super::DfdxDevice;
use super::tensors::{Matrix, Scalar};
use crate::{engine::nn::record::Objective, preset::Loss};

/// The sum of the loss over all scores, and its derivative with respect to each.
///
/// `scores` and `sides` are (1, n). A side is +1 if D should call the sample real and −1 if it should not. Each term is
/// divided by the objective's batch. G's loss is D's loss with side +1; for hinge and Wasserstein (`Objective::linear`)
/// it is −score.
pub(super) fn loss<D: DfdxDevice>(
    scores: &Matrix<D>,
    sides: &Matrix<D>,
    objective: &Objective,
) -> Result<(Scalar<D>, Matrix<D>), D::Err> {
    let per = 1.0 / objective.batch as f32;
    // The margin is positive where D is right.
    let margin = scores.clone().try_mul(sides.clone())?;
    let (terms, slope) = match objective.loss {
        _ if objective.linear => (margin.clone().try_negate()?, sides.clone().try_negate()?),
        Loss::Hinge => {
            let lack = margin.clone().try_negate()?.try_add(1.0)?;
            let active = lack.try_gt(0.0)?;
            // NaN is not active: it reaches the result through the zeros.
            let zero = scores.clone().try_mul(0.0)?;
            let slope = sides.clone().try_negate()?;
            let slope = active.clone().try_choose(slope, zero.clone())?;
            (active.try_choose(lack, zero)?, slope)
        }
        Loss::Wasserstein => (margin.clone().try_negate()?, sides.clone().try_negate()?),
        Loss::NonSaturating => {
            // softplus(−m) = max(−m, 0) + ln(1 + e^−|m|)
            let tail = margin
                .clone()
                .try_abs()?
                .try_negate()?
                .try_exp()?
                .try_add(1.0)?
                .try_ln()?;
            let wrong = margin.clone().try_negate()?;
            let terms = wrong.clone().try_relu()?.try_add(tail)?;
            let slope = wrong.try_sigmoid()?.try_mul(sides.clone())?.try_negate()?;
            (terms, slope)
        }
        Loss::LeastSquares => {
            let target = sides.clone().try_add(1.0)?.try_mul(0.5)?;
            let error = scores.clone().try_sub(target)?;
            (error.clone().try_square()?.try_mul(0.5)?, error)
        }
    };
    Ok((terms.try_sum()?.try_mul(per)?, slope.try_mul(per)?))
}
