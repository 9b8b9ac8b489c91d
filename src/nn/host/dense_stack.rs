//! Consecutive dense layers: one task takes a slab of samples through all of them. The gradients of all weights are
//! computed in one parallel region.

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    Host,
    buffers::{self, Buffer},
    dense::{PackedMatrix, Rows, bias_gradient, column_sums, row_length, weight_gradients},
    epilogue::Epilogue,
    pointwise,
    prepared::{self, Direction},
    slab::SLAB,
    spectral::{Normalization, disjoint_mut},
    spin::keep_threads_spinning,
    transpose::transpose,
};
use crate::nn::{
    Activation, Weights,
    backend::{ForwardOutput, GradientEpilogue, InputGradient},
    layer::{Affine, Product},
};

/// A layer, its packed weight and its factor.
struct Step<'a> {
    layer: &'a Affine,
    /// None if the pass skips this layer.
    weight: Option<&'a PackedMatrix>,
    factor: f32,
}

impl<'a> Step<'a> {
    fn all(
        layers: &'a [Arc<Affine>],
        weights: Weights<Host>,
        packed: &'a [Option<Arc<PackedMatrix>>],
    ) -> Vec<Self> {
        let step = |(layer, packed): (&'a Arc<Affine>, &'a Option<Arc<PackedMatrix>>)| Self {
            layer,
            weight: packed.as_deref(),
            factor: Normalization::factor_of(layer, weights),
        };
        layers.iter().zip(packed).map(step).collect()
    }
}

/// A layer's bias, padded to the length of a row; zeros without a bias.
fn bias(layer: &Affine, weights: Weights<Host>) -> Vec<f32> {
    let mut bias = match &layer.bias {
        Some(place) => weights.numbers[place.clone()].to_vec(),
        None => Vec::new(),
    };
    bias.resize(row_length(outputs(&layer.product)), 0.0);
    bias
}

/// The row layout of the inputs of all layers, or of their outputs.
fn rows(layers: &[Arc<Affine>], batch: usize, pick: impl Fn(&Product) -> usize) -> Rows {
    let features = layers.iter().map(|layer| pick(&layer.product));
    Rows::new(features.collect(), batch)
}

fn inputs(product: &Product) -> usize {
    product.stored().1
}

fn outputs(product: &Product) -> usize {
    product.stored().0
}

/// y = f(factor·Wx + b), layer by layer. Saves the inputs of all layers.
pub(super) fn forward(
    layers: &[Arc<Affine>],
    weights: Weights<Host>,
    x: &[f32],
    batch: usize,
    keep: bool,
) -> ForwardOutput<Host> {
    let pack = |layer: &Arc<Affine>| Some(prepared::packed(layer, weights, Direction::Forward));
    let packed: Vec<_> = layers.iter().map(pack).collect();
    let steps = Step::all(layers, weights, &packed);
    let biases: Vec<Vec<f32>> = layers.iter().map(|layer| bias(layer, weights)).collect();
    let features = x.len() / batch;
    let last = layers.last();
    let made = last.map_or(features, |layer| outputs(&layer.product));
    let rows = rows(layers, batch, inputs);
    let mut saved = buffers::take(rows.length());
    let mut y = buffers::take(made * batch);
    rows.slabs_mut(&mut saved)
        .zip(y.par_chunks_mut(made * SLAB))
        .zip(x.par_chunks(features * SLAB))
        .for_each(|((slab, y), x)| {
            let mut last = buffers::take(row_length(made) * rows.samples(slab));
            let mut parts = rows.split(slab);
            parts.push(&mut last);
            to_rows(x, features, parts[0]);
            for (index, (step, bias)) in steps.iter().zip(&biases).enumerate() {
                if let (Some(weight), [x, y]) = (step.weight, &mut parts[index..index + 2]) {
                    weight.apply(x, y);
                    pointwise::bias_activate_rows(y, step.factor, bias, step.layer.activation);
                }
            }
            to_slab(parts[steps.len()], made, y);
        });
    keep_threads_spinning();
    ForwardOutput {
        output: y,
        saved: keep.then_some(saved),
    }
}

/// Transposes a slab (features, samples) to rows.
fn to_rows(slab: &[f32], features: usize, rows: &mut [f32]) {
    let (samples, length) = (slab.len() / features, row_length(features));
    let row = |feature: usize| &slab[feature * samples..][..samples];
    transpose(features, row, rows, length, samples);
}

/// Transposes rows to a slab (features, samples).
fn to_slab(rows: &[f32], features: usize, slab: &mut [f32]) {
    let (samples, length) = (slab.len() / features, row_length(features));
    let row = |sample: usize| &rows[sample * length..][..features];
    transpose(samples, row, slab, samples, features);
}

