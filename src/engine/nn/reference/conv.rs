//! Convolutions as a gather (im2col) and a matrix product.

use dfdx::prelude::*;

use super::{
    DfdxDevice,
    activation::activate,
    tensors::{Matrix, add_bias, scale_rows},
};
use crate::engine::nn::{Activation, Geometry};

/// A copy of rows of a matrix by index; rows without a source are multiplied by 0.
pub(super) struct Gather<D: DfdxDevice> {
    index: Tensor<(usize,), usize, D>,
    /// (rows, 1), 1 or 0.
    mask: Matrix<D>,
}

impl<D: DfdxDevice> Gather<D> {
    /// A gather of the given source rows; `None` gives a row of zeros.
    pub(super) fn new(device: &D, rows: &[Option<usize>]) -> Result<Self, D::Err> {
        let index = rows.iter().map(|row| row.unwrap_or(0)).collect::<Vec<_>>();
        let mask = rows
            .iter()
            .map(|row| f32::from(u8::from(row.is_some())))
            .collect::<Vec<_>>();
        Ok(Self {
            index: device.try_tensor_from_vec(index, (rows.len(),))?,
            mask: device.try_tensor_from_vec(mask, (rows.len(), 1))?,
        })
    }

    /// x (n, batch) → (rows, batch).
    pub(super) fn apply<T: Tape<f32, D>>(&self, x: Matrix<D, T>) -> Result<Matrix<D, T>, D::Err> {
        let rows: Matrix<D, T> = x.try_gather(self.index.clone())?;
        scale_rows(rows, &self.mask)
    }
}

/// The source rows of im2col: from (channels·image, batch) to (channels·taps·map, batch).
pub(super) fn columns(geometry: &Geometry) -> Vec<Option<usize>> {
    let mut rows = Vec::with_capacity(geometry.fan_in() * geometry.map());
    for channel in 0..geometry.channels {
        for tap in 0..geometry.taps() {
            rows.extend((0..geometry.map()).map(|position| {
                let source = geometry.source(position, tap)?;
                Some(channel * geometry.image() + source)
            }));
        }
    }
    rows
}

/// f(W∗x + b): x (channels·image, batch), weight (out, channels·taps), bias (out, 1) → (out·map, batch). `gather` is
/// the gather of [`columns`].
pub(super) fn conv<D: DfdxDevice, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    weight: &Matrix<D>,
    bias: Option<&Matrix<D>>,
    activation: Activation,
    geometry: &Geometry,
    gather: &Gather<D>,
) -> Result<Matrix<D, T>, D::Err> {
    let batch = x.shape().1;
    let columns = gather
        .apply(x)?
        .try_reshape_like(&(geometry.fan_in(), geometry.map() * batch))?;
    let y = weight.retaped::<T>().try_matmul(columns)?;
    activate(add_bias(y, bias)?, activation)?
        .try_reshape_like(&(geometry.out * geometry.map(), batch))
}
