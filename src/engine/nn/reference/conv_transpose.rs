//! Transposed convolutions as a matrix product and a gather (col2im).

use dfdx::prelude::*;

use super::{
    DfdxDevice,
    activation::activate,
    conv::Gather,
    tensors::{Matrix, add_bias},
};
use crate::engine::nn::{Activation, Geometry};

/// The source rows of col2im: `terms` blocks of (channels·image) rows, read from (channels·taps·map, batch), which are
/// then summed. At most ⌈kernel/stride⌉² taps reach an image position; `terms` must be at least that.
pub(super) fn rows(geometry: &Geometry, terms: usize) -> Vec<Option<usize>> {
    let mut meeting = vec![Vec::with_capacity(terms); geometry.image()];
    for tap in 0..geometry.taps() {
        for position in 0..geometry.map() {
            if let Some(source) = geometry.source(position, tap) {
                meeting[source].push(tap * geometry.map() + position);
            }
        }
    }
    let mut rows = Vec::with_capacity(terms * geometry.channels * geometry.image());
    for term in 0..terms {
        for channel in 0..geometry.channels {
            let block = channel * geometry.taps() * geometry.map();
            rows.extend(
                meeting
                    .iter()
                    .map(|rows| rows.get(term).map(|row| block + row)),
            );
        }
    }
    rows
}

/// f(Wᵀ∗x + b): x (out·map, batch), weight (out, channels·taps), bias (channels, 1) → (channels·image, batch). The
/// names are those of the [`Geometry`], whose map is this layer's input. `gather` is the gather of [`rows`].
pub(super) fn conv_transpose<D: DfdxDevice, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    weight: &Matrix<D>,
    bias: Option<&Matrix<D>>,
    activation: Activation,
    geometry: &Geometry,
    terms: usize,
    gather: &Gather<D>,
) -> Result<Matrix<D, T>, D::Err> {
    let batch = x.shape().1;
    let (rows, image) = (geometry.fan_in() * geometry.map(), geometry.image());
    let x = x.try_reshape_like(&(geometry.out, geometry.map() * batch))?;
    let transposed = weight
        .retaped::<T>()
        .try_permute::<(usize, usize), Axes2<1, 0>>()?;
    let products = transposed.try_matmul(x)?.try_reshape_like(&(rows, batch))?;
    let y = gather
        .apply(products)?
        .try_reshape_like(&(terms, geometry.channels * image * batch))?
        .try_sum::<(usize,), Axis<0>>()?
        .try_reshape_like(&(geometry.channels, image * batch))?;
    activate(add_bias(y, bias)?, activation)?.try_reshape_like(&(geometry.channels * image, batch))
}
