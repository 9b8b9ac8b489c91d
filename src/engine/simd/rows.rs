//! Loops over the rows of a matrix.

use super::vectorized;

/// y ← y + Wᵀx. `rows` holds the rows of W, each as long as y; x has one entry for each row.
pub(crate) fn add_combination(y: &mut [f32], rows: &[f32], x: &[f32]) {
    const TOGETHER: usize = 4;
    let length = y.len();
    vectorized(
        #[inline(always)]
        || {
            let (whole, rest) = x.as_chunks::<TOGETHER>();
            let mut blocks = rows.chunks_exact(TOGETHER * length);
            for (x, block) in whole.iter().zip(&mut blocks) {
                let (first, second) = block.split_at(2 * length);
                let ((a, b), (c, d)) = (first.split_at(length), second.split_at(length));
                let entries = a.iter().zip(b).zip(c.iter().zip(d));
                for (y, ((&a, &b), (&c, &d))) in y.iter_mut().zip(entries) {
                    *y = *y + x[0] * a + x[1] * b + x[2] * c + x[3] * d;
                }
            }
            for (&x, row) in rest.iter().zip(blocks.remainder().chunks_exact(length)) {
                for (y, &w) in y.iter_mut().zip(row) {
                    *y += x * w;
                }
            }
        },
    );
}

/// W ← factor·W − slope·uvᵀ. `rows` holds the rows of W, each as long as v; u has one entry for each row.
pub(crate) fn subtract_outer(rows: &mut [f32], factor: f32, slope: f32, u: &[f32], v: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (row, &u) in rows.chunks_exact_mut(v.len()).zip(u) {
                let slope = slope * u;
                for (w, &v) in row.iter_mut().zip(v) {
                    *w = factor * *w - slope * v;
                }
            }
        },
    );
}
