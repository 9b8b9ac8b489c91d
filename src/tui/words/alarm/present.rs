//! The present value of what keeps an alarm on.

use crate::{
    model::{Alarm, AlarmKind, Figures, History, Samples, Snapshot},
    run::alarm::{Running, WINDOW, running},
    tui::words::number::{count, short},
};

/// The present value of what keeps an alarm on.
#[derive(Debug, PartialEq)]
pub(crate) struct Present {
    /// The value with its name and the steps it is of.
    pub words: String,
    /// How bad it is among values of its kind: the greater, the worse.
    pub badness: f64,
}

impl Present {
    fn new(words: String, badness: impl Into<f64>) -> Self {
        Self {
            words,
            badness: badness.into(),
        }
    }
}

/// Returns the present value of what keeps an alarm on; `None` if it is not measured.
pub(crate) fn present(alarm: &Alarm, snapshot: &Snapshot, history: &History) -> Option<Present> {
    let measures = snapshot.measures.as_deref();
    match alarm.kind {
        AlarmKind::NonFinite => {
            let (name, value) = measures?.first_not_finite()?;
            Some(Present::new(format!("{name} {}", short(value)), 0.0))
        }
        // One step ends it.
        AlarmKind::ExplodingGradient => {
            let gradient = measures?.grad_x_mean?;
            let words = format!("‖∇xD‖ {} in the last step", short(gradient));
            Some(Present::new(words, gradient))
        }
        AlarmKind::DyingGradient | AlarmKind::DiscriminatorWins | AlarmKind::DiscriminatorLoses => {
            let mean = format!("mean of the last {WINDOW} steps");
            Some(match running(alarm.kind, history, snapshot.parameters.0)? {
                Running::Gradient(x) => {
                    Present::new(format!("‖∇xD‖ {}, {mean}", short(x as f32)), -x)
                }
                Running::OwnGradient(g) => {
                    let gradient = short(g as f32);
                    Present::new(format!("G's gradient {gradient} per parameter, {mean}"), -g)
                }
                Running::Accuracy(share) => Present::new(
                    format!("D is right on {:.1} %, {mean}", 100.0 * share),
                    share,
                ),
                Running::Fooled(share) => {
                    let percent = 100.0 * share;
                    let words = format!(
                        "D prefers generated samples in {percent:.0} % of the last {WINDOW} steps"
                    );
                    Present::new(words, share)
                }
            })
        }
        AlarmKind::ModeCollapse => variety(snapshot, history),
        AlarmKind::LowQuality => {
            let scores = snapshot.scores.as_deref()?;
            match &scores.figures {
                Figures::Mixture(m) => {
                    let (share, step) = (100.0 * m.high_quality, count(scores.step));
                    let words = format!("{share:.1} % near a mode at step {step}");
                    Some(Present::new(words, -share))
                }
                Figures::Images(_) => None,
            }
        }
        AlarmKind::SpectralCollapse | AlarmKind::EstimateDrift => of_layer(alarm, snapshot),
    }
}

/// The modes or classes that G makes, and the diversity of its samples.
fn variety(snapshot: &Snapshot, history: &History) -> Option<Present> {
    let scores = snapshot.scores.as_deref();
    let scored = scores.and_then(|scores| {
        let (made, variety) = match &scores.figures {
            Figures::Mixture(m) => {
                let spread = m.modes_total as f32 * (-m.reverse_kl).exp();
                let (modes, total, many) = (m.modes, m.modes_total, short(spread));
                (
                    format!("{modes} of {total} modes, spread over {many},"),
                    spread,
                )
            }
            Figures::Images(images) => {
                let classes = images.class_entropy?.exp();
                (format!("{} classes", short(classes)), classes)
            }
        };
        Some((format!("{made} at step {}", count(scores.step)), variety))
    });
    // That of the fixed latents, if the run is not read from files.
    let spread = history
        .get("spread")
        .and_then(|series| series.recent.back());
    let diversity = match (spread, scores.map(|scores| (scores.step, &scores.figures))) {
        (Some(&(step, value)), _) => Some((step, value)),
        (None, Some((step, Figures::Images(images)))) => Some((step, images.diversity)),
        (None, _) => None,
    };
    let images = matches!(snapshot.samples.as_deref(), Some(Samples::Images { .. }));
    let diversity = diversity.filter(|_| images || scored.is_none());
    let diversity = diversity.map(|(step, value)| {
        let words = format!("diversity {} at step {}", short(value), count(step));
        (words, value)
    });
    let known = diversity.into_iter().chain(scored);
    let (words, varieties): (Vec<String>, Vec<f32>) = known.unzip();
    let variety = varieties.last()?;
    Some(Present::new(words.join(", "), -variety))
}

fn of_layer(alarm: &Alarm, snapshot: &Snapshot) -> Option<Present> {
    let spectra = snapshot.spectra.as_deref()?;
    let mut layers = spectra.layers.iter();
    let layer = layers.find(|layer| layer.key == alarm.layer)?;
    let step = count(spectra.step);
    Some(match alarm.kind {
        AlarmKind::SpectralCollapse => {
            let rank = layer.exact.effective_rank?;
            let full = layer.shape.0.min(layer.shape.1);
            let known = short(rank as f32);
            let words = format!("effective rank {known} of {full} at step {step}");
            Present::new(words, -rank / full.max(1) as f64)
        }
        _ => {
            let error = layer.exact.sigma_error?;
            let words = format!("σ is {:.0} % off at step {step}", 100.0 * error);
            Present::new(words, error)
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::run::fake;

    fn of(kind: AlarmKind, snapshot: &Snapshot, history: &History) -> Option<String> {
        let alarm = Alarm::from_key(kind.name(), 3, String::new()).unwrap();
        present(&alarm, snapshot, history).map(|present| present.words)
    }

    #[test]
    fn the_present_value_is_the_snapshots() {
        let mut measures = fake::measures(9);
        measures.grad_x_mean = Some(2.6e6);
        let snapshot = Snapshot {
            measures: Some(Arc::new(measures)),
            ..fake::snapshot()
        };
        let none = History::default();
        let exploding = of(AlarmKind::ExplodingGradient, &snapshot, &none);
        assert_eq!(exploding.as_deref(), Some("‖∇xD‖ 2.6e6 in the last step"));
        assert_eq!(of(AlarmKind::LowQuality, &fake::snapshot(), &none), None);
    }

    #[test]
    fn a_mean_is_that_of_the_curves_not_the_last_value() {
        let mut history = History::default();
        for step in 1..=60 {
            let right = if step == 60 { 0.5 } else { 1.0 };
            history.push("accuracy_real", step, 1.0);
            history.push("accuracy_fake", step, right);
        }
        let snapshot = Snapshot {
            measures: Some(Arc::new(fake::measures(60))),
            ..fake::snapshot()
        };
        let wins = of(AlarmKind::DiscriminatorWins, &snapshot, &history);
        let expected = "D is right on 99.0 %, mean of the last 50 steps";
        assert_eq!(wins.as_deref(), Some(expected));
        let dying = of(AlarmKind::DyingGradient, &snapshot, &history);
        assert_eq!(dying, None, "no curve of it");
    }
}
