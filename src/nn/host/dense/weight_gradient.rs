//! Weight gradients of consecutive dense layers.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    product::{Left, Right, Term, product},
    row_length,
    rows::Rows,
};
use crate::nn::host::{
    buffers::{self, Buffer},
    pointwise,
    transpose::transpose,
};

/// Outputs of a task.
const GROUP: usize = 24;
/// Number of inputs below which a layer's outputs are not cut into groups, and its gradient is computed transposed.
const FEW: usize = 16;
/// Total length of weights up to which the gradient is computed in two halves of the batch.
const HALVED: usize = 1 << 18;

/// Writes the gradient of each layer's weight (outputs, inputs), from the inputs of the layers and the gradients of
/// their outputs. If weights are few, the gradient is the sum over the first half of the slabs plus the sum over the
/// second half.
///
/// Tasks then have the order of the slabs, as in the passes. With two threads, each mostly reads what it wrote in the
/// pass and still has in its cache.
pub(crate) fn weight_gradients(
    (inputs, x): (&Rows, &[f32]),
    (outputs, upstream): (&Rows, &[f32]),
    weights: &mut [&mut [f32]],
) {
    let count = inputs.slab_count();
    let numbers: usize = weights.iter().map(|weight| weight.len()).sum();
    let half = match numbers {
        ..=HALVED => count.div_ceil(2),
        _ => count,
    };
    let mut others: Vec<Buffer> = if half < count {
        weights.iter().map(|w| buffers::take(w.len())).collect()
    } else {
        Vec::new()
    };
    let first = weights.iter_mut().map(|weight| &mut **weight);
    let second = others.iter_mut().map(|weight| &mut **weight);
    let mut tasks = Vec::new();
    for (layer, weight) in first.enumerate() {
        tasks.extend(Task::all(0..half, layer, (inputs, outputs), weight));
    }
    for (layer, weight) in second.enumerate() {
        tasks.extend(Task::all(half..count, layer, (inputs, outputs), weight));
    }
    tasks
        .into_par_iter()
        .for_each(|task| task.run((inputs, x), (outputs, upstream)));
    for (weight, other) in weights.iter_mut().zip(&others) {
        pointwise::add(weight, 1.0, other);
    }
}

/// The rows of a weight's gradient for some outputs, summed over some slabs.
struct Task<'a> {
    slabs: Range<usize>,
    layer: usize,
    outputs: Range<usize>,
    weight: &'a mut [f32],
}

impl<'a> Task<'a> {
    /// All tasks of a layer for these slabs.
    fn all(
        slabs: Range<usize>,
        layer: usize,
        (inputs, outputs): (&Rows, &Rows),
        weight: &'a mut [f32],
    ) -> impl Iterator<Item = Self> {
        let (from, to) = (inputs.features(layer), outputs.features(layer));
        let group = if from < FEW { to } else { GROUP };
        let parts = weight.chunks_mut(group * from).enumerate();
        parts.map(move |(index, weight)| Self {
            slabs: slabs.clone(),
            layer,
            outputs: index * group..((index + 1) * group).min(to),
            weight,
        })
    }

    fn run(self, (inputs, x): (&Rows, &[f32]), (outputs, upstream): (&Rows, &[f32])) {
        let (layer, slabs) = (self.layer, self.slabs);
        let size = (inputs.features(layer), outputs.features(layer));
        let x = inputs.of_layer(x, layer, slabs.clone());
        let upstream = outputs.of_layer(upstream, layer, slabs);
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
