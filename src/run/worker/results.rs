//! What the worker measures and shows.

use std::sync::Arc;

use super::Worker;
use crate::{
    feed::Stage,
    files::folder::Place,
    model::{Logged, Measures},
    run::engine::Failure,
    rundir::{
        append::REPLACED,
        layout,
        metrics::Record,
        samples::{self, Origin},
    },
};

/// Skipped files that a notice names.
const SKIPPED: usize = 5;

impl Worker<'_> {
    /// Reads the measures of the last step, also of one that was not applied, and keeps them; sends its line where it has
    /// one.
    pub(super) fn measure(&mut self, with_line: bool) -> Result<(), Failure> {
        let Some(measures) = self.lane.measures()?.map(Arc::new) else {
            return Ok(());
        };
        let applied = measures.step <= self.lane.steps();
        if with_line {
            self.send_line(&measures, applied);
        }
        // At the end the last step may have a line to come, and has all else.
        if self.publisher.state.measures.as_deref() != Some(&*measures) {
            self.take_measures(measures, applied);
        }
        Ok(())
    }

    /// Records, judges and shows what a step measured.
    fn take_measures(&mut self, measures: Arc<Measures>, applied: bool) {
        self.keep_record(&measures, applied);
        self.tell_unnormalized(&measures);
        if applied {
            let parameters = self.lane.parameters().0;
            let settings = self.lane.settings();
            let turns = self
                .detectors
                .measures(&measures, self.updates, settings, parameters);
            self.raise(turns);
        }
        self.publisher.measures(measures, self.updates);
    }

    /// Sends the line of a step, with the scores that no line has yet.
    fn send_line(&mut self, measures: &Arc<Measures>, applied: bool) {
        self.last_line = Some(measures.step);
        // Those of a step without a line go with the next one.
        let scores = self.publisher.state.scores.as_ref();
        let scores = scores.filter(|scores| self.scores_in_line < Some(scores.step));
        self.scores_in_line = scores.map(|s| s.step).or(self.scores_in_line);
        // Nobody may be reading any more.
        let _ = self.lines.send(Logged {
            measures: Arc::clone(measures),
            applied,
            scores: scores.cloned(),
            spectra: self.exacts.for_line(),
        });
    }

    /// A line of metrics.jsonl, with the scores that no line has yet.
    fn keep_record(&mut self, measures: &Arc<Measures>, applied: bool) {
        let scores = self.publisher.state.scores.as_ref();
        let scores = scores.filter(|scores| self.scores_written < Some(scores.step));
        self.scores_written = scores.map(|scores| scores.step).or(self.scores_written);
        let seconds = self.publisher.state.seconds;
        let record = Record {
            applied,
            scores: scores.cloned(),
            spectra: self.exacts.for_record(),
            ..Record::new(measures, self.updates, seconds)
        };
        if let Err(reason) = self.metrics.push(&record) {
            self.publisher.notice(reason, true);
        }
    }

    /// Says which files the data had to skip: some to the person and in the log, the others in the log alone.
    pub(super) fn tell_skipped(&mut self) {
        let skipped = self.lane.skipped();
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

    /// Says when layers get to be without a σ that they could be divided by.
    fn tell_unnormalized(&mut self, measures: &Measures) {
        let layers = measures.unnormalized(&self.lane.settings().spectral);
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

    /// Reads the measures of the last step where its turn had not come.
    pub(super) fn catch_up(&mut self) -> Result<(), Failure> {
        match self.lane.steps() > 0 && self.known() < Some(self.lane.steps()) {
            true => self.measure(false),
            false => Ok(()),
        }
    }

    /// The same at the end, when the last step has a line whatever its number.
    pub(super) fn catch_up_with_line(&mut self) -> Result<(), Failure> {
        let step = self.lane.steps();
        let lacks_line = self.options.log_every.is_some() && self.last_line < Some(step);
        let known = self.publisher.state.measures.clone();
        match known.filter(|known| known.step >= step) {
            _ if step == 0 => {}
            None => {
                self.measure_exactly_in_turn()?;
                self.measure(lacks_line)?;
            }
            Some(known) if lacks_line => self.send_line(&known, true),
            Some(_) => {}
        }
        Ok(())
    }

    /// The step whose measures were read last.
    pub(super) fn known(&self) -> Option<u64> {
        Some(self.publisher.state.measures.as_ref()?.step)
    }

    /// Makes samples, shows them and writes them to `place`. That they cannot be written is told, and no failure.
    pub(super) fn look(&mut self, place: &Place) -> Result<Result<(), String>, Failure> {
        let (samples, diversity) = self.lane.samples()?;
        let samples = Arc::new(samples);
        let step = self.lane.steps();
        let known = self.publisher.state.samples.as_ref();
        if known.is_none_or(|known| known.step() < step) && diversity.is_finite() {
            let figures = vec![("spread".to_owned(), diversity)];
            self.publisher.figures(step, figures);
            let settings = self.lane.settings();
            let turns = self.detectors.diversity(step, diversity, settings);
            self.raise(turns);
        }
        self.publisher.state.samples = Some(Arc::clone(&samples));
        self.publisher.hurry();
        self.make_interpolation()?;
        self.add_frame();
        let origin = Origin {
            name: &self.options.name,
            seed: self.options.seed,
            settings: self.lane.settings(),
        };
        let ours = match self.lock.holds() {
            true => Ok(()),
            false => Err(format!("cannot save {place}: {REPLACED}")),
        };
        let written = ours
            .and_then(|()| samples::write_picture(place, &samples, origin))
            .and_then(|()| samples::write_samples(&self.directory.latest_samples(), &samples));
        if let Err(reason) = &written {
            self.publisher.notice(reason.clone(), true);
        }
        Ok(written)
    }

    /// Scores what G makes now, unless that is done; whether there are such scores then: a run that is to end leaves them
    /// out.
    pub(super) fn score(&mut self) -> Result<bool, Failure> {
        if self.scored {
            return Ok(true);
        }
        self.publisher.enter(Stage::Scores);
        let scores = self.lane.scores(self.publisher.closing());
        self.publisher.enter(Stage::Training);
        let Some(scores) = scores?.map(Arc::new) else {
            return Ok(false);
        };
        self.publisher.figures(scores.step, scores.figures.named());
        let turns = self.detectors.scores(&scores, self.lane.settings());
        self.raise(turns);
        self.publisher.state.scores = Some(scores);
        self.scored = true;
        Ok(true)
    }
}
