//! Dot products of the rows of one matrix with the rows of another, for few outputs.

use pulp::Simd;

use crate::engine::simd::lanes::{LANES, Lanewise, lanewise, total};

/// `y[row · to + index]` is the dot product of a row of `x` with row `index` of `lines`, over the first `inputs` values
/// of both. Rows of `x` are `from` values apart, rows of `lines` `step`. Products and sums are not fused.
pub(super) struct RowDotProducts<'a> {
    pub inputs: usize,
    pub x: &'a [f32],
    pub from: usize,
    pub lines: &'a [f32],
    pub step: usize,
    pub y: &'a mut [f32],
    pub to: usize,
}

impl RowDotProducts<'_> {
    pub(super) fn compute(self) {
        lanewise(self);
    }
}

impl Lanewise for RowDotProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const VECTORS: usize>(self, simd: S) {
        let rows = self.x.chunks_exact(self.from);
        for (row, y) in rows.zip(self.y.chunks_exact_mut(self.to)) {
            for (y, line) in y.iter_mut().zip(self.lines.chunks_exact(self.step)) {
                *y = product::<S, VECTORS>(simd, &row[..self.inputs], &line[..self.inputs]);
            }
        }
    }
}

#[inline(always)]
fn product<S: Simd, const VECTORS: usize>(simd: S, row: &[f32], line: &[f32]) -> f32 {
    let mut sums = [simd.splat_f32s(0.0); VECTORS];
    let (whole, rest) = row.as_chunks::<LANES>();
    let (whole_line, rest_line) = line.as_chunks::<LANES>();
    for (row, line) in whole.iter().zip(whole_line) {
        let ((row, _), (line, _)) = (S::as_simd_f32s(row), S::as_simd_f32s(line));
        for vector in 0..VECTORS {
            let products = simd.mul_f32s(row[vector], line[vector]);
            sums[vector] = simd.add_f32s(sums[vector], products);
        }
    }
    if !rest.is_empty() {
        for (vector, sum) in sums.iter_mut().enumerate() {
            let place = |vector: usize| (vector * S::F32_LANES).min(rest.len());
            let piece = place(vector)..place(vector + 1);
            let row = simd.partial_load_f32s(&rest[piece.clone()]);
            let line = simd.partial_load_f32s(&rest_line[piece]);
            *sum = simd.add_f32s(*sum, simd.mul_f32s(row, line));
        }
    }
    total(simd, sums)
}
