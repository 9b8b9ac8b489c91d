//! The summary of a run.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    LaneId, Scores, Snapshot,
    keys::{self, name_of},
    scores::{
        CLASS_ENTROPY, CLASSIFIER_SCORE, DIVERSITY, FRECHET, HIGH_QUALITY, MODES, MODES_TOTAL,
        REVERSE_KL, SWD,
    },
};

/// The summary of a run that is over. The keys are part of the program's interface. Keys that a file lacks are read as
/// empty, 0 or `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The lane, in a run with lanes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<LaneId>,
    /// Name of the preset.
    #[serde(default)]
    pub preset: String,
    /// Seed of the random streams.
    #[serde(default)]
    pub seed: u64,
    /// Completed steps.
    pub steps: u64,
    /// Training time in seconds, without pauses.
    #[serde(default)]
    pub seconds: f64,
    /// Mean over the training time.
    #[serde(default)]
    pub steps_per_second: f64,
    /// Loss of D in the last step; `None` before the first.
    pub loss_d: Option<f32>,
    /// Loss of G in the last step; `None` before the first.
    pub loss_g: Option<f32>,
    /// SHA-256 of the weights, see [`Weights`](crate::weights::Weights); `None` if the weights could not be read.
    pub weights_sha256: Option<String>,
    /// Why the run ended.
    pub stopped: Stopped,
    /// The device that trained: `cpu`, `cuda:0 NVIDIA H100 80GB HBM3`. Summaries of version 0.1.0 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The final scores. Their keys are on the same level as the others.
    #[serde(flatten, skip_deserializing)]
    pub scores: Option<Arc<Scores>>,
}

/// The reason why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// All steps are completed.
    Done,
    /// A user quit the run.
    User,
    /// A signal ended the run.
    Signal,
    /// An error ended the run.
    Error,
}

impl Summary {
    /// All keys, in their order, and what they mean.
    pub const KEYS: [keys::Meaning; 10] = [
        (
            &[name_of!(Summary, lane)],
            "The lane: `a`, `b` …; only in a run with lanes.",
        ),
        (
            &[name_of!(Summary, preset), name_of!(Summary, seed)],
            "Name of the preset, and the seed.",
        ),
        (
            &[name_of!(Summary, steps)],
            "Steps made, resumed ones included.",
        ),
        (
            &[
                name_of!(Summary, seconds),
                name_of!(Summary, steps_per_second),
            ],
            "Seconds of training, pauses not counted, and steps in that time.",
        ),
        (
            &[name_of!(Summary, loss_d), name_of!(Summary, loss_g)],
            "Losses of the last step.",
        ),
        (
            &[name_of!(Summary, weights_sha256)],
            "SHA-256 of the tensors' bytes in the weights file, in byte order of the keys.",
        ),
        (
            &[name_of!(Summary, stopped)],
            "Why the run ended: `done`, `user`, `signal` or `error`.",
        ),
        (
            &[name_of!(Summary, device)],
            "The device that trained, such as `cpu` or `cuda:0 NVIDIA H100 80GB HBM3`.",
        ),
        (
            &[MODES.name, MODES_TOTAL, HIGH_QUALITY.name, REVERSE_KL.name],
            "Scores of mixtures.",
        ),
        (
            &[
                DIVERSITY.name,
                SWD.name,
                CLASSIFIER_SCORE.name,
                FRECHET.name,
                CLASS_ENTROPY.name,
            ],
            "Scores of images.",
        ),
    ];

    /// The summary of a run whose last snapshot is `last`, without the hash of the weights.
    pub fn of(last: &Snapshot, stopped: Stopped) -> Self {
        // Scores of an earlier step do not describe the final state.
        let scores = last.scores.as_ref();
        Self {
            lane: None,
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

    /// The last line of headless output: a JSON object with the key `summary`.
    ///
    /// # Errors
    /// If the summary cannot be serialized.
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
            lane: None,
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
