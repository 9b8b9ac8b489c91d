//! The weight gradient of a single dense layer.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::{Dense, GROUP, SMALL};
use crate::engine::{
    nn::host::{
        buffers::{self, Buffer},
        dense::{
            product::{Left, Right, Term, product},
            row_length,
        },
        slab::slab_ranges,
        transpose::transpose,
    },
    simd::dispatch,
};

/// Number of outputs below which each entry of the weight's gradient is a dot product over the batch.
const FEW: usize = 8;

impl Dense {
    /// The gradient of W: upstream·xᵀ.
    pub(crate) fn weight_gradient(&self, x: &[f32], upstream: &[f32], gradient: &mut [f32]) {
        assert_eq!(x.len(), self.inputs * self.batch);
        assert_eq!(upstream.len(), self.outputs * self.batch);
        assert_eq!(gradient.len(), self.outputs * self.inputs);
        if self.outputs < FEW {
            return self.dot_products(x, upstream, gradient);
        }
        let transposed = self.transposed(x);
        let task = |(index, part): (usize, &mut [f32])| {
            let outputs = index * GROUP..index * GROUP + part.len() / self.inputs;
            self.outer_products(&transposed, upstream, outputs, part);
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

    /// x transposed: a row for each sample.
    fn transposed(&self, x: &[f32]) -> Buffer {
        let step = row_length(self.inputs);
        let mut transposed = buffers::take(step * self.batch);
        for samples in slab_ranges(self.batch) {
            let width = samples.len();
            let slab = &x[samples.start * self.inputs..samples.end * self.inputs];
            let rows = &mut transposed[samples.start * step..samples.end * step];
            transpose(
                self.inputs,
                |input| &slab[input * width..][..width],
                rows,
                step,
                width,
            );
        }
        transposed
    }

    /// The rows of the gradient for some outputs, as sums of outer products.
    fn outer_products(
        &self,
        transposed: &[f32],
        upstream: &[f32],
        outputs: Range<usize>,
        gradient: &mut [f32],
    ) {
        let step = row_length(self.inputs);
        let terms: Vec<Term> = slab_ranges(self.batch)
            .map(|samples| Term {
                left: Left {
                    numbers: &upstream
                        [samples.start * self.outputs + outputs.start * samples.len()..],
                    row: samples.len(),
                    step: 1,
                },
                right: Right {
                    numbers: &transposed[samples.start * step..],
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

    fn dot_products(&self, x: &[f32], upstream: &[f32], gradient: &mut [f32]) {
        let task = |output: usize, first: usize, line: &mut [f32]| {
            dispatch(DotProducts {
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

/// Entries of one row of the weight's gradient, from input `first` on.
struct DotProducts<'a> {
    dense: &'a Dense,
    x: &'a [f32],
    upstream: &'a [f32],
    output: usize,
    first: usize,
    line: &'a mut [f32],
}

impl WithSimd for DotProducts<'_> {
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
            for samples in slab_ranges(batch) {
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
