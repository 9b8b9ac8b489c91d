//! Distances between two trainings: of their weights, and of what they generate from the same latents.

/// ‖to − from‖₂ / ‖from‖₂ of two vectors of equal length, such as all parameters of a network.
///
/// NaN if `from` is zero, if the lengths differ, or if a value is not finite.
pub(crate) fn relative(from: &[f32], to: &[f32]) -> f32 {
    if from.len() != to.len() {
        return f32::NAN;
    }
    let square = |value: f64| value * value;
    let norm: f64 = from.iter().map(|&a| square(f64::from(a))).sum();
    let pairs = from.iter().zip(to);
    let apart: f64 = pairs
        .map(|(&a, &b)| square(f64::from(b) - f64::from(a)))
        .sum();
    finite((apart / norm).sqrt())
}

/// The mean over `count` pairs of the L2 distance between sample i of `from` and sample i of `to`, both (features, count)
/// batch-last, divided by `spread`.
///
/// NaN without samples, if `spread` is zero, if the lengths differ, or if a value is not finite.
pub(crate) fn paired(from: &[f32], to: &[f32], count: usize, spread: f64) -> f32 {
    if from.len() != to.len() || count == 0 {
        return f32::NAN;
    }
    let mut squares = vec![0.0_f64; count];
    for (from, to) in from.chunks_exact(count).zip(to.chunks_exact(count)) {
        for ((sum, &a), &b) in squares.iter_mut().zip(from).zip(to) {
            *sum += (f64::from(b) - f64::from(a)).powi(2);
        }
    }
    let total: f64 = squares.iter().map(|square| square.sqrt()).sum();
    finite(total / count as f64 / spread)
}

fn finite(value: f64) -> f32 {
    if value.is_finite() {
        value as f32
    } else {
        f32::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_compared_relative_to_the_first() {
        assert_eq!(relative(&[3.0, 4.0], &[3.0, 4.0]), 0.0);
        assert_eq!(relative(&[3.0, 4.0], &[6.0, 8.0]), 1.0);
        assert_eq!(relative(&[6.0, 8.0], &[3.0, 4.0]), 0.5);
        assert_eq!(relative(&[3.0, 4.0], &[-4.0, 3.0]), 2.0_f32.sqrt());
    }

    #[test]
    fn samples_are_compared_in_pairs() {
        // Columns (0, 0) and (1, 1) against (3, 4) and (1, 1): distances 5 and 0.
        let (from, to) = ([0.0, 1.0, 0.0, 1.0], [3.0, 1.0, 4.0, 1.0]);
        assert_eq!(paired(&from, &to, 2, 1.0), 2.5);
        assert_eq!(paired(&from, &to, 2, 5.0), 0.5);
        assert_eq!(paired(&from, &from, 2, 1.0), 0.0);
    }

    #[test]
    fn an_undefined_distance_is_nan() {
        assert!(relative(&[0.0], &[1.0]).is_nan());
        assert!(relative(&[1.0], &[1.0, 2.0]).is_nan());
        assert!(relative(&[1.0], &[f32::INFINITY]).is_nan());
        assert!(relative(&[], &[]).is_nan());
        assert!(paired(&[1.0], &[2.0], 1, 0.0).is_nan());
        assert!(paired(&[1.0], &[2.0], 1, f64::NAN).is_nan());
        assert!(paired(&[1.0], &[f32::NAN], 1, 1.0).is_nan());
        assert!(paired(&[], &[], 0, 1.0).is_nan());
        assert!(paired(&[1.0], &[1.0, 2.0], 1, 1.0).is_nan());
    }
}
