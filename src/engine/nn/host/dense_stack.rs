//! Consecutive dense layers: one task takes a slab of samples through all of them. The gradients of all weights are
//! computed in one parallel region.

mod backward;

use std::sync::Arc;

use rayon::prelude::*;

use super::{
    Host, buffers,
    dense::{PackedMatrix, Rows, row_length},
    pointwise,
    prepared::{self, Direction},
    slab::SLAB,
    spectral::Normalization,
    spin::keep_threads_spinning,
    transpose::transpose,
};
use crate::engine::nn::{
    Weights,
    backend::ForwardOutput,
    layer::{Affine, Product},
};
pub(super) use backward::backward;

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
