//! Diversity of images: their mean pairwise distance, relative to real images.

/// The ratio of the mean pairwise L2 distance of generated images to that of as many real images (see
/// [`mean_distance`]). 1: as diverse as the data; 0: all generated images are equal.
///
/// NaN for fewer than two images, if all real images are equal, or if a value is not finite.
pub(crate) fn diversity(generated: f64, real: f64) -> f32 {
    let ratio = generated / real;
    if ratio.is_finite() {
        ratio as f32
    } else {
        f32::NAN
    }
}

/// The mean L2 distance of all pairs of `images`, (features, count) batch-last.
pub(crate) fn mean_distance(images: &[f32], count: usize) -> f64 {
    // Row by row, to read memory sequentially.
    let mut squares = vec![0.0_f64; count * count];
    for row in images.chunks_exact(count.max(1)) {
        for (i, &a) in row.iter().enumerate() {
            let sums = &mut squares[i * count..][..i];
            for (sum, &b) in sums.iter_mut().zip(row) {
                *sum += (f64::from(a) - f64::from(b)).powi(2);
            }
        }
    }
    let below_diagonal = (0..count).flat_map(|i| &squares[i * count..][..i]);
    let total: f64 = below_diagonal.map(|square| square.sqrt()).sum();
    total / (count * count.saturating_sub(1) / 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(generated: &[f32], real: &[f32], count: usize) -> f32 {
        diversity(mean_distance(generated, count), mean_distance(real, count))
    }

    #[test]
    fn the_mean_is_over_all_pairs() {
        // Columns (0, 0), (3, 4), (0, 0): distances 5, 0, 5.
        let triangle = [0.0, 3.0, 0.0, 0.0, 4.0, 0.0];
        assert!((mean_distance(&triangle, 3) - 10.0 / 3.0).abs() < 1e-12);
        let doubled = triangle.map(|x| 2.0 * x);
        assert_eq!(ratio(&doubled, &triangle, 3), 2.0);
        assert_eq!(ratio(&[0.5; 6], &triangle, 3), 0.0);
    }

    #[test]
    fn an_undefined_diversity_is_nan() {
        assert!(ratio(&[1.0, 2.0], &[1.0, 2.0], 1).is_nan());
        assert!(ratio(&[], &[], 0).is_nan());
        assert!(ratio(&[1.0, 2.0], &[3.0, 3.0], 2).is_nan());
        assert!(ratio(&[f32::NAN, 2.0], &[1.0, 3.0], 2).is_nan());
        assert!(ratio(&[f32::INFINITY, 2.0], &[1.0, 3.0], 2).is_nan());
    }
}
