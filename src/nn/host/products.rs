//! The three products of each layer with a weight: forwards, and the gradients of its input and its weight.

use super::{conv, outer::weight_gradient};
use crate::nn::{Geometry, plan::Direction};

/// The products of a layer y = Wx, whatever W is; x and y in slabs (see [`super::slab`]).
#[derive(Clone, Copy, Debug)]
pub struct Products {
    geometry: Geometry,
    direction: Direction,
    batch: usize,
}

impl Products {
    /// A dense layer, W (outputs, inputs): a convolution of an image of one place.
    pub fn dense(inputs: usize, outputs: usize, batch: usize) -> Self {
        let geometry = Geometry {
            channels: inputs,
            height: 1,
            width: 1,
            out: outputs,
            out_height: 1,
            out_width: 1,
            kernel: 1,
            stride: 1,
            padding: 0,
        };
        Self::convolution(geometry, Direction::Forward, batch)
    }

    /// A convolution, or a transposed one; W (out, channels·taps).
    pub fn convolution(geometry: Geometry, direction: Direction, batch: usize) -> Self {
        Self {
            geometry,
            direction,
            batch,
        }
    }

    fn image(&self) -> usize {
        self.geometry.channels * self.geometry.image()
    }

    fn map(&self) -> usize {
        self.geometry.out * self.geometry.map()
    }

    /// Features of y.
    pub fn outputs(&self) -> usize {
        match self.direction {
            Direction::Forward => self.map(),
            Direction::Transposed => self.image(),
        }
    }

    /// y = Wx, whatever y held before; then `finish(channel, offset, part)` for each part of y, where
    /// part = y[offset..offset + part.len()] lies wholly in one channel of y.
    pub fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        y: &mut [f32],
        finish: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        match self.direction {
            Direction::Forward => conv::correlate(&self.geometry, self.batch, x, weight, y, finish),
            Direction::Transposed => {
                conv::adjoint(&self.geometry, self.batch, x, weight, y, finish)
            }
        }
    }

    /// The gradient of x, whatever `out` held before; then `finish(channel of x, offset, part)` likewise.
    pub fn input_gradient(
        &self,
        upstream: &[f32],
        weight: &[f32],
        out: &mut [f32],
        finish: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        match self.direction {
            Direction::Forward => {
                conv::adjoint(&self.geometry, self.batch, upstream, weight, out, finish)
            }
            Direction::Transposed => {
                conv::correlate(&self.geometry, self.batch, upstream, weight, out, finish)
            }
        }
    }

    /// The gradient of W, whatever `out` held before.
    pub fn weight_gradient(&self, x: &[f32], upstream: &[f32], out: &mut [f32]) {
        let (image, map) = match self.direction {
            Direction::Forward => (x, upstream),
            Direction::Transposed => (upstream, x),
        };
        weight_gradient(&self.geometry, self.batch, image, map, out);
    }
}