/// Computes the gradients of all outputs from `upstream`, the gradient of the last one, and the gradient of the input
/// if there is an `epilogue`.
///
/// The gradients of the outputs are saved as rows. Behind them lie the column sums of each slab, from which the bias
/// gradients are computed.
pub(super) fn input_gradient(
    layers: &[Arc<Affine>],
    weights: Weights<Host>,
    saved: &[f32],
    upstream: &[f32],
    batch: usize,
    epilogue: Option<GradientEpilogue<Host>>,
) -> InputGradient<Host> {
    let skipped = usize::from(epilogue.is_none());
    let pack = |(index, layer): (usize, &Arc<Affine>)| {
        (index >= skipped).then(|| prepared::packed(layer, weights, Direction::Backward))
    };
    let packed: Vec<_> = layers.iter().enumerate().map(pack).collect();
    let steps = Step::all(layers, weights, &packed);
    let (inputs, outputs) = (rows(layers, batch, inputs), rows(layers, batch, outputs));
    let (features, made) = (inputs.features(0), upstream.len() / batch);
    let mut intermediate = buffers::take(outputs.length() + outputs.length_of_sums());
    let (all, sums) = intermediate.split_at_mut(outputs.length());
    let mut input = epilogue.as_ref().map(|_| buffers::take(features * batch));
    let epilogue = epilogue.as_ref().map(Epilogue::of);
    let mut parts: Vec<Option<&mut [f32]>> = match &mut input {
        Some(input) => input.chunks_mut(features * SLAB).map(Some).collect(),
        None => Vec::new(),
    };
    parts.resize_with(batch.div_ceil(SLAB), || None);
    outputs
        .slabs_mut(all)
        .zip(outputs.sums_mut(sums))
        .zip(inputs.slabs(saved))
        .zip(upstream.par_chunks(made * SLAB))
        .zip(parts)
        .enumerate()
        .for_each(|(slab, ((((own, sums), saved), upstream), out))| {
            let samples = outputs.samples(own);
            let mut first = buffers::take(row_length(features) * samples);
            let mut parts = outputs.split(own);
            parts.insert(0, &mut first);
            to_rows(upstream, made, parts[steps.len()]);
            column_sums(
                parts[steps.len()],
                &mut sums[outputs.layer(steps.len() - 1, 1)],
            );
            for (index, step) in steps.iter().enumerate().rev() {
                if let (Some(weight), [gradient, upstream]) =
                    (step.weight, &mut parts[index..index + 2])
                {
                    weight.apply(upstream, gradient);
                    let before = index.checked_sub(1);
                    let activation = before.map(|before| steps[before].layer.activation);
                    let y = &saved[inputs.layer(index, samples)];
                    let activation = activation.unwrap_or(Activation::Identity);
                    pointwise::activation_gradient(gradient, step.factor, y, activation);
                    if let Some(before) = before {
                        column_sums(gradient, &mut sums[outputs.layer(before, 1)]);
                    }
                }
            }
            if let (Some(out), Some(epilogue)) = (out, &epilogue) {
                to_slab(parts[0], features, out);
                epilogue.apply(slab * features * SLAB, out, 1.0);
            }
        });
    keep_threads_spinning();
    InputGradient {
        input,
        intermediate: Some(intermediate),
    }
}

/// Computes the gradients of weights and biases from the saved inputs and from what [`input_gradient`] saved.
pub(super) fn weight_gradient(
    layers: &[Arc<Affine>],
    weights: Weights<Host>,
    saved: &[f32],
    intermediate: &Buffer,
    batch: usize,
    to: &mut [f32],
) {
    let (inputs, outputs) = (rows(layers, batch, inputs), rows(layers, batch, outputs));
    let (intermediate, sums) = intermediate.split_at(outputs.length());
    for (index, layer) in layers.iter().enumerate() {
        if let Some(bias) = &layer.bias {
            bias_gradient(&outputs, sums, index, &mut to[bias.clone()]);
        }
    }
    let places = layers.iter().map(|layer| layer.weight.clone());
    let mut weights_to = disjoint_mut(to, &places.collect::<Vec<_>>());
    weight_gradients((&inputs, saved), (&outputs, intermediate), &mut weights_to);
    keep_threads_spinning();
    for (layer, gradient) in layers.iter().zip(weights_to) {
        if let Some(normalization) = Normalization::of(layer, weights) {
            normalization.backward(gradient);
        }
    }
}
