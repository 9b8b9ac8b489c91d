//! What is measured in every step, as plain data. [`table`] names each measure.

mod exact;
pub(crate) mod meaning;
pub mod table;

use serde::{Deserialize, Serialize};

use super::Updates;
use crate::preset::Spectral;
pub use exact::EXACT;
use table::{LAYERS, Owner, STEP};

/// The measures of one step. D's values are those of the step's last D update.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    /// 2-norm of the loss's gradient with respect to all raw parameters of G.
    pub grad_g: f32,
    /// Norm of the gradient of D's output with respect to one generated sample, averaged over the batch; none where
    /// D has batch normalization.
    pub grad_x_mean: Option<f32>,
    /// The largest such norm in the batch.
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
    /// Measures of which nothing is known but the step: each number is NaN or none, and there are no layers.
    pub fn unknown(step: u64) -> Self {
        let mut measures = Self {
            step,
            ..Self::default()
        };
        for measure in &STEP {
            (measure.access.set)(&mut measures, None);
        }
        measures
    }

    /// The measures that a step of these networks made: numbers of the other network become NaN or none, and its layers
    /// are left out.
    pub fn of_updated(&self, updates: Updates) -> Self {
        let mut made = self.clone();
        for measure in STEP.iter().filter(|m| !updates.includes(m.of)) {
            (measure.access.set)(&mut made, None);
        }
        for measure in &LAYERS {
            let layers = (measure.access.get_mut)(&mut made);
            layers.retain(|(layer, _)| updates.includes(Owner::of_layer(layer)));
        }
        made
    }

    /// The first number for which an update is left out because it is not finite, in the order in which they are
    /// computed: its name in a sentence, and the number.
    pub fn first_not_finite(&self) -> Option<(&'static str, f32)> {
        let gates = |of: Owner| STEP.iter().filter(move |measure| measure.of == of);
        let in_order = gates(Owner::Discriminator).chain(gates(Owner::Generator));
        let numbers = in_order.filter_map(|m| Some((m.access.gate?, (m.access.get)(self)?)));
        numbers.into_iter().find(|(_, number)| !number.is_finite())
    }

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
