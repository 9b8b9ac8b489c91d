//! Updates of parameters.

use dfdx::prelude::*;

use crate::nn::{Matrix, adam::Rates};

/// One step of Adam (Kingma & Ba 2015) in PyTorch's form: m ← β1·m + (1 − β1)·g, v ← β2·v + (1 − β2)·g²,
/// w ← w − rate·m / (√v/√correction + ε).
pub fn adam<D: Device<f32>>(
    weight: &mut Matrix<D>,
    gradient: &Matrix<D>,
    (first, second): (&mut Matrix<D>, &mut Matrix<D>),
    rates: &Rates,
) -> Result<(), D::Err> {
    *first = first
        .clone()
        .try_mul(rates.beta1)?
        .try_add(gradient.clone().try_mul(1.0 - rates.beta1)?)?;
    *second = second
        .clone()
        .try_mul(rates.beta2)?
        .try_add(gradient.clone().try_square()?.try_mul(1.0 - rates.beta2)?)?;
    let denominator = second
        .clone()
        .try_sqrt()?
        .try_div(rates.root_correction)?
        .try_add(rates.epsilon)?;
    *weight = weight.clone().try_sub(
        first
            .clone()
            .try_div(denominator)?
            .try_mul(rates.step_size)?,
    )?;
    Ok(())
}

/// Every number brought to within ±bound; NaNs stay.
pub fn clip<D: Device<f32>>(weight: &mut Matrix<D>, bound: f32) -> Result<(), D::Err> {
    *weight = weight.clone().try_clamp(-bound, bound)?;
    Ok(())
}

/// average ← decay·average + (1 − decay)·value.
pub fn blend<D: Device<f32>>(
    average: &mut Matrix<D>,
    value: &Matrix<D>,
    decay: f32,
) -> Result<(), D::Err> {
    *average = average
        .clone()
        .try_mul(decay)?
        .try_add(value.clone().try_mul(1.0 - decay)?)?;
    Ok(())
}
