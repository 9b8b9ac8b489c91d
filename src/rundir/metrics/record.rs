//! A line of metrics.jsonl.

use std::sync::Arc;

use serde::{Deserialize, Serialize, de::Error};

use super::fields::{Fields, STEPS};
use crate::{
    model::{
        ExactSpectra, History, Measures, Outputs, Scores, Updates,
        line::{ExtraMeasures, Line},
        measures::Distances,
    },
    rundir::Reading,
};

/// The measures of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The measures of the step.
    pub measures: Arc<Measures>,
    /// The networks that the step updated. Measures of the other one are from an earlier step.
    pub updates: Updates,
    /// Whether the update was applied. If not, the step does not count.
    pub applied: bool,
    /// Seconds of training up to this step, without pauses. `None` if unknown.
    pub seconds: Option<f64>,
    /// Scores that no earlier line has. The file does not contain their protocol.
    pub scores: Option<Arc<Scores>>,
    /// Exact measures of the weights that no earlier line has.
    pub spectra: Option<Arc<ExactSpectra>>,
    /// The distances from lane a, if this is the record of another lane and they were measured after this step.
    pub distances: Option<Distances>,
    /// Histograms of D's output after this step, if they were measured.
    pub outputs: Option<Arc<Outputs>>,
}

/// The JSON form: the line of a headless run and further fields.
#[derive(Serialize)]
struct Recorded<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    #[serde(flatten)]
    beyond: ExtraMeasures<'a>,
    seconds: Option<f64>,
    updates: Updates,
    #[serde(flatten)]
    distances: Option<Distances>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<&'a Outputs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scores_step: Option<u64>,
    #[serde(flatten)]
    scores: Option<&'a Scores>,
}

/// The step of a line. `None` if the line is not valid. Faster than parsing all of it.
pub fn step(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Step {
        step: u64,
    }
    let step = serde_json::from_slice::<Step>(line).ok()?.step;
    STEPS.contains(&step).then_some(step)
}

impl Record {
    /// The record of a step that updated these networks. Measures of the other network are from an earlier step: they
    /// become NaN, and its layers are left out.
    pub fn new(measures: &Arc<Measures>, updates: Updates, seconds: f64) -> Self {
        Self {
            measures: match updates {
                Updates::Both => Arc::clone(measures),
                Updates::Discriminator | Updates::Generator => {
                    Arc::new(measures.of_updated(updates))
                }
            },
            updates,
            applied: true,
            seconds: Some(seconds),
            scores: None,
            spectra: None,
            distances: None,
            outputs: None,
        }
    }

    /// The line, without its newline.
    pub fn line(&self) -> String {
        let scores = self.scores.as_deref();
        let line = Recorded {
            line: Line::from(&*self.measures)
                .with_applied(self.applied)
                .with(self.spectra.as_deref()),
            beyond: ExtraMeasures(&self.measures),
            seconds: self.seconds.map(|seconds| (seconds * 1e3).round() / 1e3),
            updates: self.updates,
            distances: self.distances,
            outputs: self.outputs.as_deref(),
            scores_step: scores.map(|scores| scores.step),
            scores,
        };
        // This cannot fail: all fields are plain values, and all keys are text.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Parses a line. Null numbers become NaN, unknown fields are ignored.
    ///
    /// # Errors
    /// If the line is not a JSON object with a valid step, a field has the wrong type, or with strict reading a field
    /// is missing.
    pub fn read(line: &[u8], reading: Reading) -> serde_json::Result<Self> {
        let mut fields: Fields = serde_json::from_slice(line)?;
        if let (Reading::Strict, Some(field)) = (reading, fields.missing()) {
            return Err(Error::missing_field(field));
        }
        Ok(Self {
            scores: fields.scores().map(Arc::new),
            distances: fields.distances(),
            outputs: fields.outputs().map(Arc::new),
            spectra: fields.spectra().map(Arc::new),
            measures: Arc::new(fields.measures),
            updates: fields.updates,
            applied: fields.applied,
            seconds: fields.seconds,
        })
    }

    /// The step.
    pub fn step(&self) -> u64 {
        self.measures.step
    }

    /// Steps made when the line was written.
    pub fn made(&self) -> u64 {
        self.step() - u64::from(!self.applied)
    }

    /// The values of all curves but those of the step's measures: scores, exact measures and distances, each group with
    /// its step.
    pub fn figures(&self) -> Vec<(u64, Vec<(String, f32)>)> {
        let owned = |named: Vec<(&'static str, f32)>| {
            let named = named.into_iter();
            named
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        };
        let scores = self.scores.as_deref();
        let scores = scores.map(|it| (it.step, owned(it.figures.named())));
        let exact = self.spectra.as_deref().map(|it| (it.step, it.figures()));
        let distances = self.distances.as_ref();
        let distances = distances.map(|it| (it.step, owned(it.figures())));
        [scores, exact, distances].into_iter().flatten().collect()
    }

    /// Adds the record to the curves.
    pub fn draw(&self, history: &mut History) {
        history.record(&self.measures, self.updates);
        for (step, figures) in self.figures() {
            for (name, value) in figures {
                history.push(&name, step, value);
            }
        }
        if let Some(outputs) = &self.outputs {
            history.push_outputs(Arc::clone(outputs));
        }
    }
}

#[cfg(test)]
mod tests;
