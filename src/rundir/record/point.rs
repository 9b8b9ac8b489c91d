//! A line of metrics.jsonl, as it is read.

use std::{fmt, marker::PhantomData, ops::RangeInclusive, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};

use crate::{
    model::{Figures, History, ImageScores, Measures, MixtureScores, Scores, Updates},
    spectral::{Exact, ExactSpectra},
};

/// Layers of a line; a run has a few dozen.
const MOST_LAYERS: usize = 512;
/// Steps that there are: those that a plot can count with.
const STEPS: RangeInclusive<u64> = 1..=1 << 53;
/// Characters of a layer's key.
const LONGEST_KEY: usize = 64;

/// What was measured in a step and what it was scored with.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub measures: Arc<Measures>,
    pub updates: Updates,
    /// Whether the update was applied: the step is not made where it was not.
    pub applied: bool,
    /// Spent training up to this step, pauses left out; none where the line does not say.
    pub seconds: Option<f64>,
    /// Scores that no earlier line has.
    pub scores: Option<Arc<Scores>>,
    /// Exact measures of the weights that no earlier line has.
    pub spectra: Option<Arc<ExactSpectra>>,
}

/// The step of a line alone, which is had faster.
#[derive(Debug, Deserialize)]
struct Step {
    step: u64,
}

#[derive(Debug, Deserialize)]
struct Raw {
    step: u64,
    #[serde(default)]
    updates: Network,
    applied: Option<bool>,
    seconds: Option<f64>,
    loss_d: Option<f32>,
    loss_g: Option<f32>,
    d_real: Option<f32>,
    d_fake: Option<f32>,
    accuracy_real: Option<f32>,
    accuracy_fake: Option<f32>,
    grad_d: Option<f32>,
    grad_g: Option<f32>,
    grad_x_mean: Option<f32>,
    grad_x_max: Option<f32>,
    #[serde(default)]
    sigma: Layers<Number>,
    #[serde(default)]
    weight_norm: Layers<Number>,
    #[serde(default)]
    gradient_norm: Layers<Number>,
    spectra: Option<Layers<Exact>>,
    spectra_step: Option<u64>,
    scores_step: Option<u64>,
    #[serde(flatten)]
    scores: RawScores,
}

/// Scores of both kinds of data; a line and a summary have those of one. Absent and null are told apart.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct RawScores {
    #[serde(default, deserialize_with = "present")]
    diversity: Option<f32>,
    #[serde(default, deserialize_with = "present")]
    swd: Option<f32>,
    #[serde(default, deserialize_with = "present")]
    classifier_score: Option<f32>,
    #[serde(default, deserialize_with = "present")]
    frechet: Option<f32>,
    #[serde(default, deserialize_with = "present")]
    class_entropy: Option<f32>,
    modes: Option<usize>,
    modes_total: Option<usize>,
    high_quality: Option<f32>,
    reverse_kl: Option<f32>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Network {
    #[default]
    Both,
    Discriminator,
    Generator,
}

/// The step of a line; none where it is not a line of a run.
pub fn step(line: &[u8]) -> Option<u64> {
    let step = serde_json::from_slice::<Step>(line).ok()?.step;
    STEPS.contains(&step).then_some(step)
}

impl Point {
    /// Reads a line.
    ///
    /// # Errors
    /// Anything but a JSON object with a step, whose other fields have the types that this program gives them.
    pub fn parse(line: &[u8]) -> serde_json::Result<Self> {
        let raw: Raw = serde_json::from_slice(line)?;
        if !STEPS.contains(&raw.step) {
            return Err(de::Error::custom("no such step"));
        }
        let number = |value: Option<f32>| value.unwrap_or(f32::NAN);
        Ok(Self {
            measures: Arc::new(Measures {
                step: raw.step,
                loss_d: number(raw.loss_d),
                loss_g: number(raw.loss_g),
                d_real: number(raw.d_real),
                d_fake: number(raw.d_fake),
                accuracy_real: number(raw.accuracy_real),
                accuracy_fake: number(raw.accuracy_fake),
                grad_d: number(raw.grad_d),
                grad_g: number(raw.grad_g),
                grad_x_mean: raw.grad_x_mean,
                grad_x_max: raw.grad_x_max,
                sigma: raw.sigma.numbers(),
                weight_norm: raw.weight_norm.numbers(),
                gradient_norm: raw.gradient_norm.numbers(),
            }),
            updates: match raw.updates {
                Network::Both => Updates::Both,
                Network::Discriminator => Updates::Discriminator,
                Network::Generator => Updates::Generator,
            },
            // Older lines do not say.
            applied: raw.applied.unwrap_or(true),
            seconds: raw.seconds.filter(|s| s.is_finite() && *s >= 0.0),
            scores: raw
                .scores
                .scores(raw.scores_step.unwrap_or(raw.step))
                .map(Arc::new),
            spectra: raw.spectra.map(|layers| {
                Arc::new(ExactSpectra {
                    step: raw.spectra_step.unwrap_or(raw.step),
                    layers: layers.0,
                })
            }),
        })
    }

    pub fn step(&self) -> u64 {
        self.measures.step
    }

    /// Steps made when the line was written.
    pub fn made(&self) -> u64 {
        self.step() - u64::from(!self.applied)
    }

