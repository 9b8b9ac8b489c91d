//! Alarms in words: what each means, what healthy looks like, what to try.

use crate::model::AlarmKind;

/// All kinds, in the order in which help explains them.
pub const ALL: [AlarmKind; 7] = [
    AlarmKind::DyingGradient,
    AlarmKind::DiscriminatorWins,
    AlarmKind::DiscriminatorLoses,
    AlarmKind::ModeCollapse,
    AlarmKind::SpectralCollapse,
    AlarmKind::EstimateDrift,
    AlarmKind::NonFinite,
];

/// In a few words.
pub fn name(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::DyingGradient => "dying gradient",
        AlarmKind::DiscriminatorWins => "D wins",
        AlarmKind::DiscriminatorLoses => "D loses",
        AlarmKind::ModeCollapse => "mode collapse",
        AlarmKind::SpectralCollapse => "spectral collapse",
        AlarmKind::EstimateDrift => "σ drifts",
        AlarmKind::NonFinite => "not finite",
    }
}

/// What it means and what to try, in sentences.
pub fn explanation(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::DyingGradient => {
            "‖∇xD‖ on generated samples falls towards 0: D is flat where G's samples are, and G has nothing to learn \
             from. Switch spectral normalization on, take another loss (non-saturating, hinge), or more gain."
        }
        AlarmKind::DiscriminatorWins => {
            "D tells real from generated without fail, and its loss is at its end. Lower D's rate or n_dis, add noise \
             to what D sees, or switch spectral normalization on."
        }
        AlarmKind::DiscriminatorLoses => {
            "D no longer tells real from generated: what it says is no guide to G. Raise D's rate, n_dis or the gain."
        }
        AlarmKind::ModeCollapse => {
            "What G makes has less than half of its variety left, or covers half of its modes or classes. Look at the samples; \
             lower G's rate, take a larger batch, more updates of D, or switch spectral normalization on."
        }
        AlarmKind::SpectralCollapse => {
            "The singular values of a layer fall together onto a few: the layer passes few directions on. See the \
             spectrum; lower the rates, or switch spectral normalization on for this layer."
        }
        AlarmKind::EstimateDrift => {
            "σ by power iteration lags behind the exact one: the layer is divided by a σ that is too small, and D is \
             steeper than it should be. More power iterations, or a lower rate of D."
        }
        AlarmKind::NonFinite => {
            "A loss or a gradient is not a number or infinite. The update was not applied and the training pauses: \
             lower a rate or the gain, switch spectral normalization on, then go on."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_explained_once() {
        // A new kind has no place here yet: give it one, and a line in `ALL`.
        let place = |kind| match kind {
            AlarmKind::DyingGradient => 0,
            AlarmKind::DiscriminatorWins => 1,
            AlarmKind::DiscriminatorLoses => 2,
            AlarmKind::ModeCollapse => 3,
            AlarmKind::SpectralCollapse => 4,
            AlarmKind::EstimateDrift => 5,
            AlarmKind::NonFinite => 6,
        };
        assert_eq!(ALL.map(place), [0, 1, 2, 3, 4, 5, 6]);
        for kind in ALL {
            assert!(explanation(kind).ends_with('.'), "{}", name(kind));
        }
    }
}
