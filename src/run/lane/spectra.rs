//! Exact measures of the weights.
//!
//! Scheduled measures are computed here between two steps and recorded, so they do not depend on timing. Spectra from the
//! observer's thread are only shown.

use std::sync::Arc;

use super::{Lane, views::Detail};
use crate::{
    model::{ExactSpectra, Outputs, Spectra, measures::exact::OPERATOR_NORM},
    run::Failure,
};

/// Exact measures that are not yet in a line.
#[derive(Debug, Default)]
pub(super) struct ExactMeasures {
    /// For the next line of metrics.jsonl.
    record: Option<Arc<ExactSpectra>>,
    /// For the next line of headless output.
    line: Option<Arc<ExactSpectra>>,
    /// The last step with exact measures in the curves.
    plotted: Option<u64>,
}

impl ExactMeasures {
    /// Takes the exact measures for the next line of metrics.jsonl, if any.
    pub(super) fn for_record(&mut self) -> Option<Arc<ExactSpectra>> {
        self.record.take()
    }

    /// Takes the exact measures for the next line of headless output, if any.
    pub(super) fn for_line(&mut self) -> Option<Arc<ExactSpectra>> {
        self.line.take()
    }
}

impl Lane {
    /// Computes and records the exact measures of the current weights, and the histograms of D's output, if they are
    /// scheduled after this step.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn measure_exact_if_due(&mut self) -> Result<(), Failure> {
        if !self
            .training
            .settings()
            .spectra
            .is_due(self.training.steps())
        {
            return Ok(());
        }
        let spectra = self.training.spectra()?;
        let exact = Arc::new(spectra.record(self.training.settings()));
        self.exact.record = Some(Arc::clone(&exact));
        self.exact.line = Some(Arc::clone(&exact));
        self.plot_exact(&exact);
        let changes = self.detectors.spectra(&spectra, self.training.settings());
        self.raise(changes);
        // A front end that watches gets complete spectra from the observer soon.
        if self.views.detail() == Detail::None {
            self.publisher.state.spectra = Some(Arc::new(spectra));
            self.publisher.mark_urgent();
        }
        self.measure_outputs()
    }

    /// Adds exact measures to the curves.
    pub(super) fn plot_exact(&mut self, exact: &ExactSpectra) {
        self.exact.plotted = Some(exact.step);
        self.publisher.add_figures(exact.step, exact.figures());
    }

    /// Publishes the last recorded exact measures and histograms of D's output, each with its step, until newer ones are made.
    pub(super) fn show_recorded(
        &mut self,
        exact: Option<Arc<ExactSpectra>>,
        outputs: Option<Arc<Outputs>>,
    ) {
        self.exact.plotted = exact.as_ref().map(|exact| exact.step);
        let spectra = exact.map(|exact| Spectra::recorded(&exact, self.training.settings()));
        self.publisher.state.spectra = spectra.map(Arc::new);
        self.publisher.state.outputs = outputs;
        self.views.forget_made();
    }

    /// Publishes spectra from the observer. The operator norms of convolutions may follow in a second report, and with them
    /// the bound of D's slope. The product that stands in for it without them is plotted at scheduled steps only, where
    /// they are missing for good.
    pub(super) fn take_spectra(&mut self, spectra: Spectra) {
        let step = spectra.step;
        let shown = self
            .publisher
            .state
            .spectra
            .as_ref()
            .map(|known| known.step);
        // Scheduled spectra may be newer.
        if shown > Some(step) {
            return;
        }
        let plotted = self.exact.plotted;
        if plotted < Some(step) {
            let mut exact = spectra.record(self.training.settings());
            exact.lipschitz = exact.lipschitz.filter(|it| !it.of_matrices);
            self.plot_exact(&exact);
        } else if plotted == Some(step) && shown == Some(step) {
            let layers = spectra.layers.iter();
            let norms = layers.filter_map(|layer| {
                let norm = layer.exact.operator_norm?;
                Some((OPERATOR_NORM.of_layer(&layer.key), norm as f32))
            });
            let bound = spectra.lipschitz(self.training.settings());
            let slopes = ExactSpectra {
                lipschitz: bound.filter(|it| !it.of_matrices),
                ..ExactSpectra::default()
            };
            let figures = norms.chain(slopes.figures());
            self.publisher.add_figures(step, figures.collect());
        }
        if shown < Some(step) {
            let changes = self.detectors.spectra(&spectra, self.training.settings());
            self.raise(changes);
        }
        self.publisher.state.spectra = Some(Arc::new(spectra));
        self.publisher.mark_urgent();
    }
}
