//! The backward pass through consecutive dense layers.
//!
//! The gradients of small weights are sums over two halves of the batch. Each half goes through the gradients of its
//! activations and then of the weights, so that a thread finds in its cache what it wrote just before.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Step, inputs, outputs, rows, to_rows, to_slab};
use crate::engine::nn::{
    Activation, Weights,
    backend::GradientEpilogue,
    host::{
        Host,
        buffers::{self, Buffer},
        dense::{Rows, bias_gradient, column_sums, halves, row_length, weight_gradients},
        epilogue::Epilogue,
        pointwise,
        prepared::{self, Direction},
        slab::SLAB,
        spectral::{Normalization, disjoint_mut},
        spin::keep_threads_spinning,
    },
    layer::Affine,
};

/// Consecutive slabs of a batch, with what their gradients are computed from and written to.
struct Part<'a> {
    /// Index of the first slab.
    first: usize,
    /// Number of samples.
    batch: usize,
    saved: &'a [f32],
    upstream: &'a [f32],
    /// The gradient of the input, if it is wanted.
    input: Option<&'a mut [f32]>,
    /// The column sums of each slab.
    sums: &'a mut [f32],
    /// The gradient of each layer's weight over these slabs; empty if they are not wanted.
    weights: Vec<&'a mut [f32]>,
}

/// What all parts of a batch have in common.
struct Backward<'a> {
    layers: &'a [Arc<Affine>],
    steps: Vec<Step<'a>>,
    epilogue: Option<Epilogue<'a>>,
}

/// Computes the gradient of the input if there is an `epilogue`, and overwrites the gradients of weights and biases in
/// `learned` if given. `upstream` is the gradient of the last output, `saved` what the forward pass has saved.
pub(in crate::engine::nn::host) fn backward(
    layers: &[Arc<Affine>],
    weights: Weights<Host>,
    saved: &[f32],
    upstream: &[f32],
    batch: usize,
    epilogue: Option<GradientEpilogue<Host>>,
    learned: Option<&mut [f32]>,
) -> Option<Buffer> {
    let skipped = usize::from(epilogue.is_none());
    let pack = |(index, layer): (usize, &Arc<Affine>)| {
        (index >= skipped).then(|| prepared::packed(layer, weights, Direction::Backward))
    };
    let packed: Vec<_> = layers.iter().enumerate().map(pack).collect();
    let pass = Backward {
        layers,
        steps: Step::all(layers, weights, &packed),
        epilogue: epilogue.as_ref().map(Epilogue::of),
    };
    let (from, to) = (rows(layers, batch, inputs), rows(layers, batch, outputs));
    let mut input = epilogue
        .as_ref()
        .map(|_| buffers::take(from.features(0) * batch));
    let mut sums = buffers::take(to.length_of_sums());
    let whole = Part {
        first: 0,
        batch,
        saved,
        upstream,
        input: input.as_deref_mut(),
        sums: &mut sums,
        weights: Vec::new(),
    };
    let Some(learned) = learned else {
        pass.run(whole);
        keep_threads_spinning();
        return input;
    };
    let places: Vec<_> = layers.iter().map(|layer| layer.weight.clone()).collect();
    let mut gradients = disjoint_mut(learned, &places);
    let numbers = gradients.iter().map(|gradient| gradient.len()).sum();
    if let Some(half) = halves(from.slab_count(), numbers) {
        let mut others: Vec<Buffer> = gradients.iter().map(|w| buffers::take(w.len())).collect();
        let (mut first, mut second) = whole.split(
            half,
            (&from, &to),
            outputs(&layers[layers.len() - 1].product),
        );
        first.weights = gradients.iter_mut().map(|weight| &mut **weight).collect();
        second.weights = others.iter_mut().map(|weight| &mut **weight).collect();
        rayon::join(|| pass.run(first), || pass.run(second));
        for (gradient, other) in gradients.iter_mut().zip(&others) {
            pointwise::add(gradient, 1.0, other);
        }
    } else {
        pass.run(Part {
            weights: gradients.iter_mut().map(|weight| &mut **weight).collect(),
            ..whole
        });
    }
    keep_threads_spinning();
    for (layer, gradient) in layers.iter().zip(gradients) {
        if let Some(normalization) = Normalization::of(layer, weights) {
            normalization.backward(gradient);
        }
    }
    for (index, layer) in layers.iter().enumerate() {
        if let Some(bias) = &layer.bias {
            bias_gradient(&to, &sums, index, &mut learned[bias.clone()]);
        }
    }
    input
}

