//! Results that are costly to compute, as plain data: spectra of weights, the plane as D sees it, interpolations.

use serde::{Deserialize, Serialize};

use super::{Exact, ExactSpectra, Samples};
use crate::preset::{self, Lipschitz, Preset, WeightNorm};

/// A costly result that is computed only while a front end shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Watched {
    /// The spectra of all layers, see [`Spectra`].
    Spectra,
    /// The same of a lane that is shown beside the selected one: without operator norms, with a smaller share of a core.
    SpectraBeside,
    /// D on the plane, see [`Plane`]. Only for two-dimensional data.
    Plane,
    /// Histograms of D's output, see [`Outputs`](super::Outputs).
    Outputs,
    /// The pictures of earlier steps, see [`Snapshot::pictures`](super::Snapshot::pictures).
    Pictures,
}

/// Spectra of the layers: the estimate of σ and the SVD.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spectra {
    /// The step after which the weights were measured.
    pub step: u64,
    /// Layers of D, then of G, in network order.
    pub layers: Vec<LayerSpectrum>,
}

impl Spectra {
    /// The exact measures under these settings, for metrics.jsonl.
    pub fn record(&self, settings: &Preset) -> ExactSpectra {
        let layers = self.layers.iter();
        ExactSpectra {
            lipschitz: self.lipschitz(settings),
            step: self.step,
            layers: layers
                .map(|layer| (layer.key.clone(), layer.exact))
                .collect(),
        }
    }

    /// The bound of D's slope with the weights in use under these settings.
    pub fn lipschitz(&self, settings: &Preset) -> Option<Lipschitz> {
        preset::lipschitz(settings, |key| {
            let layer = self.layers.iter().find(|layer| layer.key == key)?;
            let matrix = layer.sigma_used?;
            // The weight in use is the raw one times a number.
            let factor = match layer.exact.sigma_svd {
                Some(raw) if raw > 0.0 => matrix / raw,
                _ => return None,
            };
            Some(WeightNorm {
                matrix,
                operator: layer.exact.operator_norm.map(|norm| norm * factor),
            })
        })
    }

    /// Spectra reconstructed from recorded exact measures and the settings of their step. Singular values are empty.
    pub fn recorded(record: &ExactSpectra, settings: &Preset) -> Self {
        let shapes = preset::matrices(settings);
        let layer = |(key, exact): &(String, Exact)| {
            let layer = settings.spectral.layer(key);
            // The estimate is never above σ.
            let sigma = exact.sigma_svd.zip(exact.sigma_error);
            let sigma = sigma.map(|(svd, error)| svd * (1.0 - error));
            let used = match sigma.filter(|&sigma| layer.enabled && sigma != 0.0) {
                Some(sigma) => {
                    (exact.sigma_svd).map(|svd| f64::from(layer.layer_gain) * svd / sigma.abs())
                }
                None => exact.sigma_svd,
            };
            let known = shapes.iter().find(|matrix| matrix.key == *key);
            LayerSpectrum {
                key: key.clone(),
                kind: known.map_or_else(String::new, |matrix| matrix.kind.clone()),
                shape: known.map_or((0, 0), |matrix| matrix.shape),
                enabled: layer.enabled,
                iterations: layer.iterations,
                singular_values: Vec::new(),
                sigma,
                sigma_used: used.filter(|used| used.is_finite()),
                frobenius: None,
                exact: *exact,
            }
        };
        Self {
            step: record.step,
            layers: record.layers.iter().map(layer).collect(),
        }
    }
}

/// Spectrum of one weight, reshaped to the matrix of spectral normalization. Undefined or non-finite values are `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSpectrum {
    /// Key of the layer, for example `d.0` or `g.2`.
    pub key: String,
    /// Description of the layer, for example `Conv2d 64→128 4×4 s2`.
    pub kind: String,
    /// (rows, columns) of the matrix.
    pub shape: (usize, usize),
    /// Whether the layer is normalized.
    pub enabled: bool,
    /// Power iterations per update.
    pub iterations: usize,
    /// Singular values of the raw W in descending order, from an SVD in double precision. Empty if W is not finite or
    /// if the spectrum was read from files.
    pub singular_values: Vec<f64>,
    /// Estimate of σ: uᵀWv with the current u and v; `None` if the layer has no u and v.
    pub sigma: Option<f64>,
    /// Largest singular value of the effective weight: layer_gain·σ exact/|σ estimated| if the layer is normalized,
    /// otherwise σ exact.
    pub sigma_used: Option<f64>,
    /// Frobenius norm ‖W‖F of the raw weight.
    pub frobenius: Option<f64>,
    /// The exact measures that are recorded.
    pub exact: Exact,
}

/// D and G on the two-dimensional data plane. All positions are in data units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// The step after which the networks were evaluated.
    pub step: u64,
    /// Lower left and upper right corner.
    pub corners: [[f32; 2]; 2],
    /// Columns and rows of `scores`.
    pub size: (usize, usize),
    /// D's output at the centres of the grid cells, row by row from the top.
    pub scores: Vec<f32>,
    /// Generated points with ∇xD at each: the direction in which D would move them.
    pub arrows: Vec<([f32; 2], [f32; 2])>,
    /// G's images of the lines of a grid of latents. The grid spans the first two latent entries; the others are 0.
    pub lines: Vec<Vec<[f32; 2]>>,
    /// Centre of each mode, with the number of high-quality samples nearest to it.
    pub modes: Vec<([f32; 2], usize)>,
    /// Number of generated samples that were assigned to modes.
    pub samples: usize,
}

/// Samples from a spherical interpolation between two fixed latents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interpolation {
    /// Indices of the two fixed samples.
    pub ends: (usize, usize),
    /// The samples along the way, both ends included.
    pub samples: Samples,
}
