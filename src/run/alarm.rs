//! What a run warns of, as plain data.

use serde::{Deserialize, Serialize};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// ‖∇xD‖ on generated samples is dying: G has nothing to learn from.
    DyingGradient,
    /// D tells real from generated without fail.
    DiscriminatorWins,
    /// D does not tell real from generated any more.
    DiscriminatorLoses,
    /// Diversity or the number of modes is falling.
    ModeCollapse,
    /// The spectrum of a layer falls together onto few singular values.
    SpectralCollapse,
    /// σ's estimate drifts from the exact one.
    EstimateDrift,
    /// A loss or gradient is not finite; its update was not applied.
    NonFinite,
}

/// An alarm that is on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    pub kind: AlarmKind,
    /// The step at which it went on.
    pub step: u64,
    /// The layer it is about; empty where it is about none.
    pub layer: String,
    /// What happened, with its figures, and what to try.
    pub text: String,
}
