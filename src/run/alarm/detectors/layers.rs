//! Detectors on the spectra of weights: spectral collapse, and drift of the estimate of σ.

use std::collections::HashMap;

use super::{Found, advice, figure};
use crate::{
    model::{Alarm, AlarmKind, LayerSpectrum, Spectra},
    preset::Preset,
    run::alarm::{
        rules::{Rule, percent},
        switch::Switch,
    },
};

/// Effective rank divided by full rank below which a weight has collapsed. Healthy runs have at least 0.19 and 0.24
/// (`grid`, seeds 1 and 0, in the phase from which they recover).
const COLLAPSED: f64 = 0.1;
/// Effective rank divided by full rank above which the collapse is over.
const RECOVERED: f64 = 0.15;
/// Minimum number of rows and columns for this alarm. Smaller matrices have too few singular values.
const MIN_RANK: usize = 8;
/// Relative error of the estimate of σ above which the alarm goes on. Healthy runs have at most 0.16 (`ring`, seed 4),
/// in single measurements.
const DRIFTS: f64 = 0.2;
/// Relative error below which the alarm goes off.
const HOLDS: f64 = 0.1;
/// Consecutive measurements before an alarm changes.
const MEASUREMENTS: u32 = 3;

/// The conditions of these alarms.
pub(super) fn rules() -> [Rule; 2] {
    [
        Rule {
            kind: AlarmKind::SpectralCollapse,
            on: format!(
                "the effective rank of a weight of D ({MIN_RANK} rows and columns at least) is under {} of its full \
                 rank, {MEASUREMENTS} measurements in a row",
                percent(COLLAPSED)
            ),
            off: format!(
                "over {}, {MEASUREMENTS} measurements in a row",
                percent(RECOVERED)
            ),
        },
        Rule {
            kind: AlarmKind::EstimateDrift,
            on: format!(
                "σ of a normalized layer is off by more than {} of the SVD's, {MEASUREMENTS} measurements in a row",
                percent(DRIFTS)
            ),
            off: format!(
                "under {}, {MEASUREMENTS} measurements in a row",
                percent(HOLDS)
            ),
        },
    ]
}

/// Switches of both alarms by layer key.
#[derive(Debug, Default)]
pub(super) struct Layers {
    collapse: HashMap<String, Switch>,
    drift: HashMap<String, Switch>,
}

impl Layers {
    /// Evaluates the layers whose singular values are known.
    pub(super) fn take(&mut self, spectra: &Spectra, settings: &Preset) -> Vec<Found> {
        let layers = spectra.layers.iter();
        let measured = layers.filter(|layer| !layer.singular_values.is_empty());
        measured
            .flat_map(|layer| {
                [
                    self.collapse(layer, settings),
                    self.drift(layer, settings, spectra.step),
                ]
            })
            .flatten()
            .collect()
    }

    fn collapse(&mut self, layer: &LayerSpectrum, settings: &Preset) -> Option<Found> {
        let full = layer.shape.0.min(layer.shape.1);
        if full < MIN_RANK || !layer.key.starts_with("d.") {
            return None;
        }
        let rank = layer.exact.effective_rank?;
        let share = rank / full as f64;
        let switch = self.collapse.entry(layer.key.clone()).or_default();
        let turned = switch.take(share < COLLAPSED, share > RECOVERED, MEASUREMENTS)?;
        let text = || {
            let seen = format!(
                "the spectrum of {} has collapsed: its effective rank is {} of {full} (σ {}, ‖W‖F {}), so D distinguishes \
                 few directions",
                layer.key,
                figure(rank),
                figure(layer.exact.sigma_svd.unwrap_or(0.0)),
                figure(layer.frobenius.unwrap_or(0.0))
            );
            said(AlarmKind::SpectralCollapse, layer, &seen, settings)
        };
        Some(Found {
            kind: AlarmKind::SpectralCollapse,
            layer: layer.key.clone(),
            text: turned.then(text),
        })
    }

