//! The running means that keep alarms on, from the curves of a run.

use super::{
    WINDOW,
    steps::{ALIVE, ALIVE_G, DYING, DYING_G, log},
};
use crate::{
    model::{
        AlarmKind, History,
        measures::table::{ACCURACY_FAKE, ACCURACY_REAL, D_FAKE, D_REAL, GRAD_G, GRAD_X_MEAN},
    },
    run::alarm::switch::Recent,
};

/// A mean of about [`WINDOW`] steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Running {
    /// The geometric mean of ‖∇xD‖ on generated samples.
    Gradient(f64),
    /// The geometric mean of the root mean square of G's gradient over its parameters.
    OwnGradient(f64),
    /// The share of samples that D tells apart: the lower one of real and generated samples.
    Accuracy(f64),
    /// The share of steps in which D scores generated samples above real ones.
    Fooled(f64),
}

/// Returns the mean that keeps an alarm of this kind on; `None` if none does, or if the curves are too short.
/// `parameters` is the number of parameters of G.
pub(crate) fn running(kind: AlarmKind, history: &History, parameters: usize) -> Option<Running> {
    let curve = |name: &str| {
        let points = history.get(name).map(|series| series.recent.iter());
        let points = points.into_iter().flatten();
        points.map(|&(_, value)| f64::from(value))
    };
    match kind {
        AlarmKind::DyingGradient => {
            let finite = |x: &f64| x.is_finite();
            let samples = curve(GRAD_X_MEAN.name).filter(finite);
            let samples = mean(samples.map(|x| log(x, DYING))).map(f64::exp);
            let root = (parameters.max(1) as f64).sqrt();
            let own = curve(GRAD_G.name).filter(finite);
            let own = mean(own.map(|x| log(x / root, DYING_G))).map(f64::exp);
            // Of two, the one that is further from being over.
            match (samples, own) {
                (Some(x), own) if own.is_none_or(|g| x / ALIVE <= g / ALIVE_G) => {
                    Some(Running::Gradient(x))
                }
                (_, own) => own.map(Running::OwnGradient),
            }
        }
        AlarmKind::DiscriminatorWins => {
            let both = curve(ACCURACY_REAL.name).zip(curve(ACCURACY_FAKE.name));
            mean(both.map(|(real, fake)| real.min(fake))).map(Running::Accuracy)
        }
        AlarmKind::DiscriminatorLoses => {
            let both = curve(D_FAKE.name).zip(curve(D_REAL.name));
            mean(both.map(|(fake, real)| f64::from(u8::from(fake > real)))).map(Running::Fooled)
        }
        _ => None,
    }
}

/// The last running mean of values.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut recent = Recent::default();
    values.map(|value| recent.take(value, WINDOW)).last()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::Measures,
        run::{alarm::Detectors, fake},
    };

    /// The mean after these values of measures.
    fn after(kind: AlarmKind, steps: u64, of: impl Fn(u64) -> Measures) -> Option<Running> {
        let mut history = History::default();
        for step in 1..=steps {
            let m = of(step);
            history.push("accuracy_real", step, m.accuracy_real);
            history.push("accuracy_fake", step, m.accuracy_fake);
            history.push("d_real", step, m.d_real);
            history.push("d_fake", step, m.d_fake);
            history.push("grad_g", step, m.grad_g);
            m.grad_x_mean
                .into_iter()
                .for_each(|x| history.push("grad_x_mean", step, x));
        }
        running(kind, &history, 100)
    }

    #[test]
    fn the_mean_of_the_curves_is_that_of_the_detector() {
        // D tells all generated samples apart in 99 of 100 steps.
        let of = |step: u64| Measures {
            accuracy_fake: if step.is_multiple_of(100) { 0.0 } else { 1.0 },
            ..fake::measures(step)
        };
        let kind = AlarmKind::DiscriminatorWins;
        assert_eq!(after(kind, u64::from(WINDOW) - 1, of), None);
        let mut detectors = Detectors::default();
        let mut texts = Vec::new();
        let turned = (1..500).find(|&step| {
            let changes =
                detectors.measures(&of(step), crate::model::Updates::Both, &fake::preset(), 100);
            texts.extend(detectors.on().iter().map(|alarm| alarm.text.clone()));
            !changes.is_empty()
        });
        let Some(Running::Accuracy(accuracy)) = after(kind, turned.unwrap(), of) else {
            panic!("no mean");
        };
        let said = format!("D tells {:.1} %", 100.0 * accuracy);
        assert!(texts[0].starts_with(&said), "{said}: {texts:?}");
    }

    #[test]
    fn the_gradient_that_keeps_the_alarm_on_is_named() {
        let of = |x: Option<f32>, g: f32| {
            let measures = move |step| Measures {
                grad_x_mean: x,
                grad_g: g,
                ..fake::measures(step)
            };
            after(AlarmKind::DyingGradient, 60, measures)
        };
        assert!(
            matches!(of(Some(1e-6), 1.0), Some(Running::Gradient(x)) if (x / 1e-6 - 1.0).abs() < 1e-3)
        );
        assert!(
            matches!(of(Some(1.0), 1e-8), Some(Running::OwnGradient(g)) if (g / 1e-9 - 1.0).abs() < 1e-3)
        );
        assert!(matches!(of(None, 1e-8), Some(Running::OwnGradient(_))));
    }

    #[test]
    fn d_is_fooled_in_a_share_of_the_steps() {
        let fooled = |step: u64| Measures {
            d_fake: if step.is_multiple_of(4) { -1.0 } else { 1.0 },
            d_real: 0.0,
            ..fake::measures(step)
        };
        let found = after(AlarmKind::DiscriminatorLoses, 1000, fooled);
        assert!(matches!(found, Some(Running::Fooled(share)) if (share - 0.75).abs() < 0.03));
    }
}
