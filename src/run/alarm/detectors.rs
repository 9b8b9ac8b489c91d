//! Detectors for the failures of adversarial training. They use only values that are measured anyway.
//!
//! Full-length runs of the presets `ring`, `grid`, `digits`, `fashion` and `dolls` stay well within the thresholds
//! (`ring` and `grid` with five seeds; the extremes are listed with each threshold). This includes bad phases from which
//! they recover: in steps 100 to 1,000 `grid` has ‖∇xD‖ under 10⁻³ and a layer with stable rank near 1. Tests train runs
//! that fail in each way.

mod explosion;
mod layers;
mod quality;
mod running;
mod samples;
mod steps;

pub(crate) use running::{Running, running};

use explosion::Explosion;
use layers::Layers;
use quality::Quality;
use samples::Variety;
use steps::{Gradient, Winner};

use super::rules::Rule;
use crate::{
    model::{Alarm, AlarmKind, Measures, Scores, Spectra, Updates, alarm::advice::advice},
    preset::Preset,
};

/// Number of steps for running means: long enough to average the noise of batches, short compared with a run.
pub(crate) const WINDOW: u32 = 50;

/// A change of an alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum AlarmChange {
    /// The alarm went on.
    On(Alarm),
    /// The alarm, which had been on, went off.
    Off(Alarm),
}

/// The finding of one detector.
struct Found {
    kind: AlarmKind,
    /// Key of the layer; empty if the alarm is not about a layer.
    layer: String,
    /// The text of the alarm; `None` if the problem is over.
    text: Option<String>,
}

impl Found {
    fn of(kind: AlarmKind, text: Option<String>) -> Self {
        Self {
            kind,
            layer: String::new(),
            text,
        }
    }
}

/// All detectors of a run, with the active alarms.
#[derive(Debug, Default)]
pub struct Detectors {
    on: Vec<Alarm>,
    gradient: Gradient,
    explosion: Explosion,
    winner: Winner,
    variety: Variety,
    quality: Quality,
    layers: Layers,
}

impl Detectors {
    /// Active alarms, the latest last.
    pub fn on(&self) -> &[Alarm] {
        &self.on
    }

    /// Gives an active alarm the step of `alarm`, at which the journal has it.
    pub fn date(&mut self, alarm: &Alarm) {
        let same = |on: &&mut Alarm| on.kind == alarm.kind && on.layer == alarm.layer;
        if let Some(on) = self.on.iter_mut().find(same) {
            on.step = alarm.step;
        }
    }

    /// Evaluates the measures of a step and returns the changes of alarms. `parameters` is the number of parameters of G.
    /// Measures of a network that was not updated are ignored, because they are old.
    pub fn measures(
        &mut self,
        measures: &Measures,
        updates: Updates,
        settings: &Preset,
        parameters: usize,
    ) -> Vec<AlarmChange> {
        let mut found = vec![Found::of(AlarmKind::NonFinite, None)];
        if updates != Updates::Discriminator {
            found.extend(self.gradient.take(measures, settings, parameters));
            found.extend(self.explosion.take(measures, settings));
        }
        if updates != Updates::Generator {
            found.extend(self.winner.take(measures, settings));
        }
        self.apply(measures.step, found)
    }

    /// Evaluates a step whose update was not applied, and returns the changes of alarms.
    pub fn non_finite(&mut self, step: u64, measures: Option<&Measures>) -> Vec<AlarmChange> {
        let text = steps::non_finite(measures);
        self.apply(step, vec![Found::of(AlarmKind::NonFinite, Some(text))])
    }

    /// Evaluates the diversity of the fixed latents' samples (see [`diversity`](crate::engine::metric::diversity)) and returns the
    /// changes of alarms.
    pub fn diversity(&mut self, step: u64, diversity: f32, settings: &Preset) -> Vec<AlarmChange> {
        let found = self.variety.diversity(diversity, settings);
        self.apply(step, found.into_iter().collect())
    }

