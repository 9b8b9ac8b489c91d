//! What singular values tell: the exact measures that the schedule has, and what the observer's thread brings.
//!
//! What is recorded is made here, between two steps, of the weights as they are then: it depends on no clock. The
//! observer's looks are shown.

use std::sync::Arc;

use super::Worker;
use crate::{
    model::{Look, Spectra},
    run::Failure,
    spectral::ExactSpectra,
};

/// The exact measures that wait for a line.
#[derive(Debug, Default)]
pub(super) struct Exacts {
    /// For a line of metrics.jsonl, and for one of a headless run.
    record: Option<Arc<ExactSpectra>>,
    line: Option<Arc<ExactSpectra>>,
    /// The last step of which curves have figures.
    drawn: Option<u64>,
}

impl Exacts {
    /// Those that no line of metrics.jsonl has.
    pub(super) fn for_record(&mut self) -> Option<Arc<ExactSpectra>> {
        self.record.take()
    }

    /// Those that no line of a headless run has.
    pub(super) fn for_line(&mut self) -> Option<Arc<ExactSpectra>> {
        self.line.take()
    }
}

impl Worker<'_> {
    /// Makes the exact measures of the present weights, which are recorded, where it is the turn of the last step.
    pub(super) fn measure_exactly_in_turn(&mut self) -> Result<(), Failure> {
        if !self.lane.settings().spectra.is_due(self.lane.steps()) {
            return Ok(());
        }
        let spectra = self.lane.spectra()?;
        let exact = Arc::new(spectra.record());
        self.exacts.record = Some(Arc::clone(&exact));
        self.exacts.line = Some(Arc::clone(&exact));
        self.draw_exact(&exact);
        let turns = self.detectors.spectra(&spectra, self.lane.settings());
        self.raise(turns);
        // Somebody who watches has those of G's layers as well, a moment later.
        if !self.looks.watches(Look::Spectra) {
            self.publisher.state.spectra = Some(Arc::new(spectra));
            self.publisher.hurry();
        }
        Ok(())
    }

    /// Adds exact measures to the curves.
    pub(super) fn draw_exact(&mut self, exact: &ExactSpectra) {
        self.exacts.drawn = Some(exact.step);
        self.publisher.figures(exact.step, exact.figures());
    }

    /// Takes over what the observer saw: of a step, all but the norms of convolutions, which may follow.
    pub(super) fn take_spectra(&mut self, spectra: Spectra) {
        let step = spectra.step;
        let shown = self
            .publisher
            .state
            .spectra
            .as_ref()
            .map(|known| known.step);
        // The schedule may have been faster.
        if shown > Some(step) {
            return;
        }
        let drawn = self.exacts.drawn;
        if drawn < Some(step) {
            self.draw_exact(&spectra.record());
        } else if drawn == Some(step) && shown == Some(step) {
            let layers = spectra.layers.iter();
            let norms = layers.filter_map(|layer| {
                let norm = layer.exact.operator_norm?;
                Some((format!("operator_norm.{}", layer.key), norm as f32))
            });
            self.publisher.figures(step, norms.collect());
        }
        if shown < Some(step) {
            let turns = self.detectors.spectra(&spectra, self.lane.settings());
            self.raise(turns);
        }
        self.publisher.state.spectra = Some(Arc::new(spectra));
        self.publisher.hurry();
    }
}
