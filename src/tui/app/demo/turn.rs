//! What the second run shows around the step at which normalization is switched on.

use std::sync::Arc;

use crate::model::{History, Scores, measures::table::GRAD_X_MEAN};

/// The slope of D and the scores before and after the change. Each is kept as it was first known: curves forget single steps.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// The slope at the last step before the change, and the number of steps within which it was below 1.
    pub fall: Option<(f32, u64)>,
    /// The last scores before the change.
    pub before: Option<Arc<Scores>>,
    /// The first scores after it.
    pub after: Option<Arc<Scores>>,
}

impl Turn {
    /// Takes what is known now of a change before step `on`.
    pub(super) fn observe(&mut self, on: u64, history: &History, scores: Option<&Arc<Scores>>) {
        match scores {
            Some(scores) if scores.step < on => self.before = Some(Arc::clone(scores)),
            Some(scores) if self.after.is_none() => self.after = Some(Arc::clone(scores)),
            _ => {}
        }
        self.fall = self.fall.or_else(|| fall(on, history));
    }
}

fn fall(on: u64, history: &History) -> Option<(f32, u64)> {
    let recent = &history.get(GRAD_X_MEAN.name)?.recent;
    let before = |&&(step, _): &&(u64, f32)| step < on;
    let held = |&&(step, value): &&(u64, f32)| step >= on && value < 1.0;
    let &(_, before) = recent.iter().rev().find(before)?;
    let &(step, _) = recent.iter().find(held)?;
    Some((before, step + 1 - on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Figures, MixtureScores};

    fn scores(step: u64) -> Arc<Scores> {
        Arc::new(Scores {
            step,
            protocol: "made up".into(),
            figures: Figures::Mixture(MixtureScores {
                modes: 8,
                modes_total: 8,
                high_quality: 0.5,
                reverse_kl: 0.1,
            }),
        })
    }

    #[test]
    fn what_was_first_known_stays() {
        let mut turn = Turn::default();
        let mut history = History::default();
        let mut push = |step, value| {
            history.push(GRAD_X_MEAN.name, step, value);
            turn.observe(11, &history, Some(&scores(step / 10 * 10)));
            turn.fall
        };
        (1..=10).for_each(|step| assert_eq!(push(step, 100.0 * step as f32), None));
        assert_eq!(push(11, 5.0), None);
        assert_eq!(push(12, 0.5), Some((1_000.0, 2)));
        (13..5_000).for_each(|step| assert_eq!(push(step, 0.1), Some((1_000.0, 2))));
        let steps = [turn.before, turn.after].map(|scores| scores.map(|scores| scores.step));
        assert_eq!(steps, [Some(10), Some(20)]);
    }
}
