//! The singular values of a layer's weight, and the error of its estimated σ.

use super::{operator, power, svd::Leading};
use crate::{
    model::Exact,
    preset::{Layout, NormalizedLayer},
};

/// A copy of a layer's weight, with the layer's settings and geometry.
#[derive(Clone, Debug)]
pub struct LayerWeight {
    /// `d.0`, `g.2`.
    pub key: String,
    /// The layer in words: `Conv2d 64→128 4×4 s2`.
    pub kind: String,
    /// Row-major, in the order of the layer.
    pub weight: Vec<f32>,
    /// The matrix within the weight.
    pub layout: Layout,
    /// The settings of spectral normalization in force for the layer.
    pub settings: NormalizedLayer,
    /// u and v, if the layer has them.
    pub vectors: Option<(Vec<f32>, Vec<f32>)>,
    /// Shape of the weight in PyTorch, and the geometry, of a convolution; `None` for other layers.
    pub convolution: Option<([usize; 4], operator::Place)>,
}

/// Spectral measures of a weight. Undefined or non-finite values are `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spectrum {
    /// In descending order; empty if the weight is not finite or no SVD was computed.
    pub singular_values: Vec<f64>,
    /// The estimate uᵀWv.
    pub sigma: Option<f64>,
    /// Largest singular value of the weight that the layer computes with.
    pub sigma_used: Option<f64>,
    /// ‖W‖F.
    pub frobenius: Option<f64>,
    /// Measures from the singular values and vectors.
    pub exact: Exact,
}

impl LayerWeight {
    /// (rows, columns) of the weight as a matrix.
    pub fn shape(&self) -> (usize, usize) {
        (self.layout.rows, self.layout.width())
    }

    /// Cost of the SVD in multiplications, up to a constant factor.
    pub fn work(&self) -> f64 {
        let (rows, columns) = self.shape();
        rows as f64 * columns as f64 * rows.min(columns) as f64
    }

    /// The measures that need no SVD: the estimate of σ and the Frobenius norm.
    pub fn estimate(&self) -> Spectrum {
        let sigma = self.vectors.as_ref().map(|(u, v)| {
            let sigma = power::sigma(&self.weight, &self.layout, u, v);
            f64::from(sigma)
        });
        let squares = self.weight.iter().map(|&w| f64::from(w) * f64::from(w));
        Spectrum {
            sigma: sigma.filter(|sigma| sigma.is_finite()),
            frobenius: finite(squares.sum::<f64>().sqrt()),
            ..Spectrum::default()
        }
    }

    /// All measures of the layer alone except the operator norm, by an SVD in double precision. Only [`LayerWeight::estimate`] if the weight
    /// is empty or not finite, or the SVD does not converge.
    pub fn spectrum(&self) -> Spectrum {
        let estimate = self.estimate();
        let weight: Vec<f64> = self.weight.iter().map(|&w| f64::from(w)).collect();
        if weight.is_empty() || weight.iter().any(|w| !w.is_finite()) {
            return estimate;
        }
        let Some(leading) = Leading::of(&weight, &self.layout) else {
            return estimate;
        };
        let exact = leading.sigma;
        let over_exact = |x: f64| finite(x / exact).filter(|_| exact > 0.0);
        let sigma = estimate.sigma;
        let sigma_used = match sigma.filter(|&sigma| self.settings.enabled && sigma != 0.0) {
            Some(sigma) => finite(f64::from(self.settings.layer_gain) * exact / sigma.abs()),
            None => finite(exact),
        };
        let vectors = self.vectors.as_ref();
        let ratio = estimate.frobenius.and_then(over_exact);
        Spectrum {
            sigma_used,
            exact: Exact {
                sigma_svd: finite(exact),
                sigma_error: sigma.and_then(|sigma| over_exact((sigma - exact).abs())),
                cosine_error_u: vectors.and_then(|(u, _)| leading.cosine_error_u(u)),
                cosine_error_v: vectors.and_then(|(_, v)| leading.cosine_error_v(v)),
                stable_rank: ratio.map(|ratio| ratio * ratio),
                effective_rank: effective_rank(&leading.values),
                operator_norm: None,
                cosine_next: None,
            },
            singular_values: leading.values,
            ..estimate
        }
    }

