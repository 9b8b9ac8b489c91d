//! Fréchet distance between Gaussians fitted to features (Dowson & Landau 1982), in f64.

use faer::{Mat, Side};

/// A Gaussian fitted to features.
#[derive(Clone, Debug)]
pub(crate) struct Gaussian {
    mean: Vec<f64>,
    /// Unbiased: the sum divided by count − 1.
    covariance: Mat<f64>,
}

impl Gaussian {
    /// Fits a Gaussian to `features`, (count, length) row-major. `None` for fewer than two rows or a non-finite value.
    pub(crate) fn fit(features: &[f64], length: usize) -> Option<Self> {
        let count = features.len().checked_div(length)?;
        if count < 2 || !features.iter().all(|x| x.is_finite()) {
            return None;
        }
        let rows = || features.chunks_exact(length);
        let mut mean = vec![0.0; length];
        for row in rows() {
            mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        mean.iter_mut().for_each(|sum| *sum /= count as f64);
        let mut covariance = Mat::zeros(length, length);
        for row in rows() {
            for i in 0..length {
                let a = row[i] - mean[i];
                for j in 0..=i {
                    covariance[(i, j)] += a * (row[j] - mean[j]);
                }
            }
        }
        for i in 0..length {
            for j in 0..=i {
                covariance[(i, j)] /= (count - 1) as f64;
                covariance[(j, i)] = covariance[(i, j)];
            }
        }
        Some(Self { mean, covariance })
    }
}

/// A Gaussian with the square root of its covariance, for repeated comparisons.
#[derive(Clone, Debug)]
pub(crate) struct Reference {
    gaussian: Gaussian,
    root: Mat<f64>,
}

impl Reference {
    /// Computes the square root of the covariance; `None` if the eigenvalue decomposition fails.
    pub(crate) fn new(gaussian: Gaussian) -> Option<Self> {
        let (values, vectors) = eigen(&gaussian.covariance)?;
        let length = values.len();
        let scaled = Mat::from_fn(length, length, |i, j| {
            vectors[(i, j)] * values[j].max(0.0).sqrt()
        });
        let root = &scaled * vectors.transpose();
        Some(Self { gaussian, root })
    }

    /// The Fréchet distance ‖μ₁ − μ₂‖² + tr(C₁ + C₂ − 2(C₁^½ C₂ C₁^½)^½), clamped to at least 0. `None` if it cannot be
    /// computed.
    pub(crate) fn distance(&self, other: &Gaussian) -> Option<f64> {
        let Self { gaussian, root } = self;
        let between: f64 = gaussian
            .mean
            .iter()
            .zip(&other.mean)
            .map(|(a, b)| (a - b).powi(2))
            .sum();
        let product = root * &other.covariance * root;
        let symmetric = Mat::from_fn(product.nrows(), product.ncols(), |i, j| {
            0.5 * (product[(i, j)] + product[(j, i)])
        });
        let (values, _) = eigen(&symmetric)?;
        let cross: f64 = values.iter().map(|value| value.max(0.0).sqrt()).sum();
        let trace = |matrix: &Mat<f64>| (0..matrix.nrows()).map(|i| matrix[(i, i)]).sum::<f64>();
        let distance =
            between + trace(&gaussian.covariance) + trace(&other.covariance) - 2.0 * cross;
        distance.is_finite().then_some(distance.max(0.0))
    }
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix.
fn eigen(matrix: &Mat<f64>) -> Option<(Vec<f64>, Mat<f64>)> {
    let decomposed = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    let values = decomposed.S().column_vector();
    let values = (0..values.nrows()).map(|i| values[i]).collect();
    Some((values, decomposed.U().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::random::{Stream, latents};

    fn gaussian(mean: &[f64], rows: &[&[f64]]) -> Gaussian {
        Gaussian {
            mean: mean.to_vec(),
            covariance: Mat::from_fn(rows.len(), rows.len(), |i, j| rows[i][j]),
        }
    }

    fn distance(a: &Gaussian, b: &Gaussian) -> f64 {
        Reference::new(a.clone()).unwrap().distance(b).unwrap()
    }

    #[test]
    fn known_distances_are_computed() {
        // Commuting covariances: Σ(√a − √b)² + |Δμ|² = (3 − 1)² + (2 − 5)² + 1 + 4.
        let a = gaussian(&[1.0, 0.0], &[&[9.0, 0.0], &[0.0, 4.0]]);
        let b = gaussian(&[0.0, 2.0], &[&[1.0, 0.0], &[0.0, 25.0]]);
        assert!((distance(&a, &b) - 18.0).abs() < 1e-10);
        // These do not commute. The trace of the root of a 2×2 matrix is √(trace + 2√determinant); AB has trace 11 and
        // determinant 3·3.75.
        let a = gaussian(&[0.0, 0.0], &[&[2.0, 1.0], &[1.0, 2.0]]);
        let b = gaussian(&[1.5, 0.5], &[&[1.0, 0.5], &[0.5, 4.0]]);
        let expected = 2.5 + 4.0 + 5.0 - 2.0 * (11.0 + 2.0 * 11.25_f64.sqrt()).sqrt();
        assert!((distance(&a, &b) - expected).abs() < 1e-10);
        assert!((distance(&b, &a) - expected).abs() < 1e-10);
    }

    #[test]
    fn a_fit_does_not_depend_on_the_order_of_samples() {
        let rows = [1.0, 2.0, 3.0, 2.0, 5.0, 8.0];
        let fitted = Gaussian::fit(&rows, 2).unwrap();
        assert_eq!(fitted.mean, [3.0, 4.0]);
        assert_eq!(fitted.covariance[(0, 0)], 4.0);
        assert_eq!(fitted.covariance[(0, 1)], 6.0);
        let other = Gaussian::fit(&[5.0, 8.0, 1.0, 2.0, 3.0, 2.0], 2).unwrap();
        assert!(distance(&fitted, &other) < 1e-6);
    }

    #[test]
    fn samples_of_one_distribution_have_a_small_distance() {
        let draw = |seed| -> Vec<f64> {
            let drawn = latents(seed, Stream::Data, 0, 8, 4000);
            (0..4000)
                .flat_map(|row| drawn.iter().skip(row).step_by(4000))
                .map(|&x| f64::from(x))
                .collect()
        };
        let near = distance(
            &Gaussian::fit(&draw(1), 8).unwrap(),
            &Gaussian::fit(&draw(2), 8).unwrap(),
        );
        assert!((0.0..0.05).contains(&near), "{near}");
    }

    #[test]
    fn too_few_or_non_finite_features_have_no_fit() {
        assert!(Gaussian::fit(&[1.0, 2.0], 2).is_none());
        assert!(Gaussian::fit(&[], 0).is_none());
        assert!(Gaussian::fit(&[1.0, f64::NAN, 2.0, 3.0], 2).is_none());
        let constant = Gaussian::fit(&[1.0; 20], 4).unwrap();
        assert_eq!(distance(&constant, &constant), 0.0);
    }
}