    /// Adds it to the curves, under the names that the live screen has for them.
    pub fn record(&self, history: &mut History) {
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

impl RawScores {
    /// The scores, as made after `step`; none where there are none.
    pub fn scores(self, step: u64) -> Option<Scores> {
        let number = |value: Option<f32>| value.unwrap_or(f32::NAN);
        let figures = if let (Some(modes), Some(modes_total)) = (self.modes, self.modes_total) {
            Figures::Mixture(MixtureScores {
                modes,
                modes_total,
                high_quality: number(self.high_quality),
                reverse_kl: number(self.reverse_kl),
            })
        } else if self.diversity.is_some() || self.swd.is_some() {
            Figures::Images(ImageScores {
                diversity: number(self.diversity),
                swd: number(self.swd),
                classifier_score: self.classifier_score,
                frechet: self.frechet,
                class_entropy: self.class_entropy,
            })
        } else {
            return None;
        };
        Some(Scores {
            step,
            protocol: "as docs/scores.md says".into(),
            figures,
        })
    }
}

/// A number that is there: null is one that was not finite.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f32>, D::Error> {
    Ok(Some(Option::deserialize(from)?.unwrap_or(f32::NAN)))
}

/// A number of a layer; null is one that was not finite.
type Number = Option<f32>;

/// An object of layers, in its order.
#[derive(Debug)]
pub struct Layers<T>(pub Vec<(String, T)>);

impl<T> Default for Layers<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Layers<Number> {
    fn numbers(self) -> Vec<(String, f32)> {
        let layers = self.0.into_iter();
        layers
            .map(|(key, value)| (key, value.unwrap_or(f32::NAN)))
            .collect()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Layers<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Layers<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object of layers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Layers<T>, A::Error> {
                let mut layers = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, T>()? {
                    if !is_key(&key) {
                        return Err(de::Error::custom("not the key of a layer"));
                    }
                    if layers.len() == MOST_LAYERS {
                        return Err(de::Error::custom("more layers than a network has"));
                    }
                    layers.push((key, value));
                }
                Ok(Layers(layers))
            }
        }

        from.deserialize_map(Object(PhantomData))
    }
}

/// Whether a text can be a layer's key: it stands in tables and on the screen.
fn is_key(text: &str) -> bool {
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (1..=LONGEST_KEY).contains(&text.len()) && text.chars().all(sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Line, Logged},
        run::fake,
    };

    #[test]
    fn a_headless_line_reads_back_as_what_it_was_made_of() {
        let mut measures = fake::measures(7);
        measures.sigma.push(("d.10".into(), 2.25));
        let scores = Scores {
            step: 4,
            protocol: "as docs/scores.md says".into(),
            figures: Figures::Images(ImageScores {
                diversity: 0.5,
                swd: 0.25,
                classifier_score: Some(4.5),
                frechet: None,
                class_entropy: None,
            }),
        };
        let logged = Logged {
            measures: Arc::new(measures),
            applied: true,
            scores: Some(Arc::new(scores)),
            spectra: None,
        };
        let line = serde_json::to_string(&Line::from(&logged)).unwrap();
        let point = Point::parse(line.as_bytes()).unwrap();
        assert_eq!(point.measures, logged.measures);
        assert_eq!(point.scores, logged.scores);
        assert_eq!((point.updates, point.seconds), (Updates::Both, None));
    }

    #[test]
    fn what_is_null_is_not_finite_and_what_is_missing_is_not_there() {
        let line =
            br#"{"step":3,"loss_d":null,"sigma":{"d.0":null},"updates":"generator","seconds":1.5,
            "diversity":null,"swd":0.5,"frechet":null,"something_new":[{}]}"#;
        let point = Point::parse(line).unwrap();
        assert!(point.measures.loss_d.is_nan() && point.measures.sigma[0].1.is_nan());
        assert_eq!(
            (point.updates, point.seconds),
            (Updates::Generator, Some(1.5))
        );
        let Figures::Images(images) = point.scores.unwrap().figures else {
            panic!("not images");
        };
        assert!(images.diversity.is_nan() && images.frechet.unwrap().is_nan());
        assert_eq!(images.classifier_score, None);
        let mixture = br#"{"step":3,"modes":7,"modes_total":8,"high_quality":0.5,"reverse_kl":null,"scores_step":2}"#;
        let scores = Point::parse(mixture).unwrap().scores.unwrap();
        assert_eq!(scores.step, 2);
        assert_eq!(scores.figures.named()[0], ("modes", 7.0));
        assert_eq!(step(line), Some(3));
    }

    #[test]
    fn what_is_no_line_of_a_run_is_refused() {
        let many: Vec<String> = (0..600).map(|i| format!("\"d.{i}\":1")).collect();
        let many = format!("{{\"step\":1,\"sigma\":{{{}}}}}", many.join(","));
        for wrong in [
            "",
            "{}",
            "[]",
            "{\"step\":-1}",
            "{\"step\":1.5}",
            "{\"step\":0}",
            "{\"step\":18446744073709551615}",
            "{\"step\":1,\"loss_d\":\"x\"}",
            "{\"step\":1,\"loss_d\":1",
            "{\"step\":1,\"sigma\":[1]}",
            "{\"step\":1,\"sigma\":{\"\\u001b[2J\":1}}",
            "{\"step\":1,\"updates\":\"none\"}",
            "{\"step\":1,\"step\":2}",
            &many,
        ] {
            assert!(Point::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
