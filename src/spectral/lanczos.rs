//! Power iteration in Lanczos' form: the best estimate from all the vectors that the iteration passes through.

use faer::{Mat, Side};
use rayon::prelude::*;

use super::power::unit_vector;
use crate::random::{self, Stream};

/// Most and fewest vectors that are kept, and about how many numbers in all of them (256 MiB).
const VECTORS: usize = 96;
const FEWEST: usize = 6;
const NUMBERS: usize = 1 << 25;
/// The part of a vector that is worked on at a time. Sums do not depend on the number of threads.
const CHUNK: usize = 1 << 13;
/// Steps between two looks at the eigenvalues.
const CHECK: usize = 4;
/// What a number of a kept vector costs in one step, in multiplications of a matrix product.
const ORTHOGONALIZATION: f64 = 16.0;
/// Most steps, and the fewest that are worth beginning with.
const MAX_STEPS: f64 = 3000.0;
const MIN_STEPS: f64 = 24.0;
/// Multiplications up to which a step is cheap: a few seconds.
const CHEAP: f64 = (1u64 << 37) as f64;
/// The eigenvalue is settled when the residual is so small a part of it, while steps are cheap.
///
/// That a residual ‖Ax − θx‖ is small says that θ is near *an* eigenvalue (within the residual). Where the largest two
/// lie close together, θ passes by the second before the first one's vector has come forward, with a residual of about
/// their distance times the angle between x and the second one's vector. A start of random direction gets a residual r
/// while it is still off by e with a probability of about r/e: the residual has to be far smaller than the error that
/// is allowed, which takes double precision.
const SETTLED: f64 = 1e-10;
/// The same when they no longer are. Of values that lie so close together that this is too early the second is within
/// 10⁻⁵ of the first, but for one start in some dozens.
const ENOUGH: f64 = 1e-6;

/// The largest eigenvalue of a symmetric positive semidefinite map of vectors of this length; none where that would take
/// more than `most_work` multiplications, of which an application of the map is `work`. `apply` writes the image of its
/// first argument over its second.
///
/// Lanczos with full orthogonalization; where the vectors get too many, the best ones go on (Wu & Simon 2000,
/// "Thick-Restart Lanczos Method for Large Symmetric Eigenvalue Problems").
pub fn largest_eigenvalue(
    features: usize,
    work: f64,
    most_work: f64,
    mut apply: impl FnMut(&[f64], &mut [f64]),
) -> Option<f64> {
    let most = (NUMBERS / features.max(1)).clamp(FEWEST, VECTORS);
    let work = work + ORTHOGONALIZATION * (features * most) as f64;
    let steps = (most_work / work).min(MAX_STEPS);
    if steps < MIN_STEPS {
        return None;
    }
    let (steps, cheap) = (steps as usize, (CHEAP / work) as usize);
    let mut basis = vec![start(features)];
    // The map in the basis.
    let mut projected = Mat::<f64>::zeros(most, most);
    // No more than the largest eigenvalue, and soon about as large.
    let mut scale = 0.0f64;
    for step in 1..=steps {
        let last = basis.len() - 1;
        let mut next = vec![0.0; features];
        apply(&basis[last], &mut next);
        // Twice is enough (Parlett 1998, section 6.9).
        for _ in 0..2 {
            let along = dots(&basis, &next);
            for (i, along) in along.iter().enumerate() {
                projected[(i, last)] += along;
            }
            subtract(&mut next, &along, &basis);
        }
        let length = norm(&next);
        for i in 0..last {
            projected[(last, i)] = projected[(i, last)];
        }
        let full = basis.len() == most;
        scale = scale.max(projected[(last, last)]);
        // The vectors span a space that the map does not leave: what is left of the last one is rounding, and has no
        // direction to go on with.
        let exhausted = basis.len() == features || length <= SETTLED * scale;
        if step % CHECK == 0 || full || exhausted {
            let corner = projected.submatrix(0, 0, last + 1, last + 1);
            let pairs = corner.self_adjoint_eigen(Side::Lower).ok()?;
            // In increasing order.
            let (values, vectors) = (pairs.S().column_vector(), pairs.U());
            let best = values[last];
            let residual = length * vectors[(last, last)].abs();
            let allowed = if step <= cheap { SETTLED } else { ENOUGH };
            if exhausted || residual <= allowed * best {
                return Some(best);
            }
            if full {
                let kept = most / 3;
                rotate(&mut basis, kept, |vector, i| vectors[(vector, last - i)]);
                projected = Mat::zeros(most, most);
                for i in 0..kept {
                    projected[(i, i)] = values[last - i];
                }
            }
        }
        next.iter_mut().for_each(|n| *n /= length);
        basis.push(next);
    }
    None
}

