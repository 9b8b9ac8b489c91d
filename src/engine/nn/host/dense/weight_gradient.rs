//! Weight gradients of consecutive dense layers.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    product::{Left, Right, Term, product},
    row_length,
    rows::Rows,
};
use crate::engine::nn::host::{buffers, transpose::transpose};

/// Outputs of a task.
const GROUP: usize = 24;
/// Number of inputs below which a layer's outputs are not cut into groups, and its gradient is computed transposed.
const FEW: usize = 16;
/// Total length of weights up to which the gradient is computed in two halves of the batch.
const HALVED: usize = 1 << 18;

/// Number of slabs in the first half of a batch of `slabs`, if the gradients of these many numbers of weights are
/// computed as the sum over the first half plus the sum over the second half.
pub(crate) fn halves(slabs: usize, numbers: usize) -> Option<usize> {
    (numbers <= HALVED && slabs > 1).then_some(slabs.div_ceil(2))
}

/// Writes the gradient of each layer's weight (outputs, inputs), from the inputs of the layers and the gradients of
/// their outputs.
pub(crate) fn weight_gradients(
    (inputs, x): (&Rows, &[f32]),
    (outputs, upstream): (&Rows, &[f32]),
    weights: Vec<&mut [f32]>,
) {
    let tasks = weights
        .into_iter()
        .enumerate()
        .flat_map(|(layer, weight)| Task::all(layer, (inputs, outputs), weight));
    let tasks: Vec<Task> = tasks.collect();
    tasks
        .into_par_iter()
        .for_each(|task| task.run((inputs, x), (outputs, upstream)));
}

/// The rows of a weight's gradient for some outputs.
struct Task<'a> {
    layer: usize,
    outputs: Range<usize>,
    weight: &'a mut [f32],
}

impl<'a> Task<'a> {
    /// All tasks of a layer.
    fn all(
        layer: usize,
        (inputs, outputs): (&Rows, &Rows),
        weight: &'a mut [f32],
    ) -> impl Iterator<Item = Self> {
        let (from, to) = (inputs.features(layer), outputs.features(layer));
        let group = if from < FEW { to } else { GROUP };
        let parts = weight.chunks_mut(group * from).enumerate();
        parts.map(move |(index, weight)| Self {
            layer,
            outputs: index * group..((index + 1) * group).min(to),
            weight,
        })
    }

    fn run(self, (inputs, x): (&Rows, &[f32]), (outputs, upstream): (&Rows, &[f32])) {
        let layer = self.layer;
        let size = (inputs.features(layer), outputs.features(layer));
        let x = inputs.of_layer(x, layer);
        let upstream = outputs.of_layer(upstream, layer);
        if size.0 < FEW {
            transposed(x.zip(upstream), size, self.weight);
        } else {
            direct(x.zip(upstream), size, &self.outputs, self.weight);
        }
    }
}

/// Computes upstream·xᵀ, summed over samples, for some outputs.
fn direct<'a>(
    slabs: impl Iterator<Item = (&'a [f32], &'a [f32])>,
    (inputs, features): (usize, usize),
    outputs: &Range<usize>,
    weight: &mut [f32],
) {
    let (from, to) = (row_length(inputs), row_length(features));
    let terms: Vec<Term> = slabs
        .map(|(x, upstream)| Term {
            left: Left {
                numbers: &upstream[outputs.start..],
                row: 1,
                step: to,
            },
            right: Right {
                numbers: x,
                step: from,
            },
            steps: x.len() / from,
        })
        .collect();
    let size = (outputs.len(), from);
    if from == inputs {
        return product(size, &terms, weight, from);
    }
    let mut wide = buffers::take(outputs.len() * from);
    product(size, &terms, &mut wide, from);
    for (line, sums) in weight.chunks_exact_mut(inputs).zip(wide.chunks_exact(from)) {
        line.copy_from_slice(&sums[..inputs]);
    }
}

/// Computes x·upstreamᵀ for all outputs and transposes it. Vectors over few inputs would be mostly empty.
fn transposed<'a>(
    slabs: impl Iterator<Item = (&'a [f32], &'a [f32])>,
    (inputs, outputs): (usize, usize),
    weight: &mut [f32],
) {
    let (from, to) = (row_length(inputs), row_length(outputs));
    let terms: Vec<Term> = slabs
        .map(|(x, upstream)| Term {
            left: Left {
                numbers: x,
                row: 1,
                step: from,
            },
            right: Right {
                numbers: upstream,
                step: to,
            },
            steps: x.len() / from,
        })
        .collect();
    let mut sums = buffers::take(inputs * to);
    product((inputs, to), &terms, &mut sums, to);
    transpose(
        inputs,
        |input| &sums[input * to..][..outputs],
        weight,
        inputs,
        outputs,
    );
}
