//! Histograms of D's output: measured with the exact spectra, between two steps, and recorded; and at any step while a
//! front end shows them.

use std::{sync::Arc, time::Instant};

use super::{Lane, views::MIN_INTERVAL};
use crate::{model::Watched, run::Failure};

/// Share of training time for histograms that a front end watches.
const SHARE: f64 = 0.01;

impl Lane {
    /// Measures the histograms for the record of this step, and publishes them.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn measure_outputs(&mut self) -> Result<(), Failure> {
        let outputs = self.training.outputs()?.map(Arc::new);
        if let Some(outputs) = &outputs {
            self.publisher.add_outputs(Arc::clone(outputs));
        }
        self.outputs.clone_from(&outputs);
        self.views.outputs_step = Some(self.training.steps());
        self.publisher.state.outputs = outputs;
        self.publisher.mark_urgent();
        Ok(())
    }

    /// Whether a front end watches histograms, and the last ones are not those of the present state.
    pub(super) fn outputs_are_wanted(&self) -> bool {
        let is_old = self.views.outputs_step != Some(self.training.steps());
        is_old && self.views.watches(Watched::Outputs)
    }

    /// Measures the histograms for front ends.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn show_outputs(&mut self) -> Result<(), Failure> {
        let start = Instant::now();
        self.views.outputs_step = Some(self.training.steps());
        self.publisher.state.outputs = self.training.outputs()?.map(Arc::new);
        let pause = start.elapsed().mul_f64(1.0 / SHARE - 1.0);
        self.views.next_outputs = Instant::now() + pause.max(MIN_INTERVAL);
        self.publisher.mark_urgent();
        Ok(())
    }
}
