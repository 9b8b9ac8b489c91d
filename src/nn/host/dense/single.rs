//! A dense layer by itself, on slabs (features, samples): its weight is read where it lies, row by row or down its
//! columns.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{
    ALIGNMENT,
    product::{Left, Right, Term, product},
    row_length,
};
use crate::{
    nn::host::{
        buffers::{self, Buffer},
        output::Output,
        slab::slabs,
        turn::turn,
    },
    simd::dispatch,
};

/// Features of the result that a task makes.
const GROUP: usize = 96;
/// Multiplications under which a product is not worth another thread.
const SMALL: usize = 1 << 17;
/// Outputs under which each entry of the weight's gradient is a scalar product over the batch.
const FEW: usize = 8;

/// y = Wx with W (outputs, inputs), then `finish(feature, offset, part)` for the run of each feature in each slab.
#[derive(Clone, Copy, Debug)]
pub struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    pub batch: usize,
}

impl Dense {
    pub fn new(inputs: usize, outputs: usize, batch: usize) -> Self {
        Self {
            inputs,
            outputs,
            batch,
        }
    }

    /// y = Wx.
    pub fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        y: &mut [f32],
        finish: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        let factor = |output: usize| Left {
            numbers: &weight[output * self.inputs..],
            row: self.inputs,
            step: 1,
        };
        self.product((self.inputs, self.outputs), x, factor, y, finish);
    }

    /// The gradient of x: Wᵀ·upstream.
    pub fn input_gradient(
        &self,
        upstream: &[f32],
        weight: &[f32],
        out: &mut [f32],
        finish: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        let factor = |input: usize| Left {
            numbers: &weight[input..],
            row: 1,
            step: self.inputs,
        };
        self.product((self.outputs, self.inputs), upstream, factor, out, finish);
    }

    fn product<'a>(
        &self,
        (from, to): (usize, usize),
        x: &[f32],
        factor: impl Fn(usize) -> Left<'a> + Sync,
        y: &mut [f32],
        finish: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        assert_eq!(x.len(), from * self.batch);
        assert_eq!(y.len(), to * self.batch);
        let output = Output::new(y);
        let task = |features: Range<usize>| {
            for samples in slabs(self.batch) {
                let width = samples.len();
                let x = &x[samples.start * from..samples.end * from];
                let offset = samples.start * to + features.start * width;
                // SAFETY: tasks write the runs of disjoint features of `y`, which is borrowed exclusively until all of
                // them are done.
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
                    finish(features.start + index, offset + index * width, part);
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

    /// The gradient of W: upstream·xᵀ.
    pub fn weight_gradient(&self, x: &[f32], upstream: &[f32], gradient: &mut [f32]) {
        assert_eq!(x.len(), self.inputs * self.batch);
        assert_eq!(upstream.len(), self.outputs * self.batch);
        assert_eq!(gradient.len(), self.outputs * self.inputs);
        if self.outputs < FEW {
            return self.scalar_products(x, upstream, gradient);
        }
        let turned = self.turned(x);
        let task = |(index, part): (usize, &mut [f32])| {
            let outputs = index * GROUP..index * GROUP + part.len() / self.inputs;
            self.outer(&turned, upstream, outputs, part);
        };
        let parts = gradient.par_chunks_mut(GROUP * self.inputs).enumerate();
        match self.inputs * self.outputs * self.batch {
            0..SMALL => {
                let parts = gradient.chunks_mut(GROUP * self.inputs).enumerate();
                parts.for_each(task);
            }
            _ => parts.for_each(task),
        }
    }

    /// x by samples, each a row.
    fn turned(&self, x: &[f32]) -> Buffer {
        let step = row_length(self.inputs);
        let mut turned = buffers::take(step * self.batch);
        for samples in slabs(self.batch) {
            let width = samples.len();
            let slab = &x[samples.start * self.inputs..samples.end * self.inputs];
            let rows = &mut turned[samples.start * step..samples.end * step];
            turn(
                self.inputs,
                |input| &slab[input * width..][..width],
                rows,
                step,
                width,
            );
        }
        turned
    }

    /// The rows of the gradient of some outputs.
    fn outer(&self, turned: &[f32], upstream: &[f32], outputs: Range<usize>, gradient: &mut [f32]) {
        let step = row_length(self.inputs);
        let terms: Vec<Term> = slabs(self.batch)
            .map(|samples| Term {
                left: Left {
                    numbers: &upstream
                        [samples.start * self.outputs + outputs.start * samples.len()..],
                    row: samples.len(),
                    step: 1,
                },
                right: Right {
                    numbers: &turned[samples.start * step..],
                    step,
                },
                steps: samples.len(),
            })
            .collect();
        let size = (outputs.len(), step);
        if step == self.inputs {
            return product(size, &terms, gradient, step);
        }
        let mut wide = buffers::take(outputs.len() * step);
        product(size, &terms, &mut wide, step);
        for (line, sums) in gradient
            .chunks_exact_mut(self.inputs)
            .zip(wide.chunks_exact(step))
        {
            line.copy_from_slice(&sums[..self.inputs]);
        }
    }

    fn scalar_products(&self, x: &[f32], upstream: &[f32], gradient: &mut [f32]) {
        let task = |output: usize, first: usize, line: &mut [f32]| {
            dispatch(ScalarProducts {
                dense: self,
                x,
                upstream,
                output,
                first,
                line,
            });
        };
        for (output, line) in gradient.chunks_exact_mut(self.inputs).enumerate() {
            match self.inputs * self.batch {
                0..SMALL => task(output, 0, line),
                _ => {
                    let parts = line.par_chunks_mut(GROUP).enumerate();
                    parts.for_each(|(index, part)| task(output, index * GROUP, part));
                }
            }
        }
    }
}

/// y = left·x for runs of so many samples, a multiple of [`ALIGNMENT`].
fn multiply((rows, steps, width): (usize, usize, usize), left: Left, x: &[f32], y: &mut [f32]) {
    let right = Right {
        numbers: x,
        step: width,
    };
    product((rows, width), &[Term { left, right, steps }], y, width);
}

/// Runs of `width` numbers, each with zeros up to a multiple of [`ALIGNMENT`].
fn widened(x: &[f32], width: usize) -> Buffer {
    let wide = row_length(width);
    let mut out = buffers::take(x.len() / width * wide);
    for (to, from) in out.chunks_exact_mut(wide).zip(x.chunks_exact(width)) {
        to[..width].copy_from_slice(from);
        to[width..].fill(0.0);
    }
    out
}

/// Entries of one row of the weight's gradient, from input `first` on.
struct ScalarProducts<'a> {
    dense: &'a Dense,
    x: &'a [f32],
    upstream: &'a [f32],
    output: usize,
    first: usize,
    line: &'a mut [f32],
}