    /// Evaluates scores and returns the changes of alarms.
    pub fn scores(&mut self, scores: &Scores, settings: &Preset) -> Vec<AlarmChange> {
        let found = self.variety.scores(scores, settings).into_iter();
        let found = found.chain(self.quality.take(scores, settings));
        self.apply(scores.step, found.collect())
    }

    /// Evaluates spectra of weights and returns the changes of alarms.
    pub fn spectra(&mut self, spectra: &Spectra, settings: &Preset) -> Vec<AlarmChange> {
        let found = self.layers.take(spectra, settings);
        self.apply(spectra.step, found)
    }

    /// Updates the active alarms from the findings at `step`, and returns the changes.
    fn apply(&mut self, step: u64, found: Vec<Found>) -> Vec<AlarmChange> {
        let mut changes = Vec::new();
        for Found { kind, layer, text } in found {
            let known = self
                .on
                .iter()
                .position(|on| on.kind == kind && on.layer == layer);
            match (known, text) {
                (None, Some(text)) => {
                    let alarm = Alarm {
                        kind,
                        step,
                        layer,
                        text,
                    };
                    self.on.push(alarm.clone());
                    changes.push(AlarmChange::On(alarm));
                }
                (Some(at), None) => changes.push(AlarmChange::Off(self.on.remove(at))),
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        changes
    }
}

/// The conditions of all alarms.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let [dying, wins, loses] = steps::rules();
    let gradients = [dying, explosion::rule(), wins, loses];
    let samples = [samples::rule(), quality::rule()];
    let steps = gradients.into_iter().chain(samples);
    steps
        .chain(layers::rules())
        .chain([steps::non_finite_rule()])
}

/// The text of an alarm that is not about a layer.
fn said(kind: AlarmKind, seen: &str, settings: &Preset) -> String {
    Alarm::said(seen, &advice(kind, "", settings))
}

/// Formats a number with three significant digits.
fn figure(x: f64) -> String {
    let size = x.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e4).contains(&size) {
        let digits = (2 - size.max(1e-3).log10().floor() as i32).clamp(0, 5);
        format!("{x:.*}", digits as usize)
    } else {
        format!("{x:.2e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let figures = [0.0, 0.85, 12.34, 4.65e-4, 0.005, 123_456.0, -3.0].map(figure);
        assert_eq!(
            figures,
            [
                "0", "0.850", "12.3", "4.65e-4", "0.00500", "1.23e5", "-3.00"
            ]
        );
    }

    #[test]
    fn an_alarm_is_reported_once_and_ends_once() {
        let mut detectors = Detectors::default();
        let changes = detectors.non_finite(7, None);
        assert!(matches!(&changes[..], [AlarmChange::On(alarm)] if alarm.step == 7));
        assert_eq!(detectors.non_finite(7, None), []);
        assert_eq!(detectors.on().len(), 1);
        let later = Alarm {
            step: 9,
            ..detectors.on()[0].clone()
        };
        detectors.date(&later);
        assert_eq!(detectors.on()[0].step, 9);
        let measures = crate::run::fake::measures(7);
        let preset = crate::run::fake::preset();
        let changes = detectors.measures(&measures, Updates::Both, &preset, 10);
        assert!(
            matches!(&changes[..], [AlarmChange::Off(alarm)] if alarm.kind == AlarmKind::NonFinite)
        );
        assert!(detectors.on().is_empty());
        // Old measures of D do not count while only G is updated.
        let mut only = |updates| {
            let changes =
                (0..200).flat_map(|_| detectors.measures(&measures, updates, &preset, 10));
            changes.collect::<Vec<_>>()
        };
        assert_eq!(only(Updates::Generator), []);
        assert!(matches!(
            &only(Updates::Discriminator)[..],
            [AlarmChange::On(_)]
        ));
    }
}
