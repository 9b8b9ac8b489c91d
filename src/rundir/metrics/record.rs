//! One line of metrics.jsonl: written by a run that trains, read by whoever looks at it or goes on with it.

use std::sync::Arc;

use serde::{Deserialize, Serialize, de::Error};

use super::fields::{Fields, STEPS};
use crate::{
    model::{
        History, Measures, Scores, Updates,
        line::{ExtraMeasures, Line},
    },
    rundir::Reading,
    spectral::ExactSpectra,
};

/// What was measured in a step, and what it was scored with.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub measures: Arc<Measures>,
    /// The networks that the step updated; measures of another one are those of an earlier step.
    pub updates: Updates,
    /// Whether the update was applied: the step is not made where it was not.
    pub applied: bool,
    /// Seconds spent training up to this step, pauses left out; none where the line does not say.
    pub seconds: Option<f64>,
    /// Scores that no earlier line has. Their protocol is not written.
    pub scores: Option<Arc<Scores>>,
    /// Exact measures of the weights that no earlier line has.
    pub spectra: Option<Arc<ExactSpectra>>,
}

/// The line as it is written: that of a headless run, and what else is known of the step.
#[derive(Serialize)]
struct Recorded<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    #[serde(flatten)]
    beyond: ExtraMeasures<'a>,
    seconds: Option<f64>,
    updates: Updates,
    #[serde(skip_serializing_if = "Option::is_none")]
    scores_step: Option<u64>,
    #[serde(flatten)]
    scores: Option<&'a Scores>,
}

/// The step of a line; none where it is not a line of a run. Faster than reading all of it.
pub fn step(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Step {
        step: u64,
    }
    let step = serde_json::from_slice::<Step>(line).ok()?.step;
    STEPS.contains(&step).then_some(step)
}

impl Record {
    /// What a step of these networks measured: figures of another one, which are those of an earlier step, are NaN, and
    /// its layers are left out.
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
        }
    }

    /// The line, without its end.
    pub fn line(&self) -> String {
        let scores = self.scores.as_deref();
        let line = Recorded {
            line: Line::from(&*self.measures)
                .with_applied(self.applied)
                .with(self.spectra.as_deref()),
            beyond: ExtraMeasures(&self.measures),
            seconds: self.seconds.map(|seconds| (seconds * 1e3).round() / 1e3),
            updates: self.updates,
            scores_step: scores.map(|scores| scores.step),
            scores,
        };
        // Plain fields and keys that are texts: nothing here can fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads a line. Numbers that are null are NaN; fields of no program that is known are passed over.
    ///
    /// # Errors
    /// Anything but a JSON object with a step, whose other fields have the types that this program gives them; with strict
    /// reading a field that is not there.
    pub fn read(line: &[u8], reading: Reading) -> serde_json::Result<Self> {
        let mut fields: Fields = serde_json::from_slice(line)?;
        if let (Reading::Strict, Some(field)) = (reading, fields.missing()) {
            return Err(Error::missing_field(field));
        }
        Ok(Self {
            scores: fields.scores().map(Arc::new),
            spectra: fields.spectra().map(Arc::new),
            measures: Arc::new(fields.measures),
            updates: fields.updates,
            applied: fields.applied,
            seconds: fields.seconds,
        })
    }

    pub fn step(&self) -> u64 {
        self.measures.step
    }

    /// Steps made when the line was written.
    pub fn made(&self) -> u64 {
        self.step() - u64::from(!self.applied)
    }

    /// Adds its points to the curves.
    pub fn draw(&self, history: &mut History) {
        history.record(&self.measures, self.updates);
        if let Some(scores) = &self.scores {
            for (name, value) in scores.figures.named() {
                history.push(name, scores.step, value);
            }
        }
        if let Some(exact) = &self.spectra {
            for (name, value) in exact.figures() {
                history.push(&name, exact.step, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
