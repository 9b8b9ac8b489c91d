//! Alarms as plain data.

pub(crate) mod advice;

use serde::{Deserialize, Serialize};

use super::Event;

/// The kind of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// ‖∇xD‖ on generated samples vanishes: G cannot learn from D.
    DyingGradient,
    /// ‖∇xD‖ on generated samples grows far beyond what spectral normalization would allow.
    ExplodingGradient,
    /// D separates real from generated samples perfectly.
    DiscriminatorWins,
    /// D scores generated samples above real ones.
    DiscriminatorLoses,
    /// Diversity or the number of modes is falling.
    ModeCollapse,
    /// Samples of a mixture are near no mode, late in the run.
    LowQuality,
    /// A few singular values of a layer dominate all others.
    SpectralCollapse,
    /// The estimate of σ deviates from the exact σ.
    EstimateDrift,
    /// A loss or gradient is not finite, and the update was not applied.
    NonFinite,
}

/// An active alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The problem that was detected.
    pub kind: AlarmKind,
    /// Step at which the alarm went on.
    pub step: u64,
    /// Key of the affected layer; empty if the alarm is not about a layer.
    pub layer: String,
    /// The measured values when the alarm went on, and what to try with the settings of then.
    pub text: String,
}

impl AlarmKind {
    /// The name in the journal, for example `dying_gradient`.
    pub fn name(self) -> &'static str {
        match self {
            Self::DyingGradient => "dying_gradient",
            Self::ExplodingGradient => "exploding_gradient",
            Self::DiscriminatorWins => "discriminator_wins",
            Self::DiscriminatorLoses => "discriminator_loses",
            Self::ModeCollapse => "mode_collapse",
            Self::LowQuality => "low_quality",
            Self::SpectralCollapse => "spectral_collapse",
            Self::EstimateDrift => "estimate_drift",
            Self::NonFinite => "non_finite",
        }
    }
}

/// What precedes the advice in the text of an alarm.
const TRY: &str = "Try";

impl Alarm {
    /// The text of an alarm: what was seen, and what to try.
    pub(crate) fn said(seen: &str, advice: &str) -> String {
        format!("{seen}. {TRY}: {advice}")
    }

    /// What was seen when the alarm went on, and what to try, if the text says it.
    pub fn parts(&self) -> (&str, Option<&str>) {
        let Some((seen, advice)) = self.text.rsplit_once(TRY) else {
            return (&self.text, None);
        };
        let advice = advice.trim_start_matches(':').trim();
        (
            seen.trim(),
            Some(advice).filter(|advice| !advice.is_empty()),
        )
    }

    /// The key in the journal: the kind, followed by the layer if there is one (`estimate_drift.d.0`).
    pub fn key(&self) -> String {
        match self.layer.as_str() {
            "" => self.kind.name().to_owned(),
            layer => format!("{}.{layer}", self.kind.name()),
        }
    }

    /// The alarm that went on with an event of the journal at `step`, if it is one of a known kind.
    pub(crate) fn of(event: &Event, step: u64) -> Option<Self> {
        match event {
            Event::Alarm { key, text } => Self::from_key(key, step, text.clone()),
            _ => None,
        }
    }

    /// The alarm with this journal key that went on at `step`; `None` if the kind is unknown.
    pub fn from_key(key: &str, step: u64, text: String) -> Option<Self> {
        let (kind, layer) = key.split_once('.').unwrap_or((key, ""));
        Some(Self {
            kind: serde_json::from_value(kind.into()).ok()?,
            step,
            layer: layer.to_owned(),
            text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_was_seen_and_what_to_try() {
        let parts = |text: &str| {
            let alarm = Alarm::from_key("mode_collapse", 7, text.to_owned()).unwrap();
            let (seen, advice) = alarm.parts();
            (seen.to_owned(), advice.map(str::to_owned))
        };
        let both = |seen: &str, advice: &str| (seen.to_owned(), Some(advice.to_owned()));
        assert_eq!(
            parts("2 modes. Try: a larger batch"),
            both("2 modes.", "a larger batch")
        );
        assert_eq!(
            parts("2 modes. Try more iterations"),
            both("2 modes.", "more iterations")
        );
        assert_eq!(parts("2 modes"), ("2 modes".to_owned(), None));
    }
}
