//! The scores of what G makes after one step, whatever the data.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Scores with the step they were made after and their protocol; as JSON the figures alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    #[serde(skip)]
    pub step: u64,
    /// Samples, seed and features, in words.
    #[serde(skip)]
    pub protocol: Arc<str>,
    #[serde(flatten)]
    pub figures: Figures,
}

/// What the data allow to be scored.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figures {
    Mixture(MixtureScores),
    Images(ImageScores),
}

/// How well a generator covers a mixture of Gaussians.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureScores {
    /// Modes with at least one sample of high quality.
    pub modes: usize,
    pub modes_total: usize,
    /// Share of samples within 3σ of their nearest centre.
    pub high_quality: f32,
    /// KL divergence of the samples' histogram over nearest centres from uniform, in nats.
    pub reverse_kl: f32,
}

/// How far generated images are from real ones. What does not exist for a set is left out; what could not be computed
/// is NaN.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageScores {
    /// Mean pairwise L2 distance over that of real images.
    pub diversity: f32,
    /// Sliced Wasserstein distance of patches.
    pub swd: f32,
    /// exp of the mean KL divergence of p(y|x) from p(y); of sets with a classifier, as all below.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub classifier_score: Option<f32>,
    /// Fréchet distance in the classifier's features.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frechet: Option<f32>,
    /// Entropy of the histogram of classes, in nats.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub class_entropy: Option<f32>,
}

impl Figures {
    /// Every figure that there is, by its name in a line, a column and a curve.
    pub fn named(&self) -> Vec<(&'static str, f32)> {
        let named = match self {
            Figures::Mixture(mixture) => vec![
                ("modes", Some(mixture.modes as f32)),
                ("high_quality", Some(mixture.high_quality)),
                ("reverse_kl", Some(mixture.reverse_kl)),
            ],
            Figures::Images(images) => vec![
                ("diversity", Some(images.diversity)),
                ("swd", Some(images.swd)),
                ("classifier_score", images.classifier_score),
                ("frechet", images.frechet),
                ("class_entropy", images.class_entropy),
            ],
        };
        let named = named.into_iter();
        named
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

/// The figures in one line, for people.
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
    fn what_does_not_exist_is_left_out_and_what_is_not_finite_is_null() {
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
