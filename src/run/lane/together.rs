//! The steps of several lanes, side by side.
//!
//! In the scope of a step a lane touches nothing of another one. What needs the pool for itself, as scores do, and what
//! has an order, as lines have, comes after it, lane by lane.

use super::{End, Lane};
use crate::{
    engine::{
        gan::Outcome,
        nn::host::{keep_threads_spinning, without_spinning},
    },
    run::engine::Failure,
};

/// A step that a training has made.
pub(in crate::run) enum Stepped {
    /// The lane has completed it: the reason if the run ends.
    Completed(Result<Option<End>, Failure>),
    /// The lane has still to complete it.
    Made(Result<Outcome, Failure>),
}

/// Makes the step of these lanes, which are prepared. Lanes on the CPU step side by side in the thread pool, and
/// complete their steps there unless scores or samples are due. Results do not depend on it. Returns the steps in the
/// order of the lanes.
pub(in crate::run) fn step_together(lanes: &mut [&mut Lane]) -> Vec<Stepped> {
    if lanes.len() == 1 || !lanes.iter().all(|lane| lane.training.uses_pool()) {
        let step = |lane: &mut &mut Lane| Stepped::Made(lane.step_training());
        return lanes.iter_mut().map(step).collect();
    }
    let mut steps: Vec<_> = lanes.iter().map(|_| None).collect();
    without_spinning(|| {
        rayon::scope(|scope| {
            for (lane, step) in lanes.iter_mut().zip(&mut steps) {
                scope.spawn(move |_| *step = Some(lane.step_in_scope()));
            }
        });
    });
    // The next step of all lanes is about to begin.
    keep_threads_spinning();
    let missing = || Stepped::Made(Err("a lane was not stepped".into()));
    steps
        .into_iter()
        .map(|step| step.unwrap_or_else(missing))
        .collect()
}

impl Lane {
    /// Makes a step beside other lanes, and completes it if that concerns this lane alone and is short.
    fn step_in_scope(&mut self) -> Stepped {
        match self.step_training() {
            Ok(Outcome::Applied) if !self.has_results_due() => {
                Stepped::Completed(self.logging(|lane| lane.complete_step(Outcome::Applied)))
            }
            made => Stepped::Made(made),
        }
    }

    /// Whether scores, samples or exact measures are due after the step, or it is the last.
    fn has_results_due(&self) -> bool {
        let (step, settings) = (self.steps(), self.training.settings());
        let due = |every: u64| every > 0 && step.is_multiple_of(every);
        let results = due(settings.samples.every) || due(settings.scores.every);
        results || settings.spectra.is_due(step) || step == self.options.preset.steps
    }

    /// Completes a step after [`step_together`], and passes on its lines. Returns the reason if the run ends.
    ///
    /// # Errors
    /// If the device or the data fail.
    pub(in crate::run) fn finish_step(&mut self, stepped: Stepped) -> Result<Option<End>, Failure> {
        let completed = match stepped {
            Stepped::Completed(completed) => completed,
            Stepped::Made(made) => {
                made.and_then(|made| self.logging(|lane| lane.complete_step(made)))
            }
        };
        self.pass_on_lines();
        completed
    }
}
