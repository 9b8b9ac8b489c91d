//! One line of metrics.jsonl.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    model::{
        Figures, ImageScores, Measures, MixtureScores, Scores, Updates,
        line::{Beyond, Line},
    },
    rundir::record::point::Layers,
    spectral::ExactSpectra,
};

/// What a step measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub measures: Arc<Measures>,
    /// The networks that the step updated; measures of another one are those of an earlier step.
    pub updates: Updates,
    /// Whether the update was applied: the step is not made where it was not.
    pub applied: bool,
    /// Seconds spent training so far, pauses left out.
    pub seconds: f64,
    /// Scores that no line before has. Their protocol is not written.
    pub scores: Option<Arc<Scores>>,
    /// Exact measures of the weights that no line before has.
    pub spectra: Option<Arc<ExactSpectra>>,
}

/// The line: that of a headless run, and what else is known of the step.
#[derive(Serialize)]
struct Recorded<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    #[serde(flatten)]
    beyond: Beyond<'a>,
    seconds: f64,
    updates: Updates,
    #[serde(skip_serializing_if = "Option::is_none")]
    scores_step: Option<u64>,
    #[serde(flatten)]
    scores: Option<&'a Scores>,
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
            seconds,
            scores: None,
            spectra: None,
        }
    }

    /// The line, without its end.
    pub fn line(&self) -> String {
        let scores = self.scores.as_deref();
        let line = Recorded {
            line: Line::from(&*self.measures)
                .of_update(self.applied)
                .with(self.spectra.as_deref()),
            beyond: Beyond(&self.measures),
            seconds: (self.seconds * 1e3).round() / 1e3,
            updates: self.updates,
            scores_step: scores.map(|scores| scores.step),
            scores,
        };
        // Plain fields and keys that are texts: nothing here can fail.
        serde_json::to_string(&line).unwrap_or_default()
    }

    /// Reads a line; none where it is no whole line of a step.
    pub fn read(line: &[u8]) -> Option<Self> {
        let line: Map<String, Value> = serde_json::from_slice(line).ok()?;
        let number = |key: &str| number(line.get(key)?);
        let layers = |key: &str| layers(line.get(key)?);
        let step = line.get("step")?.as_u64()?;
        let measures = Measures {
            step,
            loss_d: number("loss_d")?,
            loss_g: number("loss_g")?,
            d_real: number("d_real")?,
            d_fake: number("d_fake")?,
            accuracy_real: number("accuracy_real")?,
            accuracy_fake: number("accuracy_fake")?,
            grad_d: number("grad_d")?,
            grad_g: number("grad_g")?,
            grad_x_mean: number("grad_x_mean").filter(|x| !x.is_nan()),
            grad_x_max: number("grad_x_max").filter(|x| !x.is_nan()),
            sigma: layers("sigma")?,
            weight_norm: layers("weight_norm")?,
            gradient_norm: layers("gradient_norm")?,
        };
        Some(Self {
            measures: Arc::new(measures),
            updates: updates(line.get("updates")?.as_str()?)?,
            // Lines of older programs do not say.
            applied: line.get("applied") != Some(&Value::Bool(false)),
            seconds: line.get("seconds")?.as_f64()?,
            scores: scores(&line).map(Arc::new),
            spectra: spectra(&line, step).map(Arc::new),
        })
    }
}

fn updates(text: &str) -> Option<Updates> {
    let all = [Updates::Both, Updates::Discriminator, Updates::Generator];
    all.into_iter().find(|&updates| updates.name() == text)
}

/// A number, NaN for `null`.
fn number(value: &Value) -> Option<f32> {
    match value {
        Value::Null => Some(f32::NAN),
        value => value.as_f64().map(|number| number as f32),
    }
}

fn layers(value: &Value) -> Option<Vec<(String, f32)>> {
    let layers = value.as_object()?.iter();
    layers
        .map(|(key, value)| Some((key.clone(), number(value)?)))
        .collect()
}

fn spectra(line: &Map<String, Value>, step: u64) -> Option<ExactSpectra> {
    let layers = Layers::deserialize(line.get("spectra")?).ok()?;
    let of = line.get("spectra_step").and_then(Value::as_u64);
    Some(ExactSpectra {
        step: of.unwrap_or(step),
        layers: layers.0,
    })
}

