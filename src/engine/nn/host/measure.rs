//! Norms of gradients, and the guard's decision on an update.

use rayon::prelude::*;

use super::buffers::Buffer;
use crate::engine::{
    nn::{
        guard::{APPLIED, FLAG},
        record::RecordLayout,
    },
    simd::sums::dot,
};

/// Length of a gradient below which its norms are computed on one thread.
const SMALL: usize = 1 << 17;

/// See [`crate::engine::nn::Backend::measure`].
pub(super) fn measure(
    gradients: &[f32],
    figures: &[&Buffer],
    record: &mut [f32],
    layout: &RecordLayout,
    guard: &mut [f32],
) {
    let square = |part: &std::ops::Range<usize>| {
        let part = &gradients[part.clone()];
        dot(part, part)
    };
    let squares: Vec<f64> = match gradients.len() {
        0..SMALL => layout.parts.iter().map(square).collect(),
        _ => layout.parts.par_iter().map(square).collect(),
    };
    record[RecordLayout::NORM] = squares.iter().sum::<f64>().sqrt() as f32;
    for (norm, square) in record[layout.part_norms()].iter_mut().zip(&squares) {
        *norm = square.sqrt() as f32;
    }
    let copies = figures.iter().flat_map(|figures| figures.iter());
    for (to, from) in record[layout.figures()].iter_mut().zip(copies) {
        *to = *from;
    }
    if !(record[RecordLayout::LOSS].is_finite() && record[RecordLayout::NORM].is_finite()) {
        guard[FLAG] = 0.0;
    }
    guard[APPLIED] += guard[FLAG];
}
