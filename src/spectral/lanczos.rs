//! Power iteration in Lanczos' form: the best estimate from all the vectors that the iteration passes through.

use faer::{Mat, Side};

use super::host::unit_vector;
use crate::nn::host::sums::dot;
use crate::random::{self, Stream};

/// Most vectors that are kept, and about how many numbers in all of them.
const VECTORS: usize = 24;
const NUMBERS: usize = 1 << 26;
/// Most applications of the map.
const MAX_STEPS: usize = 300;
/// The eigenvalue is settled when its estimated error and its change over so many steps are a smaller part of it.
const TOLERANCE: f64 = 2e-6;
const CHECK: usize = 4;

/// The largest eigenvalue of a symmetric positive semidefinite map of vectors of this length, to a relative 10⁻⁵
/// unless hundreds of others lie as close to it; `apply` writes the image of its first argument over its second.
///
/// Lanczos with full orthogonalization; where the vectors get too many, the best ones go on (Wu & Simon 2000,
/// "Thick-Restart Lanczos Method for Large Symmetric Eigenvalue Problems").
pub fn largest_eigenvalue(features: usize, mut apply: impl FnMut(&[f32], &mut [f32])) -> f64 {
    let most = (NUMBERS / features.max(1)).clamp(6, VECTORS);
    let mut rng = random::generator(0, Stream::PowerIteration, 0);
    let mut basis = vec![unit_vector(features, &mut rng)];
    // The map in the basis.
    let mut projected = Mat::<f64>::zeros(most, most);
    let (mut best, mut before) = (0.0, 0.0);
    for step in 1..=MAX_STEPS {
        let last = basis.len() - 1;
        let mut next = vec![0.0; features];
        apply(&basis[last], &mut next);
        // Twice is enough (Parlett 1998, section 6.9).
        for _ in 0..2 {
            for (i, earlier) in basis.iter().enumerate() {
                let along = dot(earlier, &next);
                projected[(i, last)] += along;
                add(&mut next, -along, earlier);
            }
        }
        for i in 0..last {
            projected[(last, i)] = projected[(i, last)];
        }
        let length = dot(&next, &next).sqrt();
        let corner = projected.submatrix(0, 0, last + 1, last + 1);
        let Ok(pairs) = corner.self_adjoint_eigen(Side::Lower) else {
            return best;
        };
        // In increasing order.
        let (values, vectors) = (pairs.S().column_vector(), pairs.U());
        best = values[last];
        let residual = length * vectors[(last, last)].abs();
        let gap = best - if last > 0 { values[last - 1] } else { 0.0 };
        let error = residual.min(residual * residual / gap);
        let exhausted = length <= f64::from(f32::EPSILON) * best || basis.len() == features;
        let checked = step % CHECK == 0;
        if exhausted || (checked && error.max(best - before) <= TOLERANCE * best) {
            break;
        }
        if checked {
            before = best;
        }
        if basis.len() == most {
            let kept = most / 3;
            let ritz = |i: usize| {
                let mut sum = vec![0.0; features];
                for (j, vector) in basis.iter().enumerate() {
                    add(&mut sum, vectors[(j, last - i)], vector);
                }
                sum
            };
            basis = (0..kept).map(ritz).collect();
            projected = Mat::zeros(most, most);
            for i in 0..kept {
                projected[(i, i)] = values[last - i];
            }
        }
        let inverse = (1.0 / length) as f32;
        next.iter_mut().for_each(|n| *n *= inverse);
        basis.push(next);
    }
    best
}

/// a += factor·b.
fn add(a: &mut [f32], factor: f64, b: &[f32]) {
    let factor = factor as f32;
    a.iter_mut().zip(b).for_each(|(a, b)| *a += factor * b);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagonal(values: &[f32]) -> f64 {
        largest_eigenvalue(values.len(), |x, y| {
            let images = values.iter().zip(x).map(|(value, x)| value * x);
            y.iter_mut().zip(images).for_each(|(y, image)| *y = image);
        })
    }

    #[test]
    fn crowded_spectra_are_resolved() {
        let values: Vec<f32> = (0..500).map(|i| 1.0 - (i as f32 / 500.0).powi(2)).collect();
        let error = (diagonal(&values) - 1.0).abs();
        assert!(error < 1e-5, "{error}");
    }

    #[test]
    fn short_and_degenerate_maps_end_early() {
        for values in [
            &[3.0][..],
            &[0.5, 2.0],
            &[1.0; 40],
            &[0.0; 7],
            &[1e-3, 0.0, 0.0],
        ] {
            let most = values.iter().copied().fold(0.0, f32::max);
            assert!((diagonal(values) - f64::from(most)).abs() < 1e-6);
        }
    }
}