impl WithSimd for ScalarProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Dense {
            inputs,
            outputs,
            batch,
        } = *self.dense;
        for (index, entry) in self.line.iter_mut().enumerate() {
            let mut sum = simd.splat_f32s(0.0);
            for samples in slabs(batch) {
                let width = samples.len();
                let x = &self.x[samples.start * inputs + (self.first + index) * width..][..width];
                let g = &self.upstream[samples.start * outputs + self.output * width..][..width];
                let ((x, x_rest), (g, g_rest)) = (S::as_simd_f32s(x), S::as_simd_f32s(g));
                for (&x, &g) in x.iter().zip(g) {
                    sum = simd.mul_add_e_f32s(x, g, sum);
                }
                if !x_rest.is_empty() {
                    let (x, g) = (
                        simd.partial_load_f32s(x_rest),
                        simd.partial_load_f32s(g_rest),
                    );
                    sum = simd.mul_add_e_f32s(x, g, sum);
                }
            }
            *entry = simd.reduce_sum_f32s(sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(count: usize, salt: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * 29 + salt) % 17) as f32 - 8.0)
            .collect()
    }

    /// The place of a feature of a sample among slabs.
    fn place(features: usize, batch: usize, feature: usize, sample: usize) -> usize {
        let samples = slabs(batch).find(|slab| slab.contains(&sample)).unwrap();
        samples.start * features + feature * samples.len() + sample - samples.start
    }

    #[test]
    fn the_three_products_are_those_of_the_definition() {
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
