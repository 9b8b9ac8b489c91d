//! The distances of a lane from lane a: measured at fixed steps while both are between two steps, so they depend on nothing
//! but the weights. They are recorded by the other lane alone.

use super::{Lane, together::Stepped};
use crate::{
    engine::gan::Outcome,
    model::{LaneId, measures::Distances},
    run::{engine::Failure, training::Reference},
};

/// Measures the distances of these lanes from lane a, where they are due after the step that was made. Lanes for which
/// they are due have not completed the step. An error becomes the outcome of the step of its lane.
pub(in crate::run) fn measure_distances(lanes: &mut [&mut Lane], steps: &mut [Stepped]) {
    let Some(first) = lanes.iter().position(|lane| lane.id() == LaneId::A) else {
        return;
    };
    let mut due = Vec::new();
    for (at, (lane, step)) in lanes.iter().zip(steps.iter()).enumerate() {
        if lane.has_distances_due() && matches!(step, Stepped::Made(Ok(Outcome::Applied))) {
            due.push(at);
        }
    }
    if due.is_empty() {
        return;
    }
    let mut reference = None;
    for at in [first].into_iter().chain(due) {
        let (lane, step) = (&mut lanes[at], &mut steps[at]);
        if let Err(failure) = lane.measure_distance(step, &mut reference) {
            *step = Stepped::Made(Err(failure));
        }
    }
}

impl Lane {
    /// Whether the distances from lane a are due after this step: with pictures of samples, with exact measures, and after
    /// the last step.
    fn has_distances_due(&self) -> bool {
        let (step, settings) = (self.steps(), self.training.settings());
        let every = settings.samples.every;
        let samples = every > 0 && step.is_multiple_of(every);
        let last = step == self.options.preset.steps;
        self.id != LaneId::A && (samples || settings.spectra.is_due(step) || last)
    }

    /// Measures the distance from the reference, or makes it if this is lane a.
    fn measure_distance(
        &mut self,
        step: &mut Stepped,
        reference: &mut Option<Reference>,
    ) -> Result<(), Failure> {
        if matches!(step, Stepped::Made(Ok(Outcome::Applied))) {
            *step = Stepped::Made(Ok(self.training.settle()?));
        }
        let is_made = matches!(
            step,
            Stepped::Made(Ok(Outcome::Applied)) | Stepped::Completed(Ok(_))
        );
        match reference {
            _ if !is_made => {}
            None if self.id == LaneId::A => *reference = Some(self.training.reference()?),
            Some(from) if from.step() == self.steps() => {
                self.distances = Some(self.training.distances(from)?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes the distances for the record of this step, if any, and adds them to the curves.
    pub(super) fn take_distances(&mut self, step: u64) -> Option<Distances> {
        let distances = self.distances.take().filter(|it| it.step == step)?;
        self.publisher.add_figures(step, distances.figures());
        Some(distances)
    }

    /// Whether distances wait for a record.
    pub(super) fn has_distances(&self) -> bool {
        self.distances.is_some()
    }
}
