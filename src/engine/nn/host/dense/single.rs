//! A single dense layer on slabs (features, samples). The weight is read in place, along its rows or its columns.

mod weight_gradient;

use std::ops::Range;

use rayon::prelude::*;

use super::{
    ALIGNMENT,
    product::{Left, Right, Term, product},
    row_length,
};
use crate::engine::nn::host::{
    buffers::{self, Buffer},
    output::SharedOutput,
    slab::slab_ranges,
};

/// Output features of a task.
const GROUP: usize = 96;
/// Multiplications below which a product runs on one thread.
const SMALL: usize = 1 << 17;

/// A dense layer y = Wx with W (outputs, inputs). Products call `epilogue(feature, offset, part)` for each feature in
/// each slab.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    pub batch: usize,
}

impl Dense {
    pub(crate) fn new(inputs: usize, outputs: usize, batch: usize) -> Self {
        Self {
            inputs,
            outputs,
            batch,
        }
    }

    /// y = Wx.
    pub(crate) fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        y: &mut [f32],
        epilogue: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        let factor = |output: usize| Left {
            numbers: &weight[output * self.inputs..],
            row: self.inputs,
            step: 1,
        };
        self.product((self.inputs, self.outputs), x, factor, y, epilogue);
    }

    /// The gradient of x: Wᵀ·upstream.
    pub(crate) fn input_gradient(
        &self,
        upstream: &[f32],
        weight: &[f32],
        out: &mut [f32],
        epilogue: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        let factor = |input: usize| Left {
            numbers: &weight[input..],
            row: 1,
            step: self.inputs,
        };
        self.product((self.outputs, self.inputs), upstream, factor, out, epilogue);
    }

    fn product<'a>(
        &self,
        (from, to): (usize, usize),
        x: &[f32],
        factor: impl Fn(usize) -> Left<'a> + Sync,
        y: &mut [f32],
        epilogue: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        assert_eq!(x.len(), from * self.batch);
        assert_eq!(y.len(), to * self.batch);
        let output = SharedOutput::new(y);
        let task = |features: Range<usize>| {
            for samples in slab_ranges(self.batch) {
                let width = samples.len();
                let x = &x[samples.start * from..samples.end * from];
                let offset = samples.start * to + features.start * width;
                // SAFETY: tasks have disjoint ranges of features, so they write disjoint parts of `y`. `y` is borrowed
                // exclusively until all tasks are done.
                let y = unsafe { output.slice(offset, features.len() * width) };
                let left = factor(features.start);
                if width.is_multiple_of(ALIGNMENT) {
                    multiply((features.len(), from, width), left, x, y);
                } else {
                    let wide = row_length(width);
                    let x = widened(x, width);
                    let mut sums = buffers::take(features.len() * wide);
                    multiply((features.len(), from, wide), left, &x, &mut sums);
                    for (y, sums) in y.chunks_exact_mut(width).zip(sums.chunks_exact(wide)) {
                        y.copy_from_slice(&sums[..width]);
                    }
                }
                for (index, part) in y.chunks_exact_mut(width).enumerate() {
                    epilogue(features.start + index, offset + index * width, part);
                }
            }
        };
        let groups = to.div_ceil(GROUP);
        let group = |index: usize| index * GROUP..((index + 1) * GROUP).min(to);
        if from * to * self.batch < SMALL {
            (0..groups).for_each(|index| task(group(index)));
        } else {
            (0..groups)
                .into_par_iter()
                .for_each(|index| task(group(index)));
        }
    }
}

/// y = left·x for rows of `width` samples, a multiple of [`ALIGNMENT`].
fn multiply((rows, steps, width): (usize, usize, usize), left: Left, x: &[f32], y: &mut [f32]) {
    let right = Right {
        numbers: x,
        step: width,
    };
    product((rows, width), &[Term { left, right, steps }], y, width);
}

/// Rows of `width` values, each padded with zeros to a multiple of [`ALIGNMENT`].
fn widened(x: &[f32], width: usize) -> Buffer {
    let wide = row_length(width);
    let mut out = buffers::take(x.len() / width * wide);
    for (to, from) in out.chunks_exact_mut(wide).zip(x.chunks_exact(width)) {
        to[..width].copy_from_slice(from);
        to[width..].fill(0.0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(count: usize, salt: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * 29 + salt) % 17) as f32 - 8.0)
            .collect()
    }

    /// Index of a feature of a sample in slabs.
    fn place(features: usize, batch: usize, feature: usize, sample: usize) -> usize {
        let samples = slab_ranges(batch)
            .find(|slab| slab.contains(&sample))
            .unwrap();
        samples.start * features + feature * samples.len() + sample - samples.start
    }

    #[test]
    fn the_three_products_match_the_definition() {
        for (inputs, outputs) in [(1, 1), (64, 200), (130, 3), (7, 40), (33, 19)] {
            for batch in [1, 16, 31, 32, 33, 70] {
                let dense = Dense::new(inputs, outputs, batch);
                let (x, weight) = (draw(inputs * batch, 1), draw(inputs * outputs, 5));
                let upstream = draw(outputs * batch, 3);
                let at_x = |input, sample| x[place(inputs, batch, input, sample)];
                let at_g = |output, sample| upstream[place(outputs, batch, output, sample)];
                let mut y = vec![f32::NAN; outputs * batch];
                let mut g = vec![f32::NAN; inputs * batch];
                let mut gradient = vec![f32::NAN; inputs * outputs];
                let twice = |_, _, part: &mut [f32]| part.iter_mut().for_each(|x| *x *= 2.0);
                dense.forward(&x, &weight, &mut y, twice);
                dense.input_gradient(&upstream, &weight, &mut g, twice);
                dense.weight_gradient(&x, &upstream, &mut gradient);
                for sample in 0..batch {
                    for output in 0..outputs {
                        let terms =
                            (0..inputs).map(|i| weight[output * inputs + i] * at_x(i, sample));
                        let got = y[place(outputs, batch, output, sample)];
                        assert_eq!(got, 2.0 * terms.sum::<f32>());
                    }
                    for input in 0..inputs {
                        let terms =
                            (0..outputs).map(|o| weight[o * inputs + input] * at_g(o, sample));
                        let got = g[place(inputs, batch, input, sample)];
                        assert_eq!(got, 2.0 * terms.sum::<f32>());
                    }
                }
                for (i, got) in gradient.iter().enumerate() {
                    let terms = (0..batch).map(|s| at_g(i / inputs, s) * at_x(i % inputs, s));
                    assert_eq!(*got, terms.sum::<f32>());
                }
            }
        }
    }
}
