//! The names and explanations of alarms.

mod present;

use crate::model::{Alarm, AlarmKind};

pub(crate) use present::{Present, present};

/// All kinds, the worst first.
pub const ALL: [AlarmKind; 9] = [
    AlarmKind::NonFinite,
    AlarmKind::ExplodingGradient,
    AlarmKind::DyingGradient,
    AlarmKind::ModeCollapse,
    AlarmKind::DiscriminatorLoses,
    AlarmKind::DiscriminatorWins,
    AlarmKind::SpectralCollapse,
    AlarmKind::LowQuality,
    AlarmKind::EstimateDrift,
];

/// Returns the place of a kind in [`ALL`]: 0 for the worst.
pub(crate) fn rank(kind: AlarmKind) -> usize {
    ALL.iter().position(|known| *known == kind).unwrap_or(0)
}

/// Returns the name of an alarm: a few words.
pub fn name(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::DyingGradient => "dying gradient",
        AlarmKind::ExplodingGradient => "exploding gradient",
        AlarmKind::DiscriminatorWins => "D wins",
        AlarmKind::DiscriminatorLoses => "D loses",
        AlarmKind::ModeCollapse => "mode collapse",
        AlarmKind::LowQuality => "low quality",
        AlarmKind::SpectralCollapse => "spectral collapse",
        AlarmKind::EstimateDrift => "σ drifts",
        AlarmKind::NonFinite => "not finite",
    }
}

/// Returns the name of an alarm, with its layer if it is about one.
pub(crate) fn title(alarm: &Alarm) -> String {
    let name = name(alarm.kind);
    match alarm.layer.as_str() {
        "" => name.to_owned(),
        layer => format!("{name} {layer}"),
    }
}

/// Returns the explanation of an alarm: what it means and what to try.
pub fn explanation(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::DyingGradient => {
            "‖∇xD‖ on generated samples falls towards 0: D is flat around G's samples, and G cannot learn from it. \
             Switch spectral normalization on, choose another loss (non-saturating, hinge), or raise the gain."
        }
        AlarmKind::ExplodingGradient => {
            "‖∇xD‖ on generated samples has grown far above the gain, which bounds it under spectral normalization: G is \
             pushed by huge, noisy gradients. Switch spectral normalization on, or lower D's rate."
        }
        AlarmKind::DiscriminatorWins => {
            "D separates real from generated samples perfectly, and its loss is at its minimum. Lower D's rate or n_dis, \
             add noise to D's input, or switch spectral normalization on."
        }
        AlarmKind::DiscriminatorLoses => {
            "D no longer separates real from generated samples, so its output does not guide G. Raise D's rate, n_dis or \
             the gain."
        }
        AlarmKind::ModeCollapse => {
            "G's samples have less than half of their former variety, or cover at most half of the modes or classes. Look at \
             the samples; lower G's rate, use a larger batch or more updates of D, or switch spectral normalization on."
        }
        AlarmKind::LowQuality => {
            "Late in the run almost no sample is near a mode, although modes are counted: a few samples suffice for that. \
             Look at the samples; lower the rates, or switch spectral normalization on."
        }
        AlarmKind::SpectralCollapse => {
            "A few singular values of a layer dominate all others: the layer passes on few directions. Look at the \
             spectrum; lower the rates, or switch spectral normalization on for this layer."
        }
        AlarmKind::EstimateDrift => {
            "σ by power iteration lags behind the exact value: the layer is divided by a σ that is too small, and D is \
             steeper than it should be. Use more power iterations or a lower rate of D."
        }
        AlarmKind::NonFinite => {
            "A loss or a gradient is not a number or infinite. The update was not applied and the training is paused: \
             lower a rate or the gain, or switch spectral normalization on, then go on."
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_is_explained_once() {
        // A new kind needs an entry in `ALL`, which the number of kinds in its type demands.
        let kinds: HashSet<AlarmKind> = ALL.into_iter().collect();
        assert_eq!(kinds.len(), ALL.len());
        assert_eq!(rank(AlarmKind::NonFinite), 0);
        for kind in ALL {
            assert!(explanation(kind).ends_with('.'), "{}", name(kind));
        }
    }
}
