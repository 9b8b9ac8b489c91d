//! What takes work to look at: spectra of weights, D's landscape, latents between two samples. As plain data.

use serde::{Deserialize, Serialize};

use super::Samples;

/// Something that a front end can watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Look {
    /// [`Spectra`].
    Spectra,
    /// [`Plane`]; only of data in the plane.
    Plane,
}

/// Every layer with a weight, σ against the SVD.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spectra {
    /// The weights are those after this step.
    pub step: u64,
    /// D's layers, then G's, in their order.
    pub layers: Vec<LayerSpectrum>,
}

/// One weight as the matrix that spectral normalization takes it for. What is undefined or not finite is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSpectrum {
    /// `d.0`, `g.2`.
    pub key: String,
    /// The layer in words: `Conv2d 64→128 4×4 s2`.
    pub kind: String,
    /// (rows, columns) of the matrix.
    pub shape: (usize, usize),
    /// Whether the layer is normalized.
    pub enabled: bool,
    /// Power iterations an update.
    pub iterations: usize,
    /// Singular values of the raw W by an SVD in double precision, the largest first; empty where W is not finite.
    pub singular_values: Vec<f64>,
    /// uᵀWv with u and v as they are, none where the layer has none.
    pub sigma: Option<f64>,
    /// |σ estimated − σ exact| / σ exact.
    pub relative_error: Option<f64>,
    /// 1 − |cos| of u against the first left singular vector.
    pub cosine_error_u: Option<f64>,
    /// 1 − |cos| of v against the first right singular vector.
    pub cosine_error_v: Option<f64>,
    /// Largest singular value of the weight that the layer computes with: layer_gain·σ exact/|σ estimated| where it is
    /// normalized, σ exact elsewhere.
    pub sigma_used: Option<f64>,
    /// Norm of the raw convolution as a linear map, with its stride and zero padding; none for dense layers and where
    /// it has not been computed.
    pub operator_norm: Option<f64>,
    /// ‖W‖F.
    pub frobenius: Option<f64>,
    /// ‖W‖F² / σ².
    pub stable_rank: Option<f64>,
    /// exp of the entropy of the singular values over their sum (Roy & Vetterli 2007).
    pub effective_rank: Option<f64>,
}

impl LayerSpectrum {
    /// The largest singular value, by SVD.
    pub fn exact(&self) -> Option<f64> {
        self.singular_values.first().copied()
    }
}

/// The plane as D sees it, in data units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// The networks are those after this step.
    pub step: u64,
    /// Lower left and upper right corner.
    pub corners: [[f32; 2]; 2],
    /// Columns and rows of `scores`.
    pub size: (usize, usize),
    /// D's output at the centres of a lattice's cells, row by row from the top.
    pub scores: Vec<f32>,
    /// Generated points, and ∇xD there: the way D would have them go.
    pub arrows: Vec<([f32; 2], [f32; 2])>,
    /// What G makes of lines of a lattice of latents (of their first two entries, the others 0), point by point.
    pub lines: Vec<Vec<[f32; 2]>>,
    /// The modes' centres, and the generated samples of high quality that belong to each, of `samples`.
    pub modes: Vec<([f32; 2], usize)>,
    /// Generated samples that `modes` counts.
    pub samples: usize,
}

/// Samples of latents on the way from one fixed latent to another, by spherical interpolation.
#[derive(Clone, Debug, PartialEq)]
pub struct Interpolation {
    /// Numbers of the two samples.
    pub ends: (usize, usize),
    pub samples: Samples,
}
