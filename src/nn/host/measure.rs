//! Norms of gradients, and whether an update is applied.

use rayon::prelude::*;

use super::buffers::Buffer;
use crate::{
    nn::{
        guard::{APPLIED, FLAG},
        record::Record,
    },
    simd::sums::dot,
};

/// Numbers of a gradient under which its norms are not worth another thread.
const SMALL: usize = 1 << 17;

/// See [`crate::nn::Backend::measure`].
pub fn measure(
    gradients: &[f32],
    figures: &[&Buffer],
    record: &mut [f32],
    places: &Record,
    guard: &mut [f32],
) {
    let square = |part: &std::ops::Range<usize>| {
        let part = &gradients[part.clone()];
        dot(part, part)
    };
    let squares: Vec<f64> = match gradients.len() {
        0..SMALL => places.parts.iter().map(square).collect(),
        _ => places.parts.par_iter().map(square).collect(),
    };
    record[Record::NORM] = squares.iter().sum::<f64>().sqrt() as f32;
    for (norm, square) in record[places.part_norms()].iter_mut().zip(&squares) {
        *norm = square.sqrt() as f32;
    }
    let copies = figures.iter().flat_map(|figures| figures.iter());
    for (to, from) in record[places.figures()].iter_mut().zip(copies) {
        *to = *from;
    }
    if !(record[Record::LOSS].is_finite() && record[Record::NORM].is_finite()) {
        guard[FLAG] = 0.0;
    }
    guard[APPLIED] += guard[FLAG];
}
