//! The three products of each layer with a weight: forwards, and the gradients of its input and its weight.

use super::{conv, dense::Dense, inner, outer};
use crate::nn::{Geometry, plan::Direction};

/// The products of a layer y = Wx, whatever W is; x and y in slabs (see [`super::slab`]).
#[derive(Clone, Copy, Debug)]
pub enum Products {
    Dense(Dense),
    Convolution {
        geometry: Geometry,
        direction: Direction,
        batch: usize,
    },
}

impl Products {
    /// A dense layer, W (outputs, inputs).
    pub fn dense(inputs: usize, outputs: usize, batch: usize) -> Self {
        Products::Dense(Dense {
            inputs,
            outputs,
            batch,
        })
    }

    /// A convolution, or a transposed one; W (out, channels·taps).
    pub fn convolution(geometry: Geometry, direction: Direction, batch: usize) -> Self {
        Products::Convolution {
            geometry,
            direction,
            batch,
        }
    }

    /// Features of y.
    pub fn outputs(&self) -> usize {
        match self {
            Products::Dense(dense) => dense.outputs,
            Products::Convolution {
                geometry: g,
                direction,
                ..
            } => match direction {
                Direction::Forward => g.out * g.map(),
                Direction::Transposed => g.channels * g.image(),
            },
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
        match self {
            Products::Dense(dense) => dense.forward(x, weight, y, finish),
            Products::Convolution {
                geometry,
                direction,
                batch,
            } => match direction {
                Direction::Forward => conv::correlate(geometry, *batch, x, weight, y, finish),
                Direction::Transposed => conv::adjoint(geometry, *batch, x, weight, y, finish),
            },
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
        match self {
            Products::Dense(dense) => dense.input_gradient(upstream, weight, out, finish),
            Products::Convolution {
                geometry,
                direction,
                batch,
            } => match direction {
                Direction::Forward => {
                    conv::adjoint(geometry, *batch, upstream, weight, out, finish)
                }
                Direction::Transposed => {
                    conv::correlate(geometry, *batch, upstream, weight, out, finish)
                }
            },
        }
    }

    /// The gradient of W, whatever `out` held before.
    pub fn weight_gradient(&self, x: &[f32], upstream: &[f32], out: &mut [f32]) {
        match self {
            Products::Dense(dense) => dense.weight_gradient(x, upstream, out),
            Products::Convolution {
                geometry,
                direction,
                batch,
            } => {
                let (image, map) = match direction {
                    Direction::Forward => (x, upstream),
                    Direction::Transposed => (upstream, x),
                };
                if inner::suits(geometry) {
                    inner::weight_gradient(geometry, *batch, image, map, out);
                } else {
                    outer::weight_gradient(geometry, *batch, image, map, out);
                }
            }
        }
    }
}
