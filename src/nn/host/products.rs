//! The three products of each layer with a weight: forwards, and the gradients of its input and its weight.

use super::{conv, dense::Dense, inner, outer};
use crate::nn::layer::{Direction, Product};

/// y = Wx, whatever y held before, x and y in slabs (see [`super::slab`]); then `finish(channel, offset, part)` for each
/// part of y, where part = y[offset..offset + part.len()] lies wholly in one channel of y.
pub fn forward(
    product: &Product,
    batch: usize,
    x: &[f32],
    weight: &[f32],
    y: &mut [f32],
    finish: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    match product {
        Product::Dense { inputs, outputs } => {
            Dense::new(*inputs, *outputs, batch).forward(x, weight, y, finish);
        }
        Product::Convolution {
            geometry,
            direction,
        } => match direction {
            Direction::Forward => conv::correlate(geometry, batch, x, weight, y, finish),
            Direction::Transposed => conv::adjoint(geometry, batch, x, weight, y, finish),
        },
    }
}

/// The gradient of x, whatever `out` held before; then `finish(channel of x, offset, part)` likewise.
pub fn input_gradient(
    product: &Product,
    batch: usize,
    upstream: &[f32],
    weight: &[f32],
    out: &mut [f32],
    finish: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    match product {
        Product::Dense { inputs, outputs } => {
            let dense = Dense::new(*inputs, *outputs, batch);
            dense.input_gradient(upstream, weight, out, finish);
        }
        Product::Convolution {
            geometry,
            direction,
        } => match direction {
            Direction::Forward => conv::adjoint(geometry, batch, upstream, weight, out, finish),
            Direction::Transposed => {
                conv::correlate(geometry, batch, upstream, weight, out, finish);
            }
        },
    }
}

/// The gradient of W, whatever `out` held before.
pub fn weight_gradient(
    product: &Product,
    batch: usize,
    x: &[f32],
    upstream: &[f32],
    out: &mut [f32],
) {
    match product {
        Product::Dense { inputs, outputs } => {
            Dense::new(*inputs, *outputs, batch).weight_gradient(x, upstream, out);
        }
        Product::Convolution {
            geometry,
            direction,
        } => {
            let (image, map) = match direction {
                Direction::Forward => (x, upstream),
                Direction::Transposed => (upstream, x),
            };
            if inner::suits(geometry) {
                inner::weight_gradient(geometry, batch, image, map, out);
            } else {
                outer::weight_gradient(geometry, batch, image, map, out);
            }
        }
    }
}
