//! The image set of a classifier, and how it was trained.

use serde::{Deserialize, Serialize};

use crate::preset::Source;

/// An image set with a bundled classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    /// The bundled handwritten digits.
    Digits,
    /// The bundled pictures of clothes.
    Fashion,
}

impl Set {
    /// The set of a data source; `None` if the source has no classifier.
    pub fn of(source: &Source) -> Option<Self> {
        match source {
            Source::Digits => Some(Self::Digits),
            Source::Fashion => Some(Self::Fashion),
            Source::Dolls | Source::Path(_) => None,
        }
    }
}

/// How a classifier was trained, from the metadata of its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The set it was trained on.
    pub set: Set,
    /// Share of the held-out images that it classifies correctly.
    pub accuracy: f32,
    /// Number of training images.
    pub trained_on: usize,
    /// Number of held-out images.
    pub held_out: usize,
    /// Seed of the weights and of the order of images.
    pub seed: u64,
    /// Passes over the training images.
    pub epochs: usize,
    /// The rest of the training protocol, in words.
    pub protocol: String,
}
