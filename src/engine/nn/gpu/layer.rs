//! Forward pass, input gradient and weight gradient of one layer, or of several consecutive dense layers. Activations
//! and gradients between dense layers are in one buffer, layer by layer.

use std::{ops::Range, sync::Arc};

use super::{
    Gpu,
    arguments::{Address, GradientEpilogue, ProductEpilogue},
    buffers::Buffer,
    dense_stack::DenseStack,
    gradients::{self, DenseOperands},
    products::Call,
};
use crate::engine::nn::{
    Activation, Weights,
    backend::{self, ForwardOutput, Result},
    layer::{Affine, Product},
    spectral::FIGURES,
};

/// The ranges of the outputs of all layers but the last.
fn ranges(layers: &[Arc<Affine>], batch: usize) -> Vec<Range<usize>> {
    let inner = layers.split_last().map_or(&[][..], |(_, inner)| inner);
    let mut end = 0;
    let place = |layer: &Arc<Affine>| {
        let start = end;
        end += layer.product.outputs() * batch;
        start..end
    };
    inner.iter().map(place).collect()
}

/// A buffer for the outputs in `ranges`; none without ranges.
fn buffer_for(gpu: &Gpu, ranges: &[Range<usize>]) -> Result<Option<Buffer>> {
    let length = ranges.last().map(|place| place.end);
    length.map(|length| gpu.take(length)).transpose()
}

/// The address of the output of layer `index`: in the buffer `inner`, or `last` for the last layer.
fn address(
    index: usize,
    ranges: &[Range<usize>],
    inner: Option<&Buffer>,
    last: &Buffer,
) -> Address {
    match (ranges.get(index), inner) {
        (Some(place), Some(inner)) => inner.at(place.clone()),
        _ => last.start(),
    }
}

/// One product: a layer with its weight, epilogue, input and output.
pub(super) struct Step<'a> {
    pub layer: &'a Affine,
    pub weight: Address,
    pub epilogue: ProductEpilogue,
    pub from: Address,
    pub to: Address,
}

impl Step<'_> {
    fn call<'a>(&'a self, gpu: &'a Gpu, batch: usize) -> Call<'a> {
        Call {
            gpu,
            product: &self.layer.product,
            batch,
        }
    }
}

/// The figures of a normalized layer, else [`Address::NONE`].
fn figures(layer: &Affine, weights: Weights<Gpu>) -> Address {
    if layer.is_normalized() {
        weights.figures.at(layer.figures..layer.figures + FIGURES)
    } else {
        Address::NONE
    }
}

/// y = f(factor·Wx + b), layer by layer. The factor is gain/σ for a normalized layer, else 1.
pub(super) fn forward(
    gpu: &Gpu,
    layers: &[Arc<Affine>],
    weights: Weights<Gpu>,
    x: &Buffer,
    batch: usize,
) -> Result<ForwardOutput<Gpu>> {
    let ranges = ranges(layers, batch);
    let saved = buffer_for(gpu, &ranges)?;
    let outputs = layers.last().map_or(0, |layer| layer.product.outputs());
    let output = gpu.take(outputs * batch)?;
    let mut from = x.start();
    let steps = layers.iter().enumerate().map(|(index, layer)| {
        let to = address(index, &ranges, saved.as_ref(), &output);
        let bias = layer.bias.clone();
        let epilogue = ProductEpilogue {
            bias: bias.map_or(Address::NONE, |place| weights.numbers.at(place)),
            figures: figures(layer, weights),
            activation: layer.activation.into(),
            gradient: GradientEpilogue::none(),
        };
        Step {
            layer,
            weight: weights.numbers.at(layer.weight.clone()),
            epilogue,
            from: std::mem::replace(&mut from, to),
            to,
        }
    });
    let steps: Vec<Step> = steps.collect();
    if let Some(stack) = DenseStack::of(&steps)? {
        stack.forward(gpu, x.start(), batch)?;
    } else {
        for step in &steps {
            step.call(gpu, batch)
                .forward(step.weight, step.from, step.to, step.epilogue)?;
        }
    }
    Ok(ForwardOutput { output, saved })
}

/// The gradients factor·Wᵀ·upstream, from the last layer to the first. Returns that of the input, if there is an
/// `epilogue`, and those between the layers.
pub(super) fn input_gradient(
    gpu: &Gpu,
    layers: &[Arc<Affine>],
    weights: Weights<Gpu>,
    saved: Option<&Buffer>,
    upstream: &Buffer,
    batch: usize,
    epilogue: Option<backend::GradientEpilogue<Gpu>>,
) -> Result<(Option<Buffer>, Option<Buffer>)> {
    let ranges = ranges(layers, batch);
    let intermediate = buffer_for(gpu, &ranges)?;
    let input = epilogue.as_ref().map(|epilogue| gpu.take(epilogue.length));
    let input = input.transpose()?;
    let steps = layers.iter().enumerate().map(|(index, layer)| {
        let (to, gradient) = match (index.checked_sub(1), &input, &epilogue) {
            (Some(before), ..) => {
                let to = address(before, &ranges, intermediate.as_ref(), upstream);
                let output = address(before, &ranges, saved, upstream);
                (
                    to,
                    GradientEpilogue::activations(output, layers[before].activation),
                )
            }
            (None, Some(input), Some(epilogue)) => (input.start(), GradientEpilogue::of(epilogue)),
            (None, ..) => (Address::NONE, GradientEpilogue::none()),
        };
        let epilogue = ProductEpilogue {
            bias: Address::NONE,
            figures: figures(layer, weights),
            activation: Activation::Identity.into(),
            gradient,
        };
        Step {
            layer,
            weight: weights.numbers.at(layer.weight.clone()),
            epilogue,
            from: address(index, &ranges, intermediate.as_ref(), upstream),
            to,
        }
    });
    let steps: Vec<Step> = steps.collect();
    if let Some(stack) = DenseStack::of(&steps)? {
        stack.backward(gpu, upstream.start(), batch)?;
    } else {
        let wanted = steps.iter().rev().filter(|step| step.to != Address::NONE);
        for step in wanted {
            step.call(gpu, batch)
                .input_gradient(step.weight, step.from, step.to, step.epilogue)?;
        }
    }
    Ok((input, intermediate))
}

/// Gradients of weights and biases, without the gradient through σ; see [`super::spectral`].
pub(super) fn weight_gradient(
    gpu: &Gpu,
    layers: &[Arc<Affine>],
    (x, saved): (&Buffer, Option<&Buffer>),
    (upstream, intermediate): (&Buffer, Option<&Buffer>),
    batch: usize,
    gradients: &mut Buffer,
) -> Result<()> {
    let ranges = ranges(layers, batch);
    let input = |index: usize| match index.checked_sub(1) {
        Some(before) => address(before, &ranges, saved, x),
        None => x.start(),
    };
    let output = |index: usize| address(index, &ranges, intermediate, upstream);
    if let [layer] = layers
        && let Product::Convolution {
            geometry,
            direction,
        } = &layer.product
    {
        let ends = (input(0), output(0));
        return gradients::convolution(gpu, layer, (geometry, *direction), ends, batch, gradients);
    }
    let dense: Vec<DenseOperands> = layers
        .iter()
        .enumerate()
        .map(|(index, layer)| DenseOperands {
            layer,
            x: input(index),
            upstream: output(index),
        })
        .collect();
    gradients::dense(gpu, &dense, batch, gradients)
}
