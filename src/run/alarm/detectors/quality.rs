//! Detector of mixtures whose samples are near no mode late in the run.

use super::{Found, figure, said};
use crate::{
    model::{AlarmKind, Figures, Scores},
    preset::Preset,
    run::alarm::{
        rules::{Rule, percent},
        switch::Switch,
    },
};

/// Share of high-quality samples below which the alarm goes on.
const LOW: f64 = 0.1;
/// Share above which it goes off.
const GOOD: f64 = 0.2;
/// Consecutive scores before the alarm changes.
const SCORES: u32 = 3;

/// The condition of this alarm.
pub(super) fn rule() -> Rule {
    Rule {
        kind: AlarmKind::LowQuality,
        on: format!(
            "for mixtures, in the second half of the run: under {} of the samples are of high quality although modes are \
             counted, {SCORES} scores in a row",
            percent(LOW)
        ),
        off: format!("over {}, {SCORES} scores in a row", percent(GOOD)),
    }
}

/// State of the detector.
#[derive(Debug, Default)]
pub(super) struct Quality {
    switch: Switch,
}

impl Quality {
    /// Evaluates scores. Those of the first half of the run do not count: healthy runs find their modes late.
    pub(super) fn take(&mut self, scores: &Scores, settings: &Preset) -> Option<Found> {
        let Figures::Mixture(mixture) = &scores.figures else {
            return None;
        };
        if scores.step <= settings.steps / 2 {
            return None;
        }
        let quality = f64::from(mixture.high_quality);
        let bad = quality < LOW && mixture.modes > 0;
        let turned = self.switch.take(bad, quality > GOOD, SCORES)?;
        let text = || {
            let seen = format!(
                "{} % of the samples are near a mode, {} of {} modes are counted all the same",
                figure(100.0 * quality),
                mixture.modes,
                mixture.modes_total
            );
            said(AlarmKind::LowQuality, &seen, settings)
        };
        Some(Found::of(AlarmKind::LowQuality, turned.then(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::MixtureScores, preset::builtin::builtin};

    fn scores(step: u64, high_quality: f32, modes: usize) -> Scores {
        Scores {
            step,
            protocol: "".into(),
            figures: Figures::Mixture(MixtureScores {
                modes,
                modes_total: 25,
                high_quality,
                reverse_kl: 1.0,
            }),
        }
    }

    #[test]
    fn samples_between_the_modes_count_late_in_the_run() {
        let settings = builtin("grid").unwrap();
        let half = settings.steps / 2;
        let mut quality = Quality::default();
        let mut at = |step: u64, share: f32, modes: usize| {
            quality.take(&scores(step, share, modes), &settings)
        };
        for step in 1..10 {
            assert!(at(step * half / 10, 0.01, 20).is_none());
            // Without modes another alarm tells it.
            assert!(at(half + step, 0.0, 0).is_none());
        }
        assert!(at(half + 20, 0.05, 20).is_none() && at(half + 21, 0.05, 20).is_none());
        let text = at(half + 22, 0.05, 20).unwrap().text.unwrap();
        assert!(
            text.contains("5.00 %") && text.contains("20 of 25"),
            "{text}"
        );
        for step in 30..40 {
            assert!(at(half + step, 0.15, 20).is_none());
        }
        assert!(at(half + 40, 0.9, 25).is_none() && at(half + 41, 0.9, 25).is_none());
        assert_eq!(at(half + 42, 0.9, 25).unwrap().text, None);
    }
}
