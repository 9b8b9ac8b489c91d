//! Detector of an exploding gradient: ‖∇xD‖ far above its own past and above what spectral normalization would allow.

#[cfg(test)]
mod tests;

use super::{Found, WINDOW, figure, said};
use crate::{
    model::{AlarmKind, Measures, alarm::advice::normalizes_all},
    preset::Preset,
    run::alarm::{
        rules::Rule,
        switch::{Recent, Switch},
    },
};

/// Bounds (the gain: ‖∇xD‖ is at most that if every W/σ is exact) above which the gradient explodes. With spectral
/// normalization `ring` stays under 0.2, also under the Wasserstein loss, and `digits` under 0.4. Without it `ring`
/// reaches 8 and comes back; under the Wasserstein loss it passes 10⁶.
const EXPLODES: f64 = 10.0;
/// Bounds below which the alarm goes off.
const CALM: f64 = 5.0;
/// How far the gradient must have grown over its least mean, so that a run is judged by its own past as well.
const GROWN: f64 = 4.0;
/// Consecutive steps before the alarm goes on.
const STEPS_ON: u32 = 10;
/// Consecutive steps before the alarm goes off.
const STEPS_OFF: u32 = 25;

/// The condition of this alarm.
pub(super) fn rule() -> Rule {
    Rule {
        kind: AlarmKind::ExplodingGradient,
        on: format!(
            "‖∇xD‖ on generated samples (geometric mean of {WINDOW} steps) is over {EXPLODES} times the gain, the bound \
             under spectral normalization, and over {GROWN} times the least such mean, for {STEPS_ON} steps"
        ),
        off: format!("under {CALM} times the gain for {STEPS_OFF} steps"),
    }
}

/// State of the detector.
#[derive(Debug, Default)]
pub(super) struct Explosion {
    /// Mean of ln ‖∇xD‖.
    samples: Recent,
    /// Minimum of ‖∇xD‖ (geometric mean over the window) so far.
    least: Option<f64>,
    switch: Switch,
}

impl Explosion {
    /// Evaluates the measures of a step that updated G.
    pub(super) fn take(&mut self, measures: &Measures, settings: &Preset) -> Option<Found> {
        let now = f64::from(measures.grad_x_mean?);
        if !now.is_finite() {
            return None;
        }
        let log = now.max(f64::from(f32::MIN_POSITIVE)).ln();
        let mean = self.samples.take(log, WINDOW)?.exp();
        let least = self.least.map_or(mean, |least| least.min(mean));
        self.least = Some(least);
        let bound = f64::from(settings.gain);
        let needed = if self.switch.is_on() {
            STEPS_OFF
        } else {
            STEPS_ON
        };
        // One step tells of a repair at once; the mean forgets slowly.
        let bad = mean.min(now) > EXPLODES * bound && mean > GROWN * least;
        let good = now < CALM * bound;
        let turned = self.switch.take(bad, good, needed)?;
        let text = || {
            let layers = match (normalizes_all(settings), settings.spectral.enabled) {
                (true, _) => "although spectral normalization is on: σ is underestimated",
                (false, true) => {
                    "although spectral normalization is on: layers are left out, or σ is underestimated"
                }
                (false, false) => "where spectral normalization would allow no more than the gain",
            };
            let seen = format!(
                "‖∇xD‖ on generated samples is {} (mean of {WINDOW} steps), {} times its least so far and {} times the \
                 gain, {layers}",
                figure(mean),
                figure(mean / least),
                figure(mean / bound)
            );
            said(AlarmKind::ExplodingGradient, &seen, settings)
        };
        Some(Found::of(AlarmKind::ExplodingGradient, turned.then(text)))
    }
}
