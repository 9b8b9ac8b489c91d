//! What takes work to look at: spectra of weights, D's landscape, latents between two samples. As plain data.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Samples;
use crate::{
    preset::{self, Preset},
    spectral::{Exact, ExactSpectra, LayerWeight, Spectrum},
};

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

impl Spectra {
    /// Takes copies of weights apart that have u and v, on the threads of this pool. What comes out depends on the
    /// weights alone.
    pub fn of(step: u64, layers: &[LayerWeight]) -> Self {
        let layers = layers.par_iter().filter(|layer| layer.vectors.is_some());
        Self {
            step,
            layers: layers
                .map(|layer| LayerSpectrum::of(layer, layer.measured()))
                .collect(),
        }
    }

    /// What is recorded of them.
    pub fn record(&self) -> ExactSpectra {
        let layers = self.layers.iter();
        ExactSpectra {
            step: self.step,
            layers: layers
                .map(|layer| (layer.key.clone(), layer.exact))
                .collect(),
        }
    }

    /// What is known of them from a record, under the settings of its step.
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
    /// Singular values of the raw W by an SVD in double precision, the largest first; empty where W is not finite, and of
    /// a run that is known from its files alone.
    pub singular_values: Vec<f64>,
    /// uᵀWv with u and v as they are, none where the layer has none.
    pub sigma: Option<f64>,
    /// Largest singular value of the weight that the layer computes with: layer_gain·σ exact/|σ estimated| where it is
    /// normalized, σ exact elsewhere.
    pub sigma_used: Option<f64>,
    /// ‖W‖F.
    pub frobenius: Option<f64>,
    /// What is recorded of it.
    pub exact: Exact,
}

impl LayerSpectrum {
    /// What the spectrum of a layer shows.
    pub fn of(layer: &LayerWeight, spectrum: Spectrum) -> Self {
        Self {
            key: layer.key.clone(),
            kind: layer.kind.clone(),
            shape: layer.shape(),
            enabled: layer.settings.enabled,
            iterations: layer.settings.iterations,
            singular_values: spectrum.singular_values,
            sigma: spectrum.sigma,
            sigma_used: spectrum.sigma_used,
            frobenius: spectrum.frobenius,
            exact: spectrum.exact,
        }
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interpolation {
    /// Numbers of the two samples.
    pub ends: (usize, usize),
    pub samples: Samples,
}
