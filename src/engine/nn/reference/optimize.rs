//! Optimizer and moving-average updates.

use dfdx::prelude::*;

use super::DfdxDevice;
use super::tensors::Matrix;
use crate::engine::nn::knobs;

/// One step of Adam (Kingma & Ba 2015) in PyTorch's form: m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g², w ← w − rate·m
/// / (√v/√correction + ε). Then w is clipped to ±bound; NaN stays NaN. Returns w, m and v.
pub(super) fn adam<D: DfdxDevice>(
    weight: Matrix<D>,
    gradient: &Matrix<D>,
    (first, second): (Matrix<D>, Matrix<D>),
    knobs: &[f32],
) -> Result<[Matrix<D>; 3], D::Err> {
    let (beta1, beta2) = (knobs[knobs::BETA1], knobs[knobs::BETA2]);
    let first = first
        .try_mul(beta1)?
        .try_add(gradient.clone().try_mul(1.0 - beta1)?)?;
    let second = second
        .try_mul(beta2)?
        .try_add(gradient.clone().try_square()?.try_mul(1.0 - beta2)?)?;
    let denominator = second
        .clone()
        .try_sqrt()?
        .try_div(knobs[knobs::ROOT_CORRECTION])?
        .try_add(knobs::EPSILON)?;
    let step = first
        .clone()
        .try_div(denominator)?
        .try_mul(knobs[knobs::STEP_SIZE])?;
    let bound = knobs[knobs::CLIP];
    let weight = weight.try_sub(step)?.try_clamp(-bound, bound)?;
    Ok([weight, first, second])
}

/// decay·average + (1 − decay)·value.
pub(super) fn blend<D: DfdxDevice>(
    average: Matrix<D>,
    value: Matrix<D>,
    decay: f32,
) -> Result<Matrix<D>, D::Err> {
    average.try_mul(decay)?.try_add(value.try_mul(1.0 - decay)?)
}
