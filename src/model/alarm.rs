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

impl AlarmKind {
    /// Its name in the journal: `dying_gradient`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DyingGradient => "dying_gradient",
            Self::DiscriminatorWins => "discriminator_wins",
            Self::DiscriminatorLoses => "discriminator_loses",
            Self::ModeCollapse => "mode_collapse",
            Self::SpectralCollapse => "spectral_collapse",
            Self::EstimateDrift => "estimate_drift",
            Self::NonFinite => "non_finite",
        }
    }
}

impl Alarm {
    /// Its key in the journal: the kind, and the layer where it has one (`estimate_drift.d.0`).
    pub fn key(&self) -> String {
        match self.layer.as_str() {
            "" => self.kind.name().to_owned(),
            layer => format!("{}.{layer}", self.kind.name()),
        }
    }

    /// The alarm of this key that went on at a step, if this program knows it.
    pub fn of_key(key: &str, step: u64, text: String) -> Option<Self> {
        let (kind, layer) = key.split_once('.').unwrap_or((key, ""));
        Some(Self {
            kind: serde_json::from_value(kind.into()).ok()?,
            step,
            layer: layer.to_owned(),
            text,
        })
    }
}
