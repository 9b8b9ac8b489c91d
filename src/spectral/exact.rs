//! The exact measures of a weight, as they are recorded: what an SVD says beside σ's estimate.

use serde::{Deserialize, Serialize};

use super::{LayerWeight, Spectrum};

/// Most multiplications for the norm of one convolution: some seconds.
pub const OPERATOR_WORK: f64 = (1u64 << 35) as f64;
/// Most work of an SVD (see [`LayerWeight::work`]): some seconds. A matrix of 1600×1600 is below, one of 2048×2048
/// above.
pub const SVD_WORK: f64 = (1u64 << 32) as f64;

/// Figures of one raw weight as the matrix that spectral normalization takes it for. What is undefined or not finite is
/// none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exact {
    /// The largest singular value, by an SVD in double precision.
    pub sigma_svd: Option<f64>,
    /// |uᵀWv − σ| / σ with u and v as they are.
    pub sigma_error: Option<f64>,
    /// 1 − |cos| of u against the first left singular vector.
    pub cosine_error_u: Option<f64>,
    /// 1 − |cos| of v against the first right singular vector.
    pub cosine_error_v: Option<f64>,
    /// ‖W‖F² / σ².
    pub stable_rank: Option<f64>,
    /// exp of the entropy of the singular values over their sum (Roy & Vetterli 2007).
    pub effective_rank: Option<f64>,
    /// Norm of a convolution as a linear map, with its stride and zero padding; none for dense layers and where it has
    /// not been computed.
    pub operator_norm: Option<f64>,
}

/// The exact measures of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExactSpectra {
    /// The weights are those after this step.
    pub step: u64,
    /// Every layer with an estimate of σ, by its key: D's, then G's.
    pub layers: Vec<(String, Exact)>,
}

impl ExactSpectra {
    /// The measures of one layer.
    pub fn layer(&self, key: &str) -> Option<&Exact> {
        let found = self.layers.iter().find(|(known, _)| known == key);
        found.map(|(_, exact)| exact)
    }
}

impl LayerWeight {
    /// Everything, the norm of a convolution included, within bounds of work; it depends on the weight alone, and on no
    /// number of threads.
    pub fn measured(&self) -> Spectrum {
        let mut spectrum = match self.work() <= SVD_WORK {
            true => self.spectrum(),
            false => self.estimate(),
        };
        spectrum.exact.operator_norm = self.operator_norm(OPERATOR_WORK);
        spectrum
    }
}