/// A vector of norm 1 in a random direction that is always the same.
fn start(features: usize) -> Vec<f64> {
    let mut rng = random::generator(0, Stream::PowerIteration, 0);
    let mut start: Vec<f64> = unit_vector(features, &mut rng)
        .into_iter()
        .map(f64::from)
        .collect();
    let length = norm(&start);
    start.iter_mut().for_each(|x| *x /= length);
    start
}

/// ‖x‖.
fn norm(x: &[f64]) -> f64 {
    dots(&[x], x)[0].sqrt()
}

/// ⟨b, x⟩ for every vector b.
fn dots(vectors: &[impl AsRef<[f64]> + Sync], x: &[f64]) -> Vec<f64> {
    let parts: Vec<Vec<f64>> = x
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(i, x)| {
            let parts = vectors.iter().map(|b| &b.as_ref()[i * CHUNK..][..x.len()]);
            parts.map(|b| dot(b, x)).collect()
        })
        .collect();
    let mut sums = vec![0.0; vectors.len()];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
    }
    sums
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0; LANES];
    let ((whole_a, rest_a), (whole_b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in whole_a.iter().zip(whole_b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest = rest_a.iter().zip(rest_b).map(|(a, b)| a * b);
    lanes.iter().sum::<f64>() + rest.sum::<f64>()
}

/// x −= Σ factor·b.
fn subtract(x: &mut [f64], factors: &[f64], vectors: &[Vec<f64>]) {
    x.par_chunks_mut(CHUNK).enumerate().for_each(|(i, x)| {
        for (&factor, b) in factors.iter().zip(vectors) {
            let b = &b[i * CHUNK..][..x.len()];
            x.iter_mut().zip(b).for_each(|(x, b)| *x -= factor * b);
        }
    });
}

/// Replaces the vectors by `kept` sums of them, the i-th of which takes `factor(j, i)` of the j-th.
fn rotate(vectors: &mut Vec<Vec<f64>>, kept: usize, factor: impl Fn(usize, usize) -> f64) {
    let features = vectors[0].len();
    // A part of all of them at a time: there is no room for twice as many vectors.
    let mut sums = vec![0.0; kept * CHUNK];
    for at in (0..features).step_by(CHUNK) {
        let length = CHUNK.min(features - at);
        sums.fill(0.0);
        for (j, vector) in vectors.iter().enumerate() {
            let vector = &vector[at..][..length];
            for (i, sum) in sums.chunks_exact_mut(CHUNK).enumerate() {
                let factor = factor(j, i);
                sum.iter_mut()
                    .zip(vector)
                    .for_each(|(s, x)| *s += factor * x);
            }
        }
        for (vector, sum) in vectors.iter_mut().zip(sums.chunks_exact(CHUNK)) {
            vector[at..][..length].copy_from_slice(&sum[..length]);
        }
    }
    vectors.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagonal(values: &[f64], most_work: f64) -> Option<f64> {
        largest_eigenvalue(values.len(), 1.0, most_work, |x, y| {
            let images = values.iter().zip(x).map(|(value, x)| value * x);
            y.iter_mut().zip(images).for_each(|(y, image)| *y = image);
        })
    }

    #[test]
    fn crowded_spectra_are_resolved() {
        let values: Vec<f64> = (0..500).map(|i| 1.0 - (i as f64 / 500.0).powi(2)).collect();
        let error = (diagonal(&values, 1e12).unwrap() - 1.0).abs();
        assert!(error < 1e-9, "{error}");
    }

    #[test]
    fn the_second_value_is_not_taken_for_the_first() {
        // Two that are close at the top of a wide spectrum, in every place and at every distance.
        for (distance, place) in (0..200).map(|i| (10f64.powf(-2.0 - 4.0 * i as f64 / 200.0), i)) {
            let mut values: Vec<f64> = (0..400).map(|i| 0.9 * i as f64 / 400.0).collect();
            (values[place], values[399 - place]) = (1.0, 1.0 - distance);
            let error = (diagonal(&values, 1e12).unwrap() - 1.0).abs();
            assert!(error < 1e-9, "{error} at {distance}");
        }
    }

    #[test]
    fn short_and_degenerate_maps_end_early() {
        for values in [
            &[3.0][..],
            &[0.5, 2.0],
            &[1.0; 40],
            &[0.0; 7],
            &[1e-3, 0.0, 0.0],
            // The last vectors before the end are images of nothing.
            &[9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ] {
            let most = values.iter().copied().fold(0.0, f64::max);
            assert!((diagonal(values, 1e12).unwrap() - most).abs() < 1e-9);
        }
    }

    #[test]
    fn too_little_work_settles_nothing() {
        let values: Vec<f64> = (0..500).map(|i| 1.0 - (i as f64 / 500.0).powi(2)).collect();
        for work in [0.0, 1e3, 3e7] {
            assert_eq!(diagonal(&values, work), None);
        }
    }
}
