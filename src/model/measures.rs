//! What is measured in every step, as plain data.

use serde::{Deserialize, Serialize};

use crate::preset::Spectral;

/// The measures of one step. D's values are those of the step's last D update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// The step, from 1.
    pub step: u64,
    pub loss_d: f32,
    pub loss_g: f32,
    /// Mean of D's output over the real samples.
    pub d_real: f32,
    /// Mean of D's output over the generated samples of the D update.
    pub d_fake: f32,
    /// Share of real samples that D takes for real.
    pub accuracy_real: f32,
    /// Share of generated samples that D takes for generated.
    pub accuracy_fake: f32,
    /// 2-norm of the loss's gradient with respect to all raw parameters of D.
    pub grad_d: f32,
    /// The same of G.
    pub grad_g: f32,
    /// Norm of the gradient of D's output with respect to one generated sample, averaged over the batch; none where
    /// D has batch normalization.
    pub grad_x_mean: Option<f32>,
    /// Its largest over the batch.
    pub grad_x_max: Option<f32>,
    /// (layer key, uᵀWv of the raw weight) in the order of the layers.
    pub sigma: Vec<(String, f32)>,
    /// (layer key, ‖W‖F of the raw weight) in the order of the layers.
    pub weight_norm: Vec<(String, f32)>,
    /// (layer key, 2-norm of the loss's gradient with respect to the layer's raw weight and bias), D's layers of the
    /// last D update, then G's.
    pub gradient_norm: Vec<(String, f32)>,
}

impl Measures {
    /// Layers that are left unnormalized although their normalization is on: their σ is zero or not finite.
    pub fn unnormalized(&self, spectral: &Spectral) -> Vec<String> {
        self.sigma
            .iter()
            .filter(|(key, sigma)| {
                spectral.layer(key).enabled && (*sigma == 0.0 || !sigma.is_finite())
            })
            .map(|(key, _)| key.clone())
            .collect()
    }
}
