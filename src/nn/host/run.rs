//! Dense layers one after the other: a slab of samples goes through all of them in one task, and the gradients of all
//! weights are made in one parallel region.

use std::rc::Rc;

use rayon::prelude::*;

use super::{
    Host,
    awake::stay_awake,
    below::Finish,
    buffers::{self, Buffer},
    dense::{Map, Rows, bias_gradient, column_sums, row_length, weight_gradients},
    pointwise,
    prepared::{self, Direction},
    slab::SLAB,
    spectral::{Normalization, split},
    turn::turn,
};
use crate::nn::{
    Activation, Weights,
    backend::{Below, Made, Returned},
    layer::{Affine, Product},
};

/// A layer with what a pass needs of it.
struct Step<'a> {
    layer: &'a Affine,
    /// None where the pass stops before it.
    map: Option<&'a Map>,
    factor: f32,
}

impl<'a> Step<'a> {
    fn all(
        layers: &'a [Rc<Affine>],
        weights: Weights<Host>,
        maps: &'a [Option<Rc<Map>>],
    ) -> Vec<Self> {
        let step = |(layer, map): (&'a Rc<Affine>, &'a Option<Rc<Map>>)| Self {
            layer,
            map: map.as_deref(),
            factor: Normalization::factor_of(layer, weights),
        };
        layers.iter().zip(maps).map(step).collect()
    }
}

/// A layer's bias as long as a row; zeros where there is none.
fn bias(layer: &Affine, weights: Weights<Host>) -> Vec<f32> {
    let mut bias = match &layer.bias {
        Some(place) => weights.numbers[place.clone()].to_vec(),
        None => Vec::new(),
    };
    bias.resize(row_length(outputs(&layer.product)), 0.0);
    bias
}

/// Where the inputs of all layers are, or their outputs.
fn rows(layers: &[Rc<Affine>], batch: usize, pick: impl Fn(&Product) -> usize) -> Rows {
    let features = layers.iter().map(|layer| pick(&layer.product));
    Rows::new(features.collect(), batch)
}

fn inputs(product: &Product) -> usize {
    product.stored().1
}

fn outputs(product: &Product) -> usize {
    product.stored().0
}

/// y = f(factor·Wx + b) layer by layer; the inputs of all layers are kept.
pub fn forward(
    layers: &[Rc<Affine>],
    weights: Weights<Host>,
    x: &[f32],
    batch: usize,
    keep: bool,
) -> Made<Host> {
    let map = |layer: &Rc<Affine>| Some(prepared::map(layer, weights, Direction::Forward));
    let maps: Vec<_> = layers.iter().map(map).collect();
    let steps = Step::all(layers, weights, &maps);
    let biases: Vec<Vec<f32>> = layers.iter().map(|layer| bias(layer, weights)).collect();
    let features = x.len() / batch;
    let last = layers.last();
    let made = last.map_or(features, |layer| outputs(&layer.product));
    let rows = rows(layers, batch, inputs);
    let mut kept = buffers::take(rows.length());
    let mut y = buffers::take(made * batch);
    rows.slabs_mut(&mut kept)
        .zip(y.par_chunks_mut(made * SLAB))
        .zip(x.par_chunks(features * SLAB))
        .for_each(|((slab, y), x)| {
            let mut last = buffers::take(row_length(made) * rows.samples(slab));
            let mut parts = rows.split(slab);
            parts.push(&mut last);
            enter(x, features, parts[0]);
            for (index, (step, bias)) in steps.iter().zip(&biases).enumerate() {
                if let (Some(map), [x, y]) = (step.map, &mut parts[index..index + 2]) {
                    map.apply(x, y);
                    pointwise::finish_rows(y, step.factor, bias, step.layer.activation);
                }
            }
            leave(parts[steps.len()], made, y);
        });
    stay_awake();
    Made {
        output: y,
        kept: keep.then_some(kept),
    }
}

/// From a slab (features, samples) to rows.
fn enter(slab: &[f32], features: usize, rows: &mut [f32]) {
    let (samples, length) = (slab.len() / features, row_length(features));
    let row = |feature: usize| &slab[feature * samples..][..samples];
    turn(features, row, rows, length, samples);
}

