//! Detector of mode collapse, on the diversity and the scores of samples.

#[cfg(test)]
mod tests;

use super::{Found, figure, said};
use crate::{
    engine::metric::classifier::CLASSES,
    model::{AlarmKind, Figures, Scores},
    preset::Preset,
    run::alarm::{
        rules::{Rule, percent},
        switch::Switch,
    },
};

/// Diversity (mean distance between samples divided by that between real samples) below which samples have collapsed, as
/// a share of the maximum so far, which is capped at 1. Healthy runs that have reached 0.4 stay above 0.58 (`grid`,
/// seed 1).
const COLLAPSED: f32 = 0.4;
/// Diversity above which the collapse is over, as a share of the maximum.
const VARIED: f32 = 0.6;
/// Minimum of the maximum diversity for this alarm, because an untrained G has almost none.
const REACHED: f32 = 0.4;
/// Consecutive pictures before the alarm changes, so that a single odd picture does not count.
const PICTURES: u32 = 3;
/// Diversity that counts as none, if it is also at most half of the diversity of the untrained G.
const NONE: f32 = 0.02;
/// Consecutive pictures without diversity before the alarm goes on.
const PICTURES_WITHOUT: u32 = 6;
/// Minimum number of modes that G must have had for this alarm.
const MODES: f64 = 4.0;
/// Share of the maximum number of modes at which modes count as lost.
const LOST: f64 = 0.5;
/// Share of the maximum number of modes from which they count as recovered.
const RECOVERED: f64 = 0.75;
/// Steps for which modes must be lost. `grid` loses half of its modes early on and recovers them 200 steps later.
const STEPS: u64 = 300;
/// Share of high-quality samples from which modes are counted. Noise covers all modes, since some points are near each.
const QUALITY: f32 = 0.25;

/// The conditions of this alarm.
pub(super) fn rule() -> Rule {
    let percent = |share: f32| percent(f64::from(share));
    Rule {
        kind: AlarmKind::ModeCollapse,
        on: format!(
            "diversity of the fixed latents' samples is under {} of the most that G has had (1 at most, {REACHED} at \
             least), {PICTURES} pictures in a row; or at most {NONE} and half of the untrained G's, {PICTURES_WITHOUT} in \
             a row; or {} or less of the most modes or classes that G has had ({MODES} at least) are left for {STEPS} \
             steps",
            percent(COLLAPSED),
            percent(LOST as f32)
        ),
        off: format!(
            "over {} of the most, {PICTURES} pictures in a row; {} of the modes",
            percent(VARIED),
            percent(RECOVERED as f32)
        ),
    }
}

/// State of the detector of mode collapse.
#[derive(Debug, Default)]
pub(super) struct Variety {
    /// Diversity of the untrained G.
    first: Option<f32>,
    /// Maximum diversity so far, capped at 1.
    most: f32,
    /// Consecutive pictures without diversity.
    same: u32,
    /// Alarm on the diversity.
    samples: Switch,
    /// Modes with samples of high quality.
    covered: Count,
    /// Effective number of modes or classes: exp of the entropy of their histogram.
    spread: Count,
    /// The last step at which no modes were lost.
    intact: u64,
    /// Alarm on the modes.
    modes: Switch,
}

/// Current number of modes, and the maximum so far.
#[derive(Debug, Default)]
struct Count {
    now: f64,
    most: f64,
}

impl Count {
    /// Sets the current number. `counts` is whether it also raises the maximum.
    fn take(&mut self, now: f64, counts: bool) {
        if now.is_finite() {
            self.now = now;
            self.most = self.most.max(if counts { now } else { 0.0 });
        }
    }

    fn is_lost(&self) -> bool {
        self.most >= MODES && self.now <= LOST * self.most
    }

    fn is_recovered(&self) -> bool {
        self.now >= RECOVERED * self.most
    }
}

impl Variety {
    /// Evaluates the diversity of a picture of samples.
    pub(super) fn diversity(&mut self, diversity: f32, settings: &Preset) -> Option<Found> {
        if !diversity.is_finite() {
            return None;
        }
        let first = *self.first.get_or_insert(diversity);
        self.most = self.most.max(diversity.min(1.0));
        self.same = if diversity <= NONE.min(first / 2.0) {
            self.same + 1
        } else {
            0
        };
        let never_varied = self.same > PICTURES_WITHOUT - PICTURES;
        let fell = self.most >= REACHED && diversity < COLLAPSED * self.most;
        let varied = diversity > VARIED * self.most.max(REACHED);
        self.samples.take(fell || never_varied, varied, PICTURES)?;
        let text = || {
            let seen = format!(
                "samples have {} of the diversity of real ones ({} at their best): G generates almost the same sample for \
                 every latent",
                figure(f64::from(diversity)),
                figure(f64::from(self.most))
            );
            said(AlarmKind::ModeCollapse, &seen, settings)
        };
        Some(self.found(text))
    }

    /// Evaluates scores: modes of a mixture or classes of images.
    pub(super) fn scores(&mut self, scores: &Scores, settings: &Preset) -> Option<Found> {
        let (of, total) = match &scores.figures {
            Figures::Mixture(mixture) => {
                let total = mixture.modes_total as f64;
                let counts = mixture.high_quality >= QUALITY;
                self.covered.take(mixture.modes as f64, counts);
                let spread = total * f64::from(-mixture.reverse_kl).exp();
                self.spread.take(spread, counts);
                ("modes", total)
            }
            Figures::Images(images) => {
                let entropy = f64::from(images.class_entropy?);
                self.spread.take(entropy.exp(), true);
                ("classes", CLASSES as f64)
            }
        };
        let (covered, spread) = (&self.covered, &self.spread);
        let lost = covered.is_lost() || spread.is_lost();
        let recovered = covered.is_recovered() && spread.is_recovered();
        if !lost {
            self.intact = scores.step;
        }
        let for_long = scores.step >= self.intact + STEPS;
        self.modes.take(lost && for_long, recovered, 1)?;
        let text = || {
            let what = if covered.is_lost() {
                format!(
                    "{} of {total} modes are left of {} that G had (its samples spread as over {:.1})",
                    covered.now, covered.most, spread.now
                )
            } else {
                format!(
                    "G's samples spread as over {:.1} of {total} {of}, {:.1} at their best",
                    spread.now, spread.most
                )
            };
            said(AlarmKind::ModeCollapse, &what, settings)
        };
        Some(self.found(text))
    }

    /// The finding, if either switch is on or has gone off.
    fn found(&self, text: impl FnOnce() -> String) -> Found {
        let on = self.samples.is_on() || self.modes.is_on();
        Found::of(AlarmKind::ModeCollapse, on.then(text))
    }
}
