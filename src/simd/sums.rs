//! Sums that are as exact as needed and do not depend on anything but their terms: short runs in single precision,
//! their sums in double.

use super::vectorized;

/// Interleaved sums of a run.
const LANES: usize = 32;
/// Numbers of a run.
const RUN: usize = 16 * LANES;

/// Σ aᵢbᵢ.
pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    vectorized(
        #[inline(always)]
        || accumulate(a, b, |a, b| a * b),
    )
}

/// y ← y + Wx: W's rows, as long as x, one after the other.
pub fn add_products(y: &mut [f32], rows: &[f32], x: &[f32]) {
    vectorized(
        #[inline(always)]
        || {
            for (y, row) in y.iter_mut().zip(rows.chunks_exact(x.len())) {
                *y += accumulate(row, x, |a, b| a * b) as f32;
            }
        },
    )
}

/// Σx.
pub fn sum(x: &[f32]) -> f64 {
    vectorized(
        #[inline(always)]
        || accumulate(x, x, |x, _| x),
    )
}

/// Σ(x − shift)².
pub fn square_distance(x: &[f32], shift: f32) -> f64 {
    vectorized(
        #[inline(always)]
        || accumulate(x, x, |x, _| (x - shift) * (x - shift)),
    )
}

/// Σ a(b − shift).
pub fn dot_shifted(a: &[f32], b: &[f32], shift: f32) -> f64 {
    vectorized(
        #[inline(always)]
        || accumulate(a, b, |a, b| a * (b - shift)),
    )
}

#[inline(always)]
fn accumulate(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f64 {
    let mut total = 0.0f64;
    for (a, b) in a.chunks(RUN).zip(b.chunks(RUN)) {
        let mut lanes = [0.0f32; LANES];
        let (whole_a, rest_a) = a.as_chunks::<LANES>();
        let (whole_b, rest_b) = b.as_chunks::<LANES>();
        for (a, b) in whole_a.iter().zip(whole_b) {
            for lane in 0..LANES {
                lanes[lane] += term(a[lane], b[lane]);
            }
        }
        let mut tail = 0.0f32;
        for (&a, &b) in rest_a.iter().zip(rest_b) {
            tail += term(a, b);
        }
        // Halves upon halves: as fast as the lanes are wide.
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                lanes[lane] += lanes[lane + width];
            }
            width /= 2;
        }
        total += (lanes[0] + tail) as f64;
    }
    total
}
