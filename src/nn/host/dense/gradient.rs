//! The gradients of the weights and biases of dense layers.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    super::{buffers, turn::turn},
    product::{Left, Right, Sums, product},
    row_length,
    rows::Rows,
};
use crate::simd::vectorized;

/// Outputs of a task.
const GROUP: usize = 24;
/// Inputs under which a layer is one task, whose gradient is made turned over.
const FEW: usize = 16;

/// Where the gradients of one layer go.
pub struct Gradient<'a> {
    /// (outputs, inputs)
    pub weight: &'a mut [f32],
    /// (outputs), if there is a bias.
    pub bias: Option<&'a mut [f32]>,
}

/// Writes those of each layer from its inputs and the gradients of its outputs.
pub fn gradients(
    (inputs, x): (&Rows, &[f32]),
    (outputs, upstream): (&Rows, &[f32]),
    gradients: &mut [Gradient],
) {
    let layers = gradients.iter_mut().enumerate();
    let tasks: Vec<Task> = layers
        .flat_map(|(layer, gradient)| {
            let (from, to) = (inputs.features(layer), outputs.features(layer));
            let group = if from < FEW { to } else { GROUP };
            let weights = gradient.weight.chunks_mut(group * from);
            let mut biases = gradient
                .bias
                .iter_mut()
                .flat_map(move |b| b.chunks_mut(group));
            weights.enumerate().map(move |(index, weight)| Task {
                layer,
                outputs: index * group..((index + 1) * group).min(to),
                weight,
                bias: biases.next(),
            })
        })
        .collect();
    tasks.into_par_iter().for_each(|task| {
        let layer = task.layer;
        let (from, to) = (inputs.features(layer), outputs.features(layer));
        let upstream = || outputs.of_layer(upstream, layer);
        let operands = || inputs.of_layer(x, layer).zip(upstream());
        match from < FEW {
            true => turned(operands(), (from, to), task.weight),
            false => direct(operands(), (from, to), &task.outputs, task.weight),
        }
        if let Some(bias) = task.bias {
            column_sums(upstream(), to, &task.outputs, bias);
        }
    });
}

/// Some outputs of a layer.
struct Task<'a> {
    layer: usize,
    outputs: Range<usize>,
    weight: &'a mut [f32],
    bias: Option<&'a mut [f32]>,
}

/// A sum over samples of upstream·xᵀ for some outputs.
fn direct<'a>(
    slabs: impl Iterator<Item = (&'a [f32], &'a [f32])>,
    (inputs, features): (usize, usize),
    outputs: &Range<usize>,
    weight: &mut [f32],
) {
    let (from, to) = (row_length(inputs), row_length(features));
    let mut wide = (from != inputs).then(|| buffers::take(outputs.len() * from));
    for (slab, (x, upstream)) in slabs.enumerate() {
        let left = Left {
            numbers: &upstream[outputs.start..],
            row: 1,
            step: to,
        };
        let right = Right {
            numbers: x,
            step: from,
        };
        let sums = Sums {
            numbers: wide.as_deref_mut().unwrap_or(weight),
            row: from,
            add: slab > 0,
        };
        product((outputs.len(), x.len() / from, from), left, right, sums);
    }
    if let Some(wide) = wide {
        for (line, sums) in weight.chunks_exact_mut(inputs).zip(wide.chunks_exact(from)) {
            line.copy_from_slice(&sums[..inputs]);
        }
    }
}

/// The same for all outputs, where vectors over the few inputs would be mostly empty.
fn turned<'a>(
    slabs: impl Iterator<Item = (&'a [f32], &'a [f32])>,
    (inputs, outputs): (usize, usize),
    weight: &mut [f32],
) {
    let (from, to) = (row_length(inputs), row_length(outputs));
    let mut numbers = buffers::take(inputs * to);
    for (slab, (x, upstream)) in slabs.enumerate() {
        let left = Left {
            numbers: x,
            row: 1,
            step: from,
        };
        let right = Right {
            numbers: upstream,
            step: to,
        };
        let sums = Sums {
            numbers: &mut numbers,
            row: to,
            add: slab > 0,
        };
        product((inputs, x.len() / from, to), left, right, sums);
    }
    turn(
        inputs,
        |input| &numbers[input * to..][..outputs],
        weight,
        inputs,
        outputs,
    );
}

/// Sums of some columns: those of a slab in single precision, their sum in double.
fn column_sums<'a>(
    slabs: impl Iterator<Item = &'a [f32]>,
    features: usize,
    columns: &Range<usize>,
    sums: &mut [f32],
) {
    let mut totals = vec![0.0f64; sums.len()];
    for rows in slabs {
        sums.fill(0.0);
        vectorized(
            #[inline(always)]
            || {
                for row in rows.chunks_exact(row_length(features)) {
                    for (sum, x) in sums.iter_mut().zip(&row[columns.clone()]) {
                        *sum += x;
                    }
                }
            },
        );
        for (total, &sum) in totals.iter_mut().zip(&*sums) {
            *total += f64::from(sum);
        }
    }
    for (sum, total) in sums.iter_mut().zip(totals) {
        *sum = total as f32;
    }
}
