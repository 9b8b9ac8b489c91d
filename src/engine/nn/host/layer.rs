//! Forward pass, input gradient and weight gradient of one layer with a weight.

use super::{
    Host,
    buffers::{self, Buffer},
    epilogue::Epilogue,
    pointwise, products,
    spectral::Normalization,
};
use crate::engine::nn::{Weights, layer::Affine};

/// y = f(factor·Wx + b). The factor is gain/σ for a normalized layer, so the normalized weight is never stored.
pub(super) fn forward(layer: &Affine, weights: Weights<Host>, x: &[f32], batch: usize) -> Buffer {
    let weight = &weights.numbers[layer.weight.clone()];
    let bias = layer.bias.clone().map(|place| &weights.numbers[place]);
    let factor = Normalization::factor_of(layer, weights);
    let mut y = buffers::take(layer.product.outputs() * batch);
    let epilogue = |channel: usize, _: usize, part: &mut [f32]| {
        let bias = bias.map_or(0.0, |bias| bias[channel]);
        pointwise::bias_activate(part, factor, bias, layer.activation);
    };
    products::forward(&layer.product, batch, x, weight, &mut y, epilogue);
    y
}

/// The gradient of the input: factor·Wᵀ·upstream, followed by the epilogue.
pub(super) fn input_gradient(
    layer: &Affine,
    weights: Weights<Host>,
    upstream: &[f32],
    batch: usize,
    epilogue: &Epilogue,
) -> Buffer {
    let weight = &weights.numbers[layer.weight.clone()];
    let factor = Normalization::factor_of(layer, weights);
    let mut out = buffers::take(epilogue.length());
    let epilogue = |_: usize, offset: usize, part: &mut [f32]| epilogue.apply(offset, part, factor);
    products::input_gradient(&layer.product, batch, upstream, weight, &mut out, epilogue);
    out
}

/// Writes the gradient of the weight, upstream·xᵀ (through σ for a normalized layer), and of the bias, the sums of
/// upstream.
pub(super) fn weight_gradient(
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
        normalization.backward(gradient);
    }
    if let Some(bias) = &layer.bias {
        pointwise::channel_sums(upstream, batch, &mut gradients[bias.clone()]);
    }
}