fn scores(line: &Map<String, Value>) -> Option<Scores> {
    let step = line.get("scores_step")?.as_u64()?;
    let figure = |key: &str| number(line.get(key)?);
    let count = |key: &str| line.get(key)?.as_u64().map(|count| count as usize);
    let figures = match count("modes") {
        Some(modes) => Figures::Mixture(MixtureScores {
            modes,
            modes_total: count("modes_total")?,
            high_quality: figure("high_quality")?,
            reverse_kl: figure("reverse_kl")?,
        }),
        None => Figures::Images(ImageScores {
            diversity: figure("diversity")?,
            swd: figure("swd")?,
            classifier_score: figure("classifier_score"),
            frechet: figure("frechet"),
            class_entropy: figure("class_entropy"),
        }),
    };
    Some(Scores {
        step,
        protocol: "".into(),
        figures,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{run::fake, rundir::record::Point, spectral::Exact};

    fn record(step: u64) -> Record {
        let mut measures = fake::measures(step);
        measures.sigma = vec![("d.2".into(), 1.25), ("d.10".into(), 0.1)];
        Record {
            measures: Arc::new(measures),
            updates: Updates::Generator,
            applied: true,
            seconds: 1.25,
            scores: None,
            spectra: None,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let plain = record(7);
        assert!(!plain.line().contains("applied"));
        assert_eq!(Record::read(plain.line().as_bytes()), Some(plain));
        let failed = Record {
            applied: false,
            ..record(8)
        };
        assert_eq!(Record::read(failed.line().as_bytes()), Some(failed));
        let mixture = MixtureScores {
            modes: 7,
            modes_total: 8,
            high_quality: 0.95,
            reverse_kl: 0.01,
        };
        let images = ImageScores {
            diversity: 0.5,
            swd: 0.25,
            classifier_score: None,
            frechet: Some(4.0),
            class_entropy: None,
        };
        for figures in [Figures::Mixture(mixture), Figures::Images(images)] {
            let scored = Record {
                scores: Some(Arc::new(Scores {
                    step: 6,
                    protocol: "".into(),
                    figures,
                })),
                ..record(7)
            };
            assert_eq!(Record::read(scored.line().as_bytes()), Some(scored));
        }
    }

    #[test]
    fn exact_measures_are_written_and_read_and_both_readers_agree() {
        let exact = Exact {
            sigma_svd: Some(1.0 / 3.0),
            sigma_error: Some(1e-7),
            effective_rank: Some(12.5),
            ..Exact::default()
        };
        let measured = Record {
            spectra: Some(Arc::new(ExactSpectra {
                step: 7,
                layers: vec![("d.2".into(), exact), ("d.10".into(), Exact::default())],
            })),
            ..record(7)
        };
        let line = measured.line();
        let start = r#""spectra":{"d.2":{"sigma_svd":0.3333333333333333,"sigma_error":1e-7,"cosine_error_u":null,"#;
        assert!(line.contains(start), "{line}");
        assert!(line.contains(r#","spectra_step":7,"#), "{line}");
        let point = Point::parse(line.as_bytes()).unwrap();
        assert_eq!(point.spectra, measured.spectra);
        assert_eq!(Record::read(line.as_bytes()), Some(measured));
    }

    #[test]
    fn what_is_not_finite_is_null_and_read_as_nan() {
        let mut measures = fake::measures(7);
        measures.loss_d = f32::INFINITY;
        measures.grad_x_max = None;
        measures.sigma[0].1 = f32::NAN;
        let line = Record {
            measures: Arc::new(measures),
            ..record(7)
        }
        .line();
        assert!(line.contains(r#""loss_d":null"#) && line.contains(r#""sigma":{"d.0":null}"#));
        let read = Record::read(line.as_bytes()).unwrap().measures;
        assert!(read.loss_d.is_nan() && read.sigma[0].1.is_nan());
        assert_eq!(read.grad_x_max, None);
    }

    #[test]
    fn torn_lines_are_none() {
        let line = record(7).line();
        for length in [0, 1, line.len() / 2, line.len() - 1] {
            assert_eq!(Record::read(&line.as_bytes()[..length]), None);
        }
        assert_eq!(Record::read(b"{\"step\":1}"), None);
    }
}
