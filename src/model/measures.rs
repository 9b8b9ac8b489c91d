//! The measures of a step, as plain data. [`table`] lists all measures with their names.

pub(crate) mod distances;
pub(crate) mod exact;
pub(crate) mod meaning;
pub mod table;

use serde::{Deserialize, Serialize};

use super::Updates;
use crate::preset::Spectral;
pub use distances::{DISTANCES, Distances};
pub use exact::{EXACT, SLOPES};
use table::{LAYERS, Owner, STEP};

/// Declares a table of measures, and a constant for each row, by which code refers to the row.
macro_rules! rows {
    (
        $(#[$about:meta])*
        $seen:vis $table:ident: [$access:ty; $count:literal];
        $($row:ident = $measure:expr;)+
    ) => {
        $(pub(crate) const $row: Measure<$access> = $measure;)+

        $(#[$about])*
        $seen static $table: [Measure<$access>; $count] = [$($row),+];
    };
}
pub(crate) use rows;

/// The measures of one step. Values of D are from the last D update of the step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measures {
    /// Number of the step, starting at 1.
    pub step: u64,
    /// Loss of D.
    pub loss_d: f32,
    /// Loss of G.
    pub loss_g: f32,
    /// Mean of D's output over the real samples.
    pub d_real: f32,
    /// Mean of D's output over the generated samples of the D update.
    pub d_fake: f32,
    /// Share of real samples that D classifies as real.
    pub accuracy_real: f32,
    /// Share of generated samples that D classifies as generated.
    pub accuracy_fake: f32,
    /// 2-norm of the loss's gradient with respect to all raw parameters of D.
    pub grad_d: f32,
    /// 2-norm of the loss's gradient with respect to all raw parameters of G.
    pub grad_g: f32,
    /// Mean over the batch of the norm of the gradient of D's output with respect to a generated sample. `None` if D
    /// has batch normalization.
    pub grad_x_mean: Option<f32>,
    /// Maximum over the batch of the norm of the gradient of D's output with respect to a generated sample.
    pub grad_x_max: Option<f32>,
    /// (layer key, uᵀWv of the raw weight), in layer order.
    pub sigma: Vec<(String, f32)>,
    /// (layer key, ‖W‖F of the raw weight), in layer order.
    pub weight_norm: Vec<(String, f32)>,
    /// (layer key, 2-norm of the loss's gradient with respect to the layer's raw weight and bias), layers of D from the
    /// last D update, then layers of G.
    pub gradient_norm: Vec<(String, f32)>,
}

impl Measures {
    /// Measures with only a step number: each value is NaN or `None`, and there are no layers.
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

    /// The measures of the networks that a step updated. Values of the other network become NaN or `None`, and its
    /// layers are removed.
    pub fn of_updated(&self, updates: Updates) -> Self {
        let mut kept = self.clone();
        for measure in STEP.iter().filter(|m| !updates.includes(m.of)) {
            (measure.access.set)(&mut kept, None);
        }
        for measure in &LAYERS {
            let layers = (measure.access.get_mut)(&mut kept);
            layers.retain(|(layer, _)| updates.includes(Owner::of_layer(layer)));
        }
        kept
    }

    /// The first non-finite loss or gradient norm, in order of computation: its description and its value. Such a value
    /// prevents the update.
    pub fn first_not_finite(&self) -> Option<(&'static str, f32)> {
        let gates = |of: Owner| STEP.iter().filter(move |measure| measure.of == of);
        let in_order = gates(Owner::Discriminator).chain(gates(Owner::Generator));
        let numbers = in_order.filter_map(|m| Some((m.access.gate?, (m.access.get)(self)?)));
        numbers.into_iter().find(|(_, number)| !number.is_finite())
    }

    /// Keys of layers whose normalization is on but impossible, because σ is zero or not finite.
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