    fn drift(&mut self, layer: &LayerSpectrum, settings: &Preset, step: u64) -> Option<Found> {
        let switch = self.drift.entry(layer.key.clone()).or_default();
        // The estimate has no effect in a layer that is not normalized.
        let error = if layer.enabled {
            layer.exact.sigma_error?
        } else {
            0.0
        };
        let turned = switch.take(error > DRIFTS, error < HOLDS, MEASUREMENTS)?;
        let text = || {
            let rate = if layer.key.starts_with("g.") {
                settings.generator.learning_rate
            } else {
                settings.discriminator.learning_rate
            };
            let iterations = layer.iterations;
            let seen = format!(
                "σ of {} is estimated as {} and is {} ({:.0} % off): {iterations} power iteration{} per update {} too few \
                 for a learning rate of {}",
                layer.key,
                figure(layer.sigma.unwrap_or(0.0)),
                figure(layer.exact.sigma_svd.unwrap_or(0.0)),
                100.0 * error,
                if iterations == 1 { "" } else { "s" },
                if iterations == 1 { "is" } else { "are" },
                figure(f64::from(rate * settings.rate_factor(step)))
            );
            said(AlarmKind::EstimateDrift, layer, &seen, settings)
        };
        Some(Found {
            kind: AlarmKind::EstimateDrift,
            layer: layer.key.clone(),
            text: turned.then(text),
        })
    }
}

/// The text of an alarm about a layer.
fn said(kind: AlarmKind, layer: &LayerSpectrum, seen: &str, settings: &Preset) -> String {
    Alarm::said(seen, &advice(kind, &layer.key, settings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Exact, run::fake};

    fn spectra(effective_rank: f64, relative_error: f64, enabled: bool) -> Spectra {
        let layer = LayerSpectrum {
            key: "d.2".into(),
            kind: "Linear 64→64".into(),
            shape: (64, 64),
            enabled,
            iterations: 1,
            singular_values: vec![2.0; 64],
            sigma: Some(1.0),
            sigma_used: None,
            frobenius: Some(16.0),
            exact: Exact {
                sigma_svd: Some(2.0),
                sigma_error: Some(relative_error),
                effective_rank: Some(effective_rank),
                ..Exact::default()
            },
        };
        Spectra {
            step: 1,
            layers: vec![layer],
        }
    }

    #[test]
    fn an_alarm_takes_three_measurements_in_a_row() {
        let mut layers = Layers::default();
        let mut at = |rank, error, enabled| {
            let mut found = layers.take(&spectra(rank, error, enabled), &fake::preset());
            found
                .pop()
                .map(|found| (found.kind, found.layer, found.text))
        };
        assert!(
            [40.0, 2.0, 2.0, 40.0, 2.0, 2.0]
                .iter()
                .all(|&r| at(r, 0.0, true).is_none())
        );
        let (kind, layer, text) = at(2.0, 0.0, true).unwrap();
        assert_eq!((kind, &*layer), (AlarmKind::SpectralCollapse, "d.2"));
        assert!(text.unwrap().contains("effective rank is 2.00 of 64"));
        assert!((0..2).all(|_| at(40.0, 0.5, true).is_none()));
        assert_eq!(at(40.0, 0.0, true).map(|found| found.2), Some(None));
        assert!((0..2).all(|_| at(40.0, 0.5, true).is_none()));
        let (kind, _, text) = at(40.0, 0.5, true).unwrap();
        let text = text.unwrap();
        assert_eq!(kind, AlarmKind::EstimateDrift);
        assert!(
            text.contains(
                "estimated as 1.00 and is 2.00 (50 % off): 1 power iteration per update is"
            ),
            "{text}"
        );
        // Without normalization the estimate has no effect.
        assert!((0..2).all(|_| at(40.0, 0.5, false).is_none()));
        assert_eq!(at(40.0, 0.5, false).map(|found| found.2), Some(None));
    }
}
