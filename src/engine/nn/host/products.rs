//! The products of a layer's weight: forward, gradient of the input, gradient of the weight.

use super::{
    conv,
    dense::Dense,
    weight_gradient::{self, Operands},
};
use crate::engine::nn::layer::{Direction, Product};

/// Overwrites y with Wx. x and y are in slabs (see [`super::slab`]). Then calls `epilogue(channel, offset, part)` for
/// each part of y: part = y[offset..offset + part.len()] lies within one channel.
pub(crate) fn forward(
    product: &Product,
    batch: usize,
    x: &[f32],
    weight: &[f32],
    y: &mut [f32],
    epilogue: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    match product {
        Product::Dense { inputs, outputs } => {
            Dense::new(*inputs, *outputs, batch).forward(x, weight, y, epilogue);
        }
        Product::Convolution {
            geometry,
            direction,
        } => match direction {
            Direction::Forward => conv::correlate(geometry, batch, x, weight, y, epilogue),
            Direction::Transposed => conv::adjoint(geometry, batch, x, weight, y, epilogue),
        },
    }
}

/// Overwrites `out` with the gradient of x. Then calls `epilogue(channel of x, offset, part)` for each part of `out`.
pub(crate) fn input_gradient(
    product: &Product,
    batch: usize,
    upstream: &[f32],
    weight: &[f32],
    out: &mut [f32],
    epilogue: impl Fn(usize, usize, &mut [f32]) + Sync,
) {
    match product {
        Product::Dense { inputs, outputs } => {
            let dense = Dense::new(*inputs, *outputs, batch);
            dense.input_gradient(upstream, weight, out, epilogue);
        }
        Product::Convolution {
            geometry,
            direction,
        } => match direction {
            Direction::Forward => conv::adjoint(geometry, batch, upstream, weight, out, epilogue),
            Direction::Transposed => {
                conv::correlate(geometry, batch, upstream, weight, out, epilogue);
            }
        },
    }
}

/// Overwrites `out` with the gradient of W.
pub(crate) fn weight_gradient(
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
            let operands = Operands {
                geometry,
                batch,
                image,
                map,
            };
            weight_gradient::weight_gradient(operands, out);
        }
    }
}