/// From rows to a slab (features, samples).
fn leave(rows: &[f32], features: usize, slab: &mut [f32]) {
    let (samples, length) = (slab.len() / features, row_length(features));
    let row = |sample: usize| &rows[sample * length..][..features];
    turn(samples, row, slab, samples, features);
}

/// The gradients of all outputs from `upstream`, that of the last one, and that of the input where it is wanted. The
/// former are kept as rows, and behind all of them, for each slab, the sums of its columns, of which gradients of biases
/// are made.
pub fn input_gradient(
    layers: &[Rc<Affine>],
    weights: Weights<Host>,
    kept: &[f32],
    upstream: &[f32],
    batch: usize,
    below: Option<Below<Host>>,
) -> Returned<Host> {
    let skipped = usize::from(below.is_none());
    let map = |(index, layer): (usize, &Rc<Affine>)| {
        (index >= skipped).then(|| prepared::map(layer, weights, Direction::Backward))
    };
    let maps: Vec<_> = layers.iter().enumerate().map(map).collect();
    let steps = Step::all(layers, weights, &maps);
    let (inputs, outputs) = (rows(layers, batch, inputs), rows(layers, batch, outputs));
    let (features, made) = (inputs.features(0), upstream.len() / batch);
    let mut between = buffers::take(outputs.length() + outputs.length_of_sums());
    let (all, sums) = between.split_at_mut(outputs.length());
    let mut input = below.as_ref().map(|_| buffers::take(features * batch));
    let finish = below.as_ref().map(Finish::of);
    let mut parts: Vec<Option<&mut [f32]>> = match &mut input {
        Some(input) => input.chunks_mut(features * SLAB).map(Some).collect(),
        None => Vec::new(),
    };
    parts.resize_with(batch.div_ceil(SLAB), || None);
    outputs
        .slabs_mut(all)
        .zip(outputs.sums_mut(sums))
        .zip(inputs.slabs(kept))
        .zip(upstream.par_chunks(made * SLAB))
        .zip(parts)
        .enumerate()
        .for_each(|(slab, ((((own, sums), kept), upstream), out))| {
            let samples = outputs.samples(own);
            let mut first = buffers::take(row_length(features) * samples);
            let mut parts = outputs.split(own);
            parts.insert(0, &mut first);
            enter(upstream, made, parts[steps.len()]);
            column_sums(
                parts[steps.len()],
                &mut sums[outputs.layer(steps.len() - 1, 1)],
            );
            for (index, step) in steps.iter().enumerate().rev() {
                if let (Some(map), [below, upstream]) = (step.map, &mut parts[index..index + 2]) {
                    map.apply(upstream, below);
                    let before = index.checked_sub(1);
                    let activation = before.map(|before| steps[before].layer.activation);
                    let y = &kept[inputs.layer(index, samples)];
                    let activation = activation.unwrap_or(Activation::Identity);
                    pointwise::through(below, step.factor, y, activation);
                    if let Some(before) = before {
                        column_sums(below, &mut sums[outputs.layer(before, 1)]);
                    }
                }
            }
            if let (Some(out), Some(finish)) = (out, &finish) {
                leave(parts[0], features, out);
                finish.apply(slab * features * SLAB, out, 1.0);
            }
        });
    stay_awake();
    Returned {
        input,
        between: Some(between),
    }
}

/// The gradients of weights and biases, from the inputs of each layer and what [`input_gradient`] has kept.
pub fn weight_gradient(
    layers: &[Rc<Affine>],
    weights: Weights<Host>,
    kept: &[f32],
    between: &Buffer,
    batch: usize,
    to: &mut [f32],
) {
    let (inputs, outputs) = (rows(layers, batch, inputs), rows(layers, batch, outputs));
    let (between, sums) = between.split_at(outputs.length());
    for (index, layer) in layers.iter().enumerate() {
        if let Some(bias) = &layer.bias {
            bias_gradient(&outputs, sums, index, &mut to[bias.clone()]);
        }
    }
    let places = layers.iter().map(|layer| layer.weight.clone());
    let mut weights_to = split(to, &places.collect::<Vec<_>>());
    weight_gradients((&inputs, kept), (&outputs, between), &mut weights_to);
    stay_awake();
    for (layer, gradient) in layers.iter().zip(weights_to) {
        if let Some(normalization) = Normalization::of(layer, weights) {
            normalization.through(gradient);
        }
    }
}
