//! The largest eigenvalue of a symmetric map by the Lanczos method with thick restarts.
//!
//! Power iteration uses its last vector alone; the Lanczos method takes the best estimate from the space of all of them.
//! faer's `partial_self_adjoint_eigen` (0.24) is not used: it panics on maps of up to 64 features, holds at least 129
//! vectors (8 GiB at 2²³ features, where six are held here), and has no bound on the work.

use faer::{Mat, Side};
use rayon::prelude::*;

use super::power::unit_vector;
use crate::engine::random::{self, Stream};

/// Largest and smallest number of basis vectors, and about how many numbers they hold together (256 MiB).
const VECTORS: usize = 96;
const FEWEST: usize = 6;
const NUMBERS: usize = 1 << 25;
/// Numbers of a vector in one parallel task. It is fixed, so sums do not depend on the number of threads.
const CHUNK: usize = 1 << 13;
/// Steps between two convergence checks.
const CHECK: usize = 4;
/// Cost of orthogonalization in one step, in multiplications for each number of a basis vector.
const ORTHOGONALIZATION: f64 = 16.0;
/// Largest number of steps, and the smallest with which a computation is worth starting.
const MAX_STEPS: f64 = 3000.0;
const MIN_STEPS: f64 = 24.0;
/// Multiplications (a few seconds) up to which the strict tolerance [`SETTLED`] is asked for.
const CHEAP: f64 = (1u64 << 37) as f64;
/// Strict tolerance: the residual ‖Ax − θx‖ relative to the eigenvalue θ.
///
/// A small residual shows that θ is close to *an* eigenvalue, not that this is the largest. Where the largest two are
/// close, θ first approaches the second, and the residual is then about their distance times the angle between x and
/// the second eigenvector. With a random start, an error e shows a residual r with a probability of about r/e. The
/// tolerance is therefore far below the error that is allowed (10⁻⁵).
const SETTLED: f64 = 1e-10;
/// Loose tolerance, once the computation has become expensive. It may stop at the second eigenvalue, but then that one is
/// within 10⁻⁵ of the first, except for about one random start in some dozens.
const ENOUGH: f64 = 1e-6;

/// Returns the largest eigenvalue of a symmetric positive semidefinite map on vectors of length `features`.
///
/// `apply(x, y)` writes the image of x to y and costs `work` multiplications. Returns `None` if the eigenvalue has not
/// converged within `most_work` multiplications.
///
/// Full orthogonalization; when the basis is full, its best Ritz vectors start a new one (Wu & Simon 2000, "Thick-Restart
/// Lanczos Method for Large Symmetric Eigenvalue Problems").
pub(super) fn largest_eigenvalue(
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
    // The map projected on the basis.
    let mut projected = Mat::<f64>::zeros(most, most);
    // A lower bound of the largest eigenvalue, soon a tight one.
    let mut scale = 0.0f64;
    for step in 1..=steps {
        let last = basis.len() - 1;
        let mut next = vec![0.0; features];
        apply(&basis[last], &mut next);
        // Two passes of Gram–Schmidt are enough (Parlett 1998, section 6.9).
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
        // The basis spans an invariant subspace: what remains of `next` is rounding error.
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

/// Returns a unit vector in a random direction, the same at each call.
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

/// Replaces the vectors v by `kept` linear combinations of them, Σⱼ factor(j, i)·vⱼ for each i.
fn rotate(vectors: &mut Vec<Vec<f64>>, kept: usize, factor: impl Fn(usize, usize) -> f64) {
    let features = vectors[0].len();
    // Chunk by chunk, in place: a second set of vectors may not fit into memory.
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
        let values: Vec<f64> = (0..500)
            .map(|i| 1.0 - (f64::from(i) / 500.0).powi(2))
            .collect();
        let error = (diagonal(&values, 1e12).unwrap() - 1.0).abs();
        assert!(error < 1e-9, "{error}");
    }

    #[test]
    fn the_second_value_is_not_taken_for_the_first() {
        // Two that are close at the top of a wide spectrum, in every place and at every distance.
        for (distance, place) in (0..200).map(|i| (10f64.powf(-2.0 - 4.0 * i as f64 / 200.0), i)) {
            let mut values: Vec<f64> = (0..400).map(|i| 0.9 * f64::from(i) / 400.0).collect();
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
            // A null space.
            &[9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ] {
            let most = values.iter().copied().fold(0.0, f64::max);
            assert!((diagonal(values, 1e12).unwrap() - most).abs() < 1e-9);
        }
    }

    #[test]
    fn too_little_work_settles_nothing() {
        let values: Vec<f64> = (0..500)
            .map(|i| 1.0 - (f64::from(i) / 500.0).powi(2))
            .collect();
        for work in [0.0, 1e3, 3e7] {
            assert_eq!(diagonal(&values, work), None);
        }
    }
}
