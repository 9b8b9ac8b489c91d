//! Scores of generated samples, for mixtures and for images.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::measures::{
    meaning::{self, Meaning},
    rows,
    table::{Measure, Owner},
};

/// Protocol text of scores that were read from files, which do not contain it.
const PROTOCOL: &str = "as docs/scores.md says";

/// Scores of one step. In JSON only the figures are written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// The step after which the samples were generated.
    #[serde(skip)]
    pub step: u64,
    /// Description of the protocol: number of samples, seed and features.
    #[serde(skip)]
    pub protocol: Arc<str>,
    /// The values.
    #[serde(flatten)]
    pub figures: Figures,
}

impl Scores {
    /// Reads the scores of `step` from a file. `None` if there are none; see [`Figures::read`].
    pub fn read(step: u64, number: impl Fn(&str) -> Option<f32>) -> Option<Self> {
        Some(Self {
            step,
            protocol: PROTOCOL.into(),
            figures: Figures::read(number)?,
        })
    }
}

/// The values of scores. Which exist depends on the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figures {
    /// Scores of a mixture of Gaussians.
    Mixture(MixtureScores),
    /// Scores of images.
    Images(ImageScores),
}

/// How well a generator covers a mixture of Gaussians.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureScores {
    /// Number of modes with at least one high-quality sample.
    pub modes: usize,
    /// Number of modes of the mixture.
    pub modes_total: usize,
    /// Share of samples within 3σ of the nearest centre.
    pub high_quality: f32,
    /// KL divergence of the histogram of nearest centres from the uniform distribution, in nats.
    pub reverse_kl: f32,
}

/// Scores of generated images against real ones. Scores that the data set does not have are `None`; scores that could
/// not be computed are NaN.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageScores {
    /// Mean pairwise L2 distance of generated images, divided by that of real images.
    pub diversity: f32,
    /// Sliced Wasserstein distance of patches.
    pub swd: f32,
    /// exp of the mean KL divergence of p(y|x) from p(y). Only for data sets with a classifier.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub classifier_score: Option<f32>,
    /// Fréchet distance in the features of the classifier. Only for data sets with a classifier.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frechet: Option<f32>,
    /// Entropy of the histogram of predicted classes, in nats. Only for data sets with a classifier.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class_entropy: Option<f32>,
}

/// Getter of a score; `None` if the data have no such score.
pub(crate) type OfFigures = fn(&Figures) -> Option<f32>;

const fn score(
    name: &'static str,
    unit: &'static str,
    meaning: &'static Meaning,
    access: OfFigures,
) -> Measure<OfFigures> {
    Measure {
        name,
        of: Owner::Generator,
        unit,
        meaning,
        access,
    }
}

rows! {
    /// The table of scores: of images, then of mixtures, in column order.
    pub(crate) SCORES: [OfFigures; 8];

    DIVERSITY = score("diversity", "", &meaning::DIVERSITY, |f| Some(f.images()?.diversity));
    SWD = score("swd", "", &meaning::SWD, |f| Some(f.images()?.swd));
    CLASSIFIER_SCORE = score("classifier_score", "", &meaning::CLASSIFIER, |f| f.images()?.classifier_score);
    FRECHET = score("frechet", "", &meaning::CLASSIFIER, |f| f.images()?.frechet);
    CLASS_ENTROPY = score("class_entropy", "", &meaning::CLASSIFIER, |f| f.images()?.class_entropy);
    MODES = score("modes", "", &meaning::MODES, |f| Some(f.mixture()?.modes as f32));
    HIGH_QUALITY = score("high_quality", "share", &meaning::HIGH_QUALITY, |f| Some(f.mixture()?.high_quality));
    REVERSE_KL = score("reverse_kl", "nats", &meaning::REVERSE_KL, |f| Some(f.mixture()?.reverse_kl));
}

/// Key of the number of modes of the mixture, in lines and summaries.
pub(super) const MODES_TOTAL: &str = "modes_total";

impl Figures {
    fn mixture(&self) -> Option<&MixtureScores> {
        match self {
            Self::Mixture(mixture) => Some(mixture),
            Self::Images(_) => None,
        }
    }

    fn images(&self) -> Option<&ImageScores> {
        match self {
            Self::Mixture(_) => None,
            Self::Images(images) => Some(images),
        }
    }

    /// All scores that exist, with their names in lines, columns and curves.
    pub fn named(&self) -> Vec<(&'static str, f32)> {
        let figures = SCORES.iter();
        figures
            .filter_map(|score| Some((score.name, (score.access)(self)?)))
            .collect()
    }

    /// The key of a score that equals `text`, if there is one.
    pub fn key(text: &str) -> Option<&'static str> {
        let keys = SCORES.iter().map(|score| score.name).chain([MODES_TOTAL]);
        keys.into_iter().find(|key| *key == text)
    }

    /// Reads the scores from a file. `number` looks up a value by key and returns NaN for `null`. The result is `None` if
    /// there are no scores.
    pub fn read(number: impl Fn(&str) -> Option<f32>) -> Option<Self> {
        let known = |key: &str| number(key).unwrap_or(f32::NAN);
        let count = |key: &str| number(key).filter(|n| *n >= 0.0).map(|n| n as usize);
        if let (Some(modes), Some(modes_total)) = (count(MODES.name), count(MODES_TOTAL)) {
            return Some(Self::Mixture(MixtureScores {
                modes,
                modes_total,
                high_quality: known(HIGH_QUALITY.name),
                reverse_kl: known(REVERSE_KL.name),
            }));
        }
        let is_there = number(DIVERSITY.name).or(number(SWD.name)).is_some();
        is_there.then(|| {
            Self::Images(ImageScores {
                diversity: known(DIVERSITY.name),
                swd: known(SWD.name),
                classifier_score: number(CLASSIFIER_SCORE.name),
                frechet: number(FRECHET.name),
                class_entropy: number(CLASS_ENTROPY.name),
            })
        })
    }
}

/// All scores in one line, for the terminal.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figures::Mixture(scores) => write!(
                f,
                "{}/{} modes, high quality {:.4}, reverse KL {:.4}",
                scores.modes, scores.modes_total, scores.high_quality, scores.reverse_kl
            ),
            Figures::Images(scores) => {
                write!(
                    f,
                    "diversity {:.4}, swd {:.4}",
                    scores.diversity, scores.swd
                )?;
                for (name, value) in [
                    ("classifier score", scores.classifier_score),
                    ("Fréchet", scores.frechet),
                    ("class entropy", scores.class_entropy),
                ] {
                    if let Some(value) = value {
                        write!(f, ", {name} {value:.3}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_scores_are_left_out_and_non_finite_ones_are_null() {
        let mut images = ImageScores {
            diversity: 0.5,
            swd: f32::NAN,
            classifier_score: None,
            frechet: None,
            class_entropy: None,
        };
        let scores = |images| Scores {
            step: 5,
            protocol: "".into(),
            figures: Figures::Images(images),
        };
        let json = |images| serde_json::to_string(&scores(images)).unwrap();
        assert_eq!(json(images), r#"{"diversity":0.5,"swd":null}"#);
        assert_eq!(
            scores(images).figures.to_string(),
            "diversity 0.5000, swd NaN"
        );
        images.classifier_score = Some(2.5);
        assert_eq!(
            json(images),
            r#"{"diversity":0.5,"swd":null,"classifier_score":2.5}"#
        );
    }
}
