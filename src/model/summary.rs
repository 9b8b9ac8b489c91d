//! What a run comes to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Scores, Snapshot};

/// The figures of a run that is over; the keys are part of the program's interface. What another program leaves out is
/// empty, 0 or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the preset.
    #[serde(default)]
    pub preset: String,
    #[serde(default)]
    pub seed: u64,
    /// Steps made.
    pub steps: u64,
    /// Seconds spent training, pauses left out.
    #[serde(default)]
    pub seconds: f64,
    #[serde(default)]
    pub steps_per_second: f64,
    /// Losses of the last step; none before the first.
    pub loss_d: Option<f32>,
    pub loss_g: Option<f32>,
    /// See [`Weights`](crate::weights::Weights); none where the weights were lost.
    pub weights_sha256: Option<String>,
    pub stopped: Stopped,
    /// The device that trained: `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`. Summaries of version 0.1.0 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Their keys stand beside the others.
    #[serde(flatten, skip_deserializing)]
    pub scores: Option<Arc<Scores>>,
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// All steps are made.
    Done,
    /// A person quit.
    User,
    /// A signal asked for it; set by the front end that caught it.
    Signal,
    Error,
}

impl Summary {
    /// The figures of a run whose last state is `last`; the weights' hash is not known yet.
    pub fn of(last: &Snapshot, stopped: Stopped) -> Self {
        // Those of an earlier step say nothing of the end.
        let scores = last.scores.as_ref();
        Self {
            preset: last.name.clone(),
            seed: last.seed,
            steps: last.step,
            seconds: last.seconds,
            steps_per_second: if last.seconds > 0.0 {
                last.step as f64 / last.seconds
            } else {
                0.0
            },
            loss_d: last.measures.as_ref().map(|measures| measures.loss_d),
            loss_g: last.measures.as_ref().map(|measures| measures.loss_g),
            weights_sha256: None,
            stopped,
            device: Some(last.device.clone()),
            scores: scores.filter(|scores| scores.step == last.step).cloned(),
        }
    }

    /// The last line of headless output.
    ///
    /// # Errors
    /// None that is known: the fields are plain.
    pub fn line(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Last<'a> {
            summary: &'a Summary,
        }
        serde_json::to_string(&Last { summary: self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Figures, MixtureScores};

    fn summary() -> Summary {
        Summary {
            preset: "ring".into(),
            seed: 3,
            steps: 8000,
            seconds: 80.0,
            steps_per_second: 100.0,
            loss_d: Some(f32::NAN),
            loss_g: Some(0.5),
            weights_sha256: Some("ab".into()),
            stopped: Stopped::Done,
            device: Some("cpu".into()),
            scores: None,
        }
    }

    #[test]
    fn the_line_has_the_keys_of_the_contract() {
        assert_eq!(
            summary().line().unwrap(),
            concat!(
                r#"{"summary":{"preset":"ring","seed":3,"steps":8000,"seconds":80.0,"steps_per_second":100.0,"#,
                r#""loss_d":null,"loss_g":0.5,"weights_sha256":"ab","stopped":"done","device":"cpu"}}"#
            )
        );
    }

    #[test]
    fn scores_of_mixtures_stand_beside_the_rest() {
        let scored = Summary {
            scores: Some(Arc::new(Scores {
                step: 8000,
                protocol: "as is usual".into(),
                figures: Figures::Mixture(MixtureScores {
                    modes: 8,
                    modes_total: 8,
                    high_quality: 0.96875,
                    reverse_kl: f32::NAN,
                }),
            })),
            stopped: Stopped::Signal,
            ..summary()
        };
        let line = scored.line().unwrap();
        assert!(
            line.ends_with(
                r#""stopped":"signal","device":"cpu","modes":8,"modes_total":8,"high_quality":0.96875,"reverse_kl":null}}"#
            ),
            "{line}"
        );
    }
}
