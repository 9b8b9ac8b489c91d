//! What goes wrong in adversarial training, read off what is measured anyway.
//!
//! Thresholds stand well outside what full-length runs of the presets `ring`, `grid`, `digits`, `fashion` and `dolls`
//! measure (`ring` and `grid` with five seeds; the figures stand beside them), bad phases that they recover from
//! included: `grid` spends its steps 100 to 1,000 with ‖∇xD‖ under 10⁻³, and the stable rank of a layer near 1. Tests train runs that fail in each way.

mod layers;
mod samples;
mod steps;

use layers::Layers;
use samples::Variety;
use steps::{Gradient, Winner};

use super::rules::Rule;
use crate::{
    model::{Alarm, AlarmKind, Measures, Scores, Spectra, Updates},
    preset::Preset,
};

/// An alarm that went on or off.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    On(Alarm),
    Off(Alarm),
}

/// What one detector finds: its kind, its layer, and what happened, or none where it is over.
struct Found {
    kind: AlarmKind,
    layer: String,
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

/// All detectors of a run, and the alarms that are on.
#[derive(Debug, Default)]
pub struct Detectors {
    on: Vec<Alarm>,
    gradient: Gradient,
    winner: Winner,
    variety: Variety,
    layers: Layers,
}

impl Detectors {
    /// Alarms that are on, the latest last.
    pub fn on(&self) -> &[Alarm] {
        &self.on
    }

    /// Takes the measures of a step that updated these networks; `parameters` is G's number of them. The measures of a
    /// network that rests are old ones, and show nothing new.
    pub fn measures(
        &mut self,
        measures: &Measures,
        updates: Updates,
        settings: &Preset,
        parameters: usize,
    ) -> Vec<Turn> {
        let mut found = vec![Found::of(AlarmKind::NonFinite, None)];
        if updates != Updates::Discriminator {
            found.extend(self.gradient.take(measures, settings, parameters));
        }
        if updates != Updates::Generator {
            found.extend(self.winner.take(measures, settings));
        }
        self.turn(measures.step, found)
    }

    /// Takes the loss or gradient whose update was not applied.
    pub fn non_finite(&mut self, step: u64, measures: Option<&Measures>) -> Vec<Turn> {
        let text = steps::non_finite(measures);
        self.turn(step, vec![Found::of(AlarmKind::NonFinite, Some(text))])
    }

    /// Takes the variety of the samples of the fixed latents after a step; see [`diversity`](crate::metric::diversity).
    pub fn diversity(&mut self, step: u64, diversity: f32, settings: &Preset) -> Vec<Turn> {
        let found = self.variety.diversity(diversity, settings);
        self.turn(step, found.into_iter().collect())
    }

    /// Takes scores.
    pub fn scores(&mut self, scores: &Scores, settings: &Preset) -> Vec<Turn> {
        let found = self.variety.scores(scores, settings);
        self.turn(scores.step, found.into_iter().collect())
    }

    /// Takes spectra of weights.
    pub fn spectra(&mut self, spectra: &Spectra, settings: &Preset) -> Vec<Turn> {
        let found = self.layers.take(spectra, settings);
        self.turn(spectra.step, found)
    }

    /// Puts on what is found and not on yet, takes off what is over.
    fn turn(&mut self, step: u64, found: Vec<Found>) -> Vec<Turn> {
        let mut turns = Vec::new();
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
                    turns.push(Turn::On(alarm));
                }
                (Some(at), None) => turns.push(Turn::Off(self.on.remove(at))),
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        turns
    }
}

/// When each alarm goes on and off.
pub(super) fn rules() -> impl Iterator<Item = Rule> {
    let steps = steps::rules().into_iter();
    let others = [samples::rule()].into_iter().chain(layers::rules());
    steps.chain(others).chain([steps::rule_of_numbers()])
}

/// A number as a person reads it: three digits that count.
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
    fn what_is_on_is_told_once_and_ends_once() {
        let mut detectors = Detectors::default();
        let turns = detectors.non_finite(7, None);
        assert!(matches!(&turns[..], [Turn::On(alarm)] if alarm.step == 7));
        assert_eq!(detectors.non_finite(7, None), []);
        assert_eq!(detectors.on().len(), 1);
        let measures = crate::run::fake::measures(7);
        let preset = crate::run::fake::preset();
        let turns = detectors.measures(&measures, Updates::Both, &preset, 10);
        assert!(matches!(&turns[..], [Turn::Off(alarm)] if alarm.kind == AlarmKind::NonFinite));
        assert!(detectors.on().is_empty());
        // What D last measured is no news while G alone is updated.
        let mut only = |updates| {
            let turns = (0..200).flat_map(|_| detectors.measures(&measures, updates, &preset, 10));
            turns.collect::<Vec<_>>()
        };
        assert_eq!(only(Updates::Generator), []);
        assert!(matches!(&only(Updates::Discriminator)[..], [Turn::On(_)]));
    }
}
