//! All measures of the weights of a step.

use rayon::prelude::*;

use super::{LayerWeight, Spectrum, alignment};
use crate::model::{LayerSpectrum, Spectra};

/// Most multiplications for the operator norm of one convolution: a few seconds.
pub(crate) const OPERATOR_WORK: f64 = (1u64 << 35) as f64;
/// Most work of an SVD (see [`LayerWeight::work`]): a few seconds. A matrix of 1600×1600 is below the limit, one of
/// 2048×2048 above.
pub(crate) const SVD_WORK: f64 = (1u64 << 32) as f64;

impl LayerWeight {
    /// All measures including the operator norm, within [`SVD_WORK`] and [`OPERATOR_WORK`]. They depend only on the weight
    /// and the layer, not on the number of threads.
    pub fn measured(&self) -> Spectrum {
        let mut spectrum = if self.work() <= SVD_WORK {
            self.spectrum()
        } else {
            self.estimate()
        };
        spectrum.exact.operator_norm = self.operator_norm(OPERATOR_WORK);
        spectrum
    }

    /// The layer with measures of its weight, as plain data.
    pub fn described(&self, spectrum: Spectrum) -> LayerSpectrum {
        LayerSpectrum {
            key: self.key.clone(),
            kind: self.kind.clone(),
            shape: self.shape(),
            enabled: self.settings.enabled,
            iterations: self.settings.iterations,
            singular_values: spectrum.singular_values,
            sigma: spectrum.sigma,
            sigma_used: spectrum.sigma_used,
            frobenius: spectrum.frobenius,
            exact: spectrum.exact,
        }
    }
}

/// Measures all layers that have u and v, on the current thread pool. The result depends only on the weights. `step` is
/// the one after which they were copied.
pub fn spectra(step: u64, layers: &[LayerWeight]) -> Spectra {
    let measured = layers.par_iter().filter(|layer| layer.vectors.is_some());
    let measured = measured.map(|layer| layer.described(layer.measured()));
    let mut spectra = Spectra {
        step,
        layers: measured.collect(),
    };
    align(&mut spectra, layers);
    spectra
}

/// Adds the measures of each of `layers` together with the next one.
pub(crate) fn align(spectra: &mut Spectra, layers: &[LayerWeight]) {
    for (key, cosine) in alignment::cosines(layers) {
        if let Some(layer) = spectra.layers.iter_mut().find(|layer| layer.key == key) {
            layer.exact.cosine_next = Some(cosine);
        }
    }
}
