//! Detectors on the measures of steps: dying gradients, D that wins or loses, non-finite values.

#[cfg(test)]
mod tests;

use super::{Found, WINDOW, figure, said};
use crate::{
    model::{Alarm, AlarmKind, Measures, alarm::advice},
    preset::{Loss, Preset},
    run::alarm::{
        rules::{Rule, percent, power},
        switch::{Recent, Switch},
    },
};

/// ‖∇xD‖ (geometric mean over the window) below which the gradient is dying. Healthy runs have at least 5.3·10⁻⁵ and
/// 4.3·10⁻⁴ (`grid`, seeds 1 and 0, which recover), 0.04 (`ring`) or 0.4 (images).
pub(super) const DYING: f64 = 5e-6;
/// ‖∇xD‖ above which the gradient has recovered.
pub(super) const ALIVE: f64 = 5e-5;
/// Root mean square of G's gradient over its parameters below which the gradient is dying. Adam divides by the size of
/// the gradient + 10⁻⁸, so smaller gradients shorten the steps of G. Healthy runs have at least 3.1·10⁻⁷ (`grid`,
/// seed 1).
pub(super) const DYING_G: f64 = 3e-8;
/// Root mean square of G's gradient above which it has recovered.
pub(super) const ALIVE_G: f64 = 1e-7;
/// Lower bound of a step's value, as a share of the threshold. Without it, one gradient of 0 would make the geometric
/// mean 0.
const FLOOR: f64 = 1e-3;
/// Consecutive steps before the alarm goes on.
const STEPS_ON: u32 = 25;
/// Consecutive steps before the alarm goes off.
const STEPS_OFF: u32 = 100;

/// Accuracy of D (the lower one of real and generated samples) above which D wins. Healthy runs have at most 0.966
/// (`dolls`, near its end).
const WINS: f64 = 0.985;
/// Accuracy below which the alarm goes off.
const WINS_NO_MORE: f64 = 0.95;
/// Share of steps in which D scores generated samples above real ones, above which D loses. Healthy runs have at most
/// 0.42 (`grid`, seed 1).
const LOSES: f64 = 0.9;
/// Share of steps below which the alarm goes off.
const LOSES_NO_MORE: f64 = 0.6;

/// The conditions of these alarms, without [`non_finite_rule`].
pub(super) fn rules() -> [Rule; 3] {
    [
        Rule {
            kind: AlarmKind::DyingGradient,
            on: format!(
                "‖∇xD‖ on generated samples (geometric mean of {WINDOW} steps) is under {} for {STEPS_ON} steps, or the \
                 root mean square of G's gradient over its parameters under {}: Adam's ε, 10⁻⁸, begins to shorten its \
                 steps",
                power(DYING),
                power(DYING_G)
            ),
            off: format!(
                "over {} and {} for {STEPS_OFF} steps",
                power(ALIVE),
                power(ALIVE_G)
            ),
        },
        Rule {
            kind: AlarmKind::DiscriminatorWins,
            on: format!(
                "D tells more than {} of real and of generated samples (mean of {WINDOW} steps; not for the Wasserstein \
                 loss, which has no border)",
                percent(WINS)
            ),
            off: format!("under {} of either", percent(WINS_NO_MORE)),
        },
        Rule {
            kind: AlarmKind::DiscriminatorLoses,
            on: format!(
                "D scores generated samples above real ones in more than {} of the steps (mean of {WINDOW})",
                percent(LOSES)
            ),
            off: format!("under {}", percent(LOSES_NO_MORE)),
        },
    ]
}

/// The condition of the alarm on non-finite values.
pub(super) fn non_finite_rule() -> Rule {
    Rule {
        kind: AlarmKind::NonFinite,
        on: "a loss or gradient is not finite; the update is not applied, a live run pauses"
            .to_owned(),
        off: "the next step".to_owned(),
    }
}

/// The logarithm of a gradient of a step, bounded below.
pub(super) fn log(x: f64, dying: f64) -> f64 {
    x.max(FLOOR * dying).ln()
}

/// Detector of a dying gradient.
#[derive(Debug, Default)]
pub(super) struct Gradient {
    /// Mean of ln ‖∇xD‖.
    samples: Recent,
    /// Mean of ln of the root mean square of G's gradient.
    parameters: Recent,
    /// Maximum of ‖∇xD‖ (geometric mean over the window) so far.
    most: f64,
    switch: Switch,
}

