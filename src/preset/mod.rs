//! The RON schema of a preset, as plain data.
//!
//! It holds no tensors, starts no threads and opens no terminal.
//!
//! [`parse()`] turns a text into a [`Preset`], or says where it is wrong as a [`Diagnostic`]; [`print()`] writes it back in
//! full; [`set()`] changes one setting by its dotted path; [`check()`] refuses values out of range and layers that do not
//! fit; [`infer`] computes the shape after each layer.

pub mod builtin;
pub(crate) mod check;
pub(crate) mod complete;
pub(crate) mod data;
pub(crate) mod diagnostic;
pub mod fork;
pub mod form;
pub(crate) mod kind;
mod lane;
pub(crate) mod layer;
pub(crate) mod lipschitz;
pub mod load;
pub mod matrix;
pub(crate) mod nearest;
pub(crate) mod network;
pub(crate) mod nudge;
pub mod number;
pub(crate) mod optimizer;
pub(crate) mod parameters;
pub mod parse;
pub mod print;
pub(crate) mod residual;
pub(crate) mod scan;
mod schedule;
pub mod set;
pub mod setting;
pub(crate) mod shape;
pub(crate) mod spectral;
pub(crate) mod weight;

use serde::{Deserialize, Serialize};

pub use check::{Issue, check};
pub use data::{Centres, Data, Fit, Source};
pub use diagnostic::Diagnostic;
pub use fork::{Assignment, MAX_LANES, Plan, PlannedFork, plan};
pub use kind::Kind;
pub use lane::{LaneId, NotALane, Target};
pub use layer::{Layer, layers};
pub use lipschitz::{Lipschitz, WeightNorm, lipschitz};
pub use load::{MAX_BYTES, Named, OF_A_RUN, load};
pub use matrix::matrices;
pub use network::{LayerSpec, NetworkSpec, Shape, WeightInit};
pub use optimizer::{OptimizerSetting, UnknownSetting};
pub use parameters::parameters;
pub use parse::parse;
pub use print::print;
pub use schedule::{Scheduled, schedule};
pub use set::{get, set, set_all};
pub use setting::is_live;
pub use shape::{Misfit, infer};
pub use spectral::{LayerSpectral, NormalizedLayer, OnDisable, Spectral};
pub use weight::{Layout, Weight};

/// Everything a run depends on besides its seed and the program: data, networks, loss, optimizers, schedule.
///
/// A field left out of a RON file takes its default; `data`, `latent`, `generator` and `discriminator` have none and
/// must be given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// One sentence for the list of presets.
    #[serde(default)]
    pub about: String,
    /// The training data.
    pub data: Data,
    /// Length of the latent vector z.
    pub latent: usize,
    /// The pair of losses.
    #[serde(default)]
    pub loss: Loss,
    /// G, from a latent vector to a sample.
    pub generator: NetworkSpec,
    /// D, from a sample to a score.
    pub discriminator: NetworkSpec,
    /// Spectral normalization.
    #[serde(default)]
    pub spectral: Spectral,
    /// Factor on D's output.
    #[serde(default = "default::one")]
    pub gain: f32,
    /// Real samples in one update, and as many generated ones.
    #[serde(default = "default::batch")]
    pub batch: usize,
    /// D updates for each G update.
    #[serde(default = "default::n_dis")]
    pub n_dis: usize,
    /// Bound c: after each D update, every parameter of D is clipped to [−c, c], as in WGAN (Arjovsky et al. 2017).
    /// `None` turns clipping off. In a normalized layer the raw W is clipped, so W/σ changes in direction only.
    #[serde(default)]
    pub clip: Option<f32>,
    /// Decay of the exponential moving average of G, in [0, 1); 0 keeps no average.
    #[serde(default)]
    pub ema: f32,
    /// Number of G updates after which the run is done.
    #[serde(default = "default::steps")]
    pub steps: u64,
    /// Whether learning rates fall linearly to 0 over `decay_steps`.
    #[serde(default)]
    pub decay: bool,
    /// Length of the decay in steps; defaults to `steps`.
    #[serde(default)]
    pub decay_steps: Option<u64>,
    /// The schedule of sample pictures.
    #[serde(default)]
    pub samples: Samples,
    /// The schedule of scores.
    #[serde(default)]
    pub scores: Scoring,
    /// The schedule of exact spectral measures.
    #[serde(default)]
    pub spectra: SpectraSchedule,
    /// The schedule of checkpoints.
    #[serde(default)]
    pub checkpoints: Checkpoints,
}