impl<'a> Part<'a> {
    /// The first `half` slabs, and the others.
    fn split(self, half: usize, (from, to): (&Rows, &Rows), made: usize) -> (Self, Self) {
        let samples = half * SLAB;
        let (saved, later_saved) = self.saved.split_at(from.of_sample() * samples);
        let (upstream, later_upstream) = self.upstream.split_at(made * samples);
        let (sums, later_sums) = self.sums.split_at_mut(to.of_sample() * half);
        let (input, later_input) = match self.input {
            Some(input) => {
                let (input, later) = input.split_at_mut(from.features(0) * samples);
                (Some(input), Some(later))
            }
            None => (None, None),
        };
        let first = Self {
            first: self.first,
            batch: samples,
            saved,
            upstream,
            input,
            sums,
            weights: Vec::new(),
        };
        let second = Self {
            first: self.first + half,
            batch: self.batch - samples,
            saved: later_saved,
            upstream: later_upstream,
            input: later_input,
            sums: later_sums,
            weights: Vec::new(),
        };
        (first, second)
    }
}

impl Backward<'_> {
    /// Computes the gradients of activations from the last layer to the first, then those of the weights.
    fn run(&self, part: Part) {
        let Self {
            layers,
            steps,
            epilogue,
        } = self;
        let (from, to) = (
            rows(layers, part.batch, inputs),
            rows(layers, part.batch, outputs),
        );
        let (features, made) = (from.features(0), part.upstream.len() / part.batch);
        let mut gradients = buffers::take(to.length());
        let mut parts: Vec<Option<&mut [f32]>> = match part.input {
            Some(input) => input.chunks_mut(features * SLAB).map(Some).collect(),
            None => Vec::new(),
        };
        parts.resize_with(part.batch.div_ceil(SLAB), || None);
        to.slabs_mut(&mut gradients)
            .zip(to.sums_mut(part.sums))
            .zip(from.slabs(part.saved))
            .zip(part.upstream.par_chunks(made * SLAB))
            .zip(parts)
            .enumerate()
            .for_each(|(slab, ((((own, sums), saved), upstream), out))| {
                let samples = to.samples(own);
                let mut first = buffers::take(row_length(features) * samples);
                let mut parts = to.split(own);
                parts.insert(0, &mut first);
                to_rows(upstream, made, parts[steps.len()]);
                column_sums(parts[steps.len()], &mut sums[to.layer(steps.len() - 1, 1)]);
                for (index, step) in steps.iter().enumerate().rev() {
                    if let (Some(weight), [gradient, upstream]) =
                        (step.weight, &mut parts[index..index + 2])
                    {
                        weight.apply(upstream, gradient);
                        let before = index.checked_sub(1);
                        let activation = before.map(|before| steps[before].layer.activation);
                        let y = &saved[from.layer(index, samples)];
                        let activation = activation.unwrap_or(Activation::Identity);
                        pointwise::activation_gradient(gradient, step.factor, y, activation);
                        if let Some(before) = before {
                            column_sums(gradient, &mut sums[to.layer(before, 1)]);
                        }
                    }
                }
                if let (Some(out), Some(epilogue)) = (out, epilogue) {
                    to_slab(parts[0], features, out);
                    epilogue.apply((part.first + slab) * features * SLAB, out, 1.0);
                }
            });
        if !part.weights.is_empty() {
            weight_gradients((&from, part.saved), (&to, &gradients), part.weights);
        }
    }
}
