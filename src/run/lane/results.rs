//! Measures, lines, samples and scores of a step.

use std::sync::Arc;

use super::Lane;
use crate::{
    files::folder::Place,
    model::{Logged, Measures, feed::Stage},
    run::engine::Failure,
    rundir::{
        WriteError, layout,
        metrics::Record,
        samples::{self, Origin},
    },
};

/// Maximum number of skipped files in a notice.
const SKIPPED: usize = 5;

impl Lane {
    /// Reads and records the measures of the last step, including a step that was not applied. Sends its line if
    /// `with_line` is set.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn measure(&mut self, with_line: bool) -> Result<(), Failure> {
        let Some(measures) = self.training.measures()?.map(Arc::new) else {
            return Ok(());
        };
        let applied = measures.step <= self.training.steps();
        if with_line {
            self.add_line(&measures, applied);
        }
        // At the end of a run the last step may already be recorded without a line.
        if self.publisher.state.measures.as_deref() != Some(&*measures) {
            self.take_measures(measures, applied);
        }
        Ok(())
    }

    /// Records and publishes measures, and updates alarms.
    fn take_measures(&mut self, measures: Arc<Measures>, applied: bool) {
        self.keep_record(&measures, applied);
        self.report_unnormalized(&measures);
        if applied {
            let parameters = self.training.parameters().0;
            let settings = self.training.settings();
            let changes = self
                .detectors
                .measures(&measures, self.updates, settings, parameters);
            self.raise(changes);
        }
        self.publisher.add_measures(measures, self.updates);
    }

    /// Makes the line of a step, with new scores, for [`Lane::pass_on_lines`].
    fn add_line(&mut self, measures: &Arc<Measures>, applied: bool) {
        self.last_line = Some(measures.step);
        // Scores of a step without a line are added to the next line.
        let scores = self.publisher.state.scores.as_ref();
        let scores = scores.filter(|scores| self.scores_in_line < Some(scores.step));
        self.scores_in_line = scores.map(|s| s.step).or(self.scores_in_line);
        self.unsent.push(Logged {
            lane: self.names_lane.then_some(self.id),
            measures: Arc::clone(measures),
            applied,
            scores: scores.cloned(),
            spectra: self.exact.for_line(),
        });
    }

    /// Sends the lines so far. Lanes that step side by side do it one after the other.
    pub(super) fn pass_on_lines(&mut self) {
        for line in self.unsent.drain(..) {
            // The receiver may be gone.
            let _ = self.lines.send(line);
        }
    }

    /// Writes a line of metrics.jsonl, with new scores.
    fn keep_record(&mut self, measures: &Arc<Measures>, applied: bool) {
        let distances = self.take_distances(measures.step);
        let outputs = self.outputs.take();
        let scores = self.publisher.state.scores.as_ref();
        let scores = scores.filter(|scores| self.scores_written < Some(scores.step));
        self.scores_written = scores.map(|scores| scores.step).or(self.scores_written);
        let seconds = self.publisher.state.seconds;
        let record = Record {
            applied,
            scores: scores.cloned(),
            spectra: self.exact.for_record(),
            distances,
            outputs: outputs.filter(|it| it.step == measures.step),
            ..Record::new(measures, self.updates, seconds)
        };
        if let Err(error) = self.metrics.push(&record) {
            self.publisher.notice(error.to_string(), true);
        }
    }

    /// Reports files that the data skipped: the first ones in a notice, all in the log.
    pub(super) fn report_skipped(&mut self) {
        let skipped = self.training.skipped();
        for file in skipped.iter().skip(SKIPPED) {
            tracing::warn!("skipped {file}");
        }
        let named = skipped.iter().take(SKIPPED).cloned().collect::<Vec<_>>();
        let named = named.join("; ");
        let message = match skipped.len() {
            0 => return,
            1..=SKIPPED => format!("skipped {named}"),
            more => format!(
                "skipped {named}; and {} more, named in {}",
                more - SKIPPED,
                layout::LOG
            ),
        };
        self.publisher.notice(message, true);
    }

    /// Reports layers whose σ has become zero or not finite.
    fn report_unnormalized(&mut self, measures: &Measures) {
        let layers = measures.unnormalized(&self.training.settings().spectral);
        if layers
            .iter()
            .any(|layer| !self.unnormalized.contains(layer))
        {
            let (step, layers) = (measures.step, layers.join(", "));
            let message =
                format!("step {step}: σ is zero or not finite, left unnormalized: {layers}");
            self.publisher.notice(message, true);
        }
        self.unnormalized = layers;
    }

    /// Reads the measures of the last step, unless that is done.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn measure_last_step(&mut self) -> Result<(), Failure> {
        if self.training.steps() > 0 && self.measured_step() < Some(self.training.steps()) {
            self.measure(false)?;
        }
        Ok(())
    }

    /// Reads the measures of the last step at the end of a run, and sends its line, unless that is done.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn log_last_step(&mut self) -> Result<(), Failure> {
        let step = self.training.steps();
        let lacks_line = self.options.log_every.is_some() && self.last_line < Some(step);
        let known = self.publisher.state.measures.clone();
        match known.filter(|known| known.step >= step) {
            _ if step == 0 => {}
            None => {
                self.measure_exact_if_due()?;
                self.measure(lacks_line)?;
            }
            Some(known) if lacks_line => self.add_line(&known, true),
            Some(_) => {}
        }
        self.pass_on_lines();
        Ok(())
    }

    /// The step whose measures were read last; `None` before the first.
    pub(super) fn measured_step(&self) -> Option<u64> {
        Some(self.publisher.state.measures.as_ref()?.step)
    }

    /// Generates and publishes samples, and writes their picture to `place`. The inner error is that a file could not
    /// be written, which is also reported to the user.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn save_samples(
        &mut self,
        place: &Place,
    ) -> Result<Result<(), WriteError>, Failure> {
        let (samples, diversity) = self.training.samples()?;
        let samples = Arc::new(samples);
        let step = self.training.steps();
        let known = self.publisher.state.samples.as_ref();
        if known.is_none_or(|known| known.step() < step) && diversity.is_finite() {
            let figures = vec![("spread".to_owned(), diversity)];
            self.publisher.add_figures(step, figures);
            let settings = self.training.settings();
            let changes = self.detectors.diversity(step, diversity, settings);
            self.raise(changes);
        }
        self.publisher.state.samples = Some(Arc::clone(&samples));
        self.publisher.mark_urgent();
        self.make_interpolation()?;
        self.add_frame();
        let origin = Origin {
            name: &self.options.name,
            seed: self.options.seed,
            settings: self.training.settings(),
        };
        let locked = self.lock.must_hold();
        let written = locked
            .map_err(WriteError::saving(place))
            .and_then(|()| samples::write_picture(place, &samples, origin))
            .and_then(|()| samples::write_samples(&self.directory.latest_samples(), &samples));
        if let Err(error) = &written {
            self.publisher.notice(error.to_string(), true);
        }
        Ok(written)
    }

    /// Computes the scores of the current state, unless that is done. Returns false if a user skipped them.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn score(&mut self) -> Result<bool, Failure> {
        if self.scored {
            return Ok(true);
        }
        self.publisher.set_stage(Stage::Scores);
        let scores = self.training.scores(self.publisher.closing());
        self.publisher.set_stage(Stage::Training);
        let Some(scores) = scores?.map(Arc::new) else {
            return Ok(false);
        };
        self.publisher
            .add_figures(scores.step, scores.figures.named());
        let changes = self.detectors.scores(&scores, self.training.settings());
        self.raise(changes);
        self.publisher.state.scores = Some(scores);
        self.scored = true;
        Ok(true)
    }
}
