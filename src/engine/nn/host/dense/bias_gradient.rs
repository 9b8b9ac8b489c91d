//! Bias gradients of consecutive dense layers: column sums.

use super::{ALIGNMENT, rows::Rows};
use crate::engine::simd::vectorized;

/// Columns that are summed together.
const TOGETHER: usize = 4 * ALIGNMENT;

/// Overwrites `sums` with the column sums of the rows of one slab, which are as long as `sums`.
pub(crate) fn column_sums(rows: &[f32], sums: &mut [f32]) {
    let length = sums.len();
    assert!(length.is_multiple_of(ALIGNMENT));
    vectorized(
        #[inline(always)]
        || {
            let (many, few) = sums.as_chunks_mut::<TOGETHER>();
            let (few, _) = few.as_chunks_mut::<ALIGNMENT>();
            let first = many.len() * TOGETHER;
            for (index, sums) in many.iter_mut().enumerate() {
                *sums = sums_of(rows, length, index * TOGETHER);
            }
            for (index, sums) in few.iter_mut().enumerate() {
                *sums = sums_of(rows, length, first + index * ALIGNMENT);
            }
        },
    );
}

/// The sums of `COUNT` columns from `first` on.
#[inline(always)]
fn sums_of<const COUNT: usize>(rows: &[f32], length: usize, first: usize) -> [f32; COUNT] {
    let mut sums = [0.0; COUNT];
    for row in rows.chunks_exact(length) {
        if let Some(x) = row[first..].first_chunk::<COUNT>() {
            for column in 0..COUNT {
                sums[column] += x[column];
            }
        }
    }
    sums
}

/// The gradient of a layer's bias: adds the column sums of all slabs in double precision.
pub(crate) fn bias_gradient(outputs: &Rows, sums: &[f32], layer: usize, bias: &mut [f32]) {
    let mut totals = vec![0.0f64; bias.len()];
    for sums in outputs.sums_of_layer(sums, layer) {
        for (total, &sum) in totals.iter_mut().zip(sums) {
            *total += f64::from(sum);
        }
    }
    for (bias, total) in bias.iter_mut().zip(totals) {
        *bias = total as f32;
    }
}