impl Preset {
    /// Returns the preset with another number of steps. The decay of learning rates keeps its length.
    pub fn until(mut self, steps: u64) -> Self {
        if steps != self.steps {
            let decay = self.decay_steps.unwrap_or(self.steps);
            self.decay_steps = Some(decay.max(1));
            self.steps = steps;
        }
        self
    }

    /// Factor on both learning rates at `step` (from 1): 1 without decay, else 1 falling linearly to 0.
    pub fn rate_factor(&self, step: u64) -> f32 {
        if !self.decay {
            return 1.0;
        }
        let length = self.decay_steps.unwrap_or(self.steps).max(1) as f32;
        (1.0 - step.saturating_sub(1) as f32 / length).max(0.0)
    }
}

/// The pair of losses of D and G; D(x) is a raw score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// D: E max(0, 1 − D(x)) + E max(0, 1 + D(G(z))); G: −E D(G(z)) (Lim & Ye 2017; Miyato et al. 2018, eq. 16–17).
    #[default]
    Hinge,
    /// D: E softplus(−D(x)) + E softplus(D(G(z))); G: E softplus(−D(G(z))) (Goodfellow et al. 2014).
    NonSaturating,
    /// D: E D(G(z)) − E D(x); G: −E D(G(z)) (Arjovsky et al. 2017).
    Wasserstein,
    /// D: ½ E (D(x) − 1)² + ½ E D(G(z))²; G: ½ E (D(G(z)) − 1)² (Mao et al. 2017).
    LeastSquares,
}

impl Loss {
    /// The outputs at which D's loss changes its course: hinge's margins, the border between real and generated, or the
    /// targets of least squares. Wasserstein has none.
    pub fn marks(self) -> &'static [f32] {
        match self {
            Self::Hinge => &[-1.0, 1.0],
            Self::NonSaturating => &[0.0],
            Self::Wasserstein => &[],
            Self::LeastSquares => &[0.0, 1.0],
        }
    }
}

/// The schedule of sample pictures, and the number of samples in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Samples {
    /// Steps between two pictures of the fixed latents.
    pub every: u64,
    /// Samples in a picture, or points in a scatter.
    pub count: usize,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            every: 100,
            count: 64,
        }
    }
}

/// The schedule of scores, and the number of samples that are scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scoring {
    /// Steps between two scorings; 0: at the end of the run only.
    pub every: u64,
    /// Number of images that are scored, against as many real ones. Mixtures always take 2,500 samples.
    pub count: usize,
}

impl Default for Scoring {
    fn default() -> Self {
        Self {
            every: 500,
            count: 1000,
        }
    }
}

/// The schedule of exact spectral measures of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpectraSchedule {
    /// Steps between two measurements; 0: none.
    pub every: u64,
}

impl Default for SpectraSchedule {
    fn default() -> Self {
        Self { every: 500 }
    }
}

impl SpectraSchedule {
    /// Whether a measurement follows this step.
    pub fn is_due(&self, step: u64) -> bool {
        self.every > 0 && step.is_multiple_of(self.every)
    }
}

/// The schedule of checkpoints before the end of a run, and how many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Checkpoints {
    /// Steps between two checkpoints; 0: none by steps.
    pub every: u64,
    /// Seconds between two checkpoints; 0: none by time.
    pub seconds: f32,
    /// Number of recent checkpoints that are kept. Marked ones are kept as well.
    pub keep: usize,
}

impl Default for Checkpoints {
    fn default() -> Self {
        Self {
            every: 0,
            seconds: 60.0,
            keep: 3,
        }
    }
}

mod default {
    pub(super) fn one() -> f32 {
        1.0
    }
    pub(super) fn batch() -> usize {
        64
    }
    pub(super) fn n_dis() -> usize {
        1
    }
    pub(super) fn steps() -> u64 {
        1000
    }
}
