//! The three parts of one layer with a weight: forward, input gradient, weight gradient.

use super::{
    Host,
    below::Finish,
    buffers::{self, Buffer},
    pointwise, products,
    spectral::Normalization,
};
use crate::nn::{Weights, layer::Affine};

/// y = f(factor·Wx + b); the factor is gain/σ where the layer is normalized: its normalized weight is never made.
pub fn forward(layer: &Affine, weights: Weights<Host>, x: &[f32], batch: usize) -> Buffer {
    let weight = &weights.numbers[layer.weight.clone()];
    let bias = layer.bias.clone().map(|place| &weights.numbers[place]);
    let factor = Normalization::factor_of(layer, weights);
    let mut y = buffers::take(layer.product.outputs() * batch);
    let finish = |channel: usize, _: usize, part: &mut [f32]| {
        let bias = bias.map_or(0.0, |bias| bias[channel]);
        pointwise::finish(part, factor, bias, layer.activation);
    };
    products::forward(&layer.product, batch, x, weight, &mut y, finish);
    y
}

/// factor·Wᵀ·upstream, finished.
pub fn input_gradient(
    layer: &Affine,
    weights: Weights<Host>,
    upstream: &[f32],
    batch: usize,
    finish: &Finish,
) -> Buffer {
    let weight = &weights.numbers[layer.weight.clone()];
    let factor = Normalization::factor_of(layer, weights);
    let mut out = buffers::take(finish.length());
    let finish = |_: usize, offset: usize, part: &mut [f32]| finish.apply(offset, part, factor);
    products::input_gradient(&layer.product, batch, upstream, weight, &mut out, finish);
    out
}

/// upstream·xᵀ, through σ where the layer is normalized, and the sums of upstream.
pub fn weight_gradient(
    layer: &Affine,
    weights: Weights<Host>,
    x: &[f32],
    upstream: &[f32],
    batch: usize,
    gradients: &mut [f32],
) {
    let gradient = &mut gradients[layer.weight.clone()];
    products::weight_gradient(&layer.product, batch, x, upstream, gradient);
    if let Some(normalization) = Normalization::of(layer, weights) {
        normalization.through(gradient);
    }
    if let Some(bias) = &layer.bias {
        pointwise::channel_sums(upstream, batch, &mut gradients[bias.clone()]);
    }
}
