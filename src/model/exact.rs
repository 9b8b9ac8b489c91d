//! Exact measures of weights by an SVD, as they are recorded.

use serde::{Deserialize, Serialize};

use crate::preset::Lipschitz;

/// Exact measures of one raw weight, reshaped to the matrix of spectral normalization. Undefined or non-finite values are
/// `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exact {
    /// The largest singular value σ, by an SVD in double precision.
    pub sigma_svd: Option<f64>,
    /// |uᵀWv − σ| / σ with the layer's current u and v.
    pub sigma_error: Option<f64>,
    /// 1 − |cos| of u against the first left singular vector.
    pub cosine_error_u: Option<f64>,
    /// 1 − |cos| of v against the first right singular vector.
    pub cosine_error_v: Option<f64>,
    /// ‖W‖F² / σ².
    pub stable_rank: Option<f64>,
    /// exp of the entropy of the singular values divided by their sum (Roy & Vetterli 2007).
    pub effective_rank: Option<f64>,
    /// Norm of a convolution as a linear map, with its stride and zero padding. `None` for dense layers, and if it was not
    /// computed.
    pub operator_norm: Option<f64>,
    /// |cos| of the angle between u and the next layer's v. `None` where their components do not correspond.
    pub cosine_next: Option<f64>,
}

/// The exact measures of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExactSpectra {
    /// The step after which the weights were copied.
    pub step: u64,
    /// Key and measures of every layer with an estimate of σ: those of D, then those of G.
    pub layers: Vec<(String, Exact)>,
    /// The bound of D's slope; `None` if it is unknown.
    pub lipschitz: Option<Lipschitz>,
}

impl ExactSpectra {
    /// The measures of the layer with this key.
    pub fn layer(&self, key: &str) -> Option<&Exact> {
        let found = self.layers.iter().find(|(known, _)| known == key);
        found.map(|(_, exact)| exact)
    }
}