    /// The norm of a convolution as a linear map. `None` for other layers, and if it takes more than `most_work`
    /// multiplications.
    pub fn operator_norm(&self, most_work: f64) -> Option<f64> {
        let (shape, place) = self.convolution.as_ref()?;
        let weight: Vec<f64> = self.weight.iter().map(|&w| f64::from(w)).collect();
        operator::norm_within(&weight, *shape, place, most_work).ok()
    }
}

/// The effective rank: exp of the entropy, in nats, of the values divided by their sum. n for n equal values, near 1 if one
/// value dominates. `None` if all values are zero.
pub(crate) fn effective_rank(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().sum();
    let shares = values.iter().map(|value| value / sum);
    let entropy: f64 = shares.filter(|&p| p > 0.0).map(|p| -p * p.ln()).sum();
    finite(entropy.exp()).filter(|_| sum > 0.0 && sum.is_finite())
}

fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(
        weight: Vec<f32>,
        vectors: Option<(Vec<f32>, Vec<f32>)>,
        enabled: bool,
    ) -> LayerWeight {
        LayerWeight {
            key: "d.0".into(),
            kind: "Linear 2→2".into(),
            weight,
            layout: Layout::plain(2, 2),
            settings: NormalizedLayer {
                enabled,
                iterations: 1,
                layer_gain: 2.0,
            },
            vectors,
            convolution: None,
        }
    }

    #[test]
    fn measures_of_a_diagonal_matrix_are_known() {
        // diag(4, 1), seen along (0.8, 0.6): uᵀWv = 4·0.64 + 0.36 = 2.92.
        let seen = (vec![0.8, 0.6], vec![0.8, 0.6]);
        let found = layer(vec![4.0, 0.0, 0.0, 1.0], Some(seen), true).spectrum();
        let near = |x: Option<f64>, y: f64| assert!((x.unwrap() - y).abs() < 1e-6, "{x:?} {y}");
        assert_eq!(found.singular_values.len(), 2);
        near(found.singular_values.first().copied(), 4.0);
        near(found.sigma, 2.92);
        near(found.exact.sigma_error, 1.08 / 4.0);
        near(found.exact.cosine_error_u, 0.2);
        near(found.exact.cosine_error_v, 0.2);
        near(found.sigma_used, 2.0 * 4.0 / 2.92);
        near(found.frobenius, 17f64.sqrt());
        near(found.exact.stable_rank, 17.0 / 16.0);
        let entropy = -(0.8f64 * 0.8f64.ln() + 0.2 * 0.2f64.ln());
        near(found.exact.effective_rank, entropy.exp());
    }

    #[test]
    fn undefined_measures_are_none() {
        let zero = layer(vec![0.0; 4], None, true).spectrum();
        assert_eq!(zero.singular_values, [0.0, 0.0]);
        assert_eq!(
            (zero.exact.stable_rank, zero.exact.effective_rank),
            (None, None)
        );
        assert_eq!((zero.exact.sigma_error, zero.sigma), (None, None));
        let off = layer(vec![3.0, 0.0, 0.0, 1.0], None, false).spectrum();
        assert!((off.sigma_used.unwrap() - 3.0).abs() < 1e-12);
        let broken = layer(vec![f32::NAN, 0.0, 0.0, 1.0], None, true).spectrum();
        assert!(broken.singular_values.is_empty() && broken.frobenius.is_none());
    }

    #[test]
    fn the_effective_rank_of_equal_values_is_their_number() {
        assert!((effective_rank(&[2.0; 7]).unwrap() - 7.0).abs() < 1e-9);
        assert!((effective_rank(&[5.0, 0.0, 0.0]).unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(effective_rank(&[]), None);
    }
}