impl Gradient {
    /// Evaluates the measures of a step that updated G.
    pub(super) fn take(
        &mut self,
        measures: &Measures,
        settings: &Preset,
        parameters: usize,
    ) -> Option<Found> {
        let by_sample = measures
            .grad_x_mean
            .filter(|x| x.is_finite())
            .map(f64::from);
        let by_sample = by_sample
            .and_then(|x| self.samples.take(log(x, DYING), WINDOW))
            .map(f64::exp);
        let root = (parameters.max(1) as f64).sqrt();
        let own = Some(f64::from(measures.grad_g)).filter(|x| x.is_finite());
        let own = own
            .and_then(|x| self.parameters.take(log(x / root, DYING_G), WINDOW))
            .map(f64::exp);
        self.most = self.most.max(by_sample.unwrap_or(0.0));
        let (x, g) = (
            by_sample.unwrap_or(f64::INFINITY),
            own.unwrap_or(f64::INFINITY),
        );
        let needed = if self.switch.is_on() {
            STEPS_OFF
        } else {
            STEPS_ON
        };
        let (bad, good) = (x < DYING || g < DYING_G, x > ALIVE && g > ALIVE_G);
        let turned = self.switch.take(bad, good, needed)?;
        let text = || {
            let what = match by_sample {
                Some(x) if x < DYING && self.most > 2.0 * x => format!(
                    "‖∇xD‖ on generated samples is down to {} (mean of {WINDOW} steps; {} at its best)",
                    figure(x),
                    figure(self.most)
                ),
                Some(x) if x < DYING => {
                    format!(
                        "‖∇xD‖ on generated samples is {} (mean of {WINDOW} steps) from the start",
                        figure(x)
                    )
                }
                _ => format!(
                    "G's gradient is down to {} per parameter (mean of {WINDOW} steps)",
                    figure(g)
                ),
            };
            let seen = format!("{what}: G learns almost nothing");
            said(AlarmKind::DyingGradient, &seen, settings)
        };
        Some(Found::of(AlarmKind::DyingGradient, turned.then(text)))
    }
}

/// Detector of D winning or losing.
#[derive(Debug, Default)]
pub(super) struct Winner {
    /// Mean of the accuracy of D.
    accuracy: Recent,
    /// Share of steps in which D scores generated samples above real ones.
    fooled: Recent,
    wins: Switch,
    loses: Switch,
}

impl Winner {
    /// Evaluates the measures of a step that updated D.
    pub(super) fn take(&mut self, measures: &Measures, settings: &Preset) -> Vec<Found> {
        let mut found = Vec::new();
        if let Some((accuracy, wins)) = self.wins(measures, settings) {
            let text = || {
                let seen = format!(
                    "D tells {:.1} % of real and generated samples apart (mean of {WINDOW} steps; its loss is {}): G no \
                     longer fools it",
                    100.0 * accuracy,
                    figure(f64::from(measures.loss_d))
                );
                said(AlarmKind::DiscriminatorWins, &seen, settings)
            };
            found.push(Found::of(AlarmKind::DiscriminatorWins, wins.then(text)));
        }
        let fooled = f64::from(u8::from(measures.d_fake > measures.d_real));
        if let Some(fooled) = self.fooled.take(fooled, WINDOW)
            && let Some(loses) = self.loses.take(fooled > LOSES, fooled < LOSES_NO_MORE, 1)
        {
            let text = || {
                let seen = format!(
                    "D scores generated samples above real ones in {:.0} % of the last {WINDOW} steps ({} against {} in \
                     the last one): it misleads G",
                    100.0 * fooled,
                    figure(f64::from(measures.d_fake)),
                    figure(f64::from(measures.d_real))
                );
                said(AlarmKind::DiscriminatorLoses, &seen, settings)
            };
            found.push(Found::of(AlarmKind::DiscriminatorLoses, loses.then(text)));
        }
        found
    }

    /// The accuracy of D and whether D wins; `None` if that did not change.
    fn wins(&mut self, measures: &Measures, settings: &Preset) -> Option<(f64, bool)> {
        // With the Wasserstein loss the output of D has no threshold between real and generated.
        if settings.loss == Loss::Wasserstein {
            self.accuracy = Recent::default();
            return Some((0.0, self.wins.take(false, true, 1)?));
        }
        let accuracy = measures.accuracy_real.min(measures.accuracy_fake);
        let accuracy = self.accuracy.take(f64::from(accuracy), WINDOW)?;
        let wins = self
            .wins
            .take(accuracy > WINS, accuracy < WINS_NO_MORE, 1)?;
        Some((accuracy, wins))
    }
}

/// The text of the alarm on non-finite values.
pub(super) fn non_finite(measures: Option<&Measures>) -> String {
    // Values after the first non-finite one were not computed.
    let first = measures.and_then(Measures::first_not_finite);
    let what = first.map_or_else(
        || "a loss or gradient is not finite".to_owned(),
        |(name, number)| format!("{name} is {number}"),
    );
    let seen = format!("{what}; the update was not applied");
    Alarm::said(&seen, advice::NON_FINITE)
}
