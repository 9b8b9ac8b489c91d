//! Scores of generated samples.

pub(crate) mod classes;
pub mod classifier;
pub(crate) mod distance;
pub(crate) mod diversity;
pub(crate) mod frechet;
pub(crate) mod images;
pub mod instruments;
pub(crate) mod mixture;
pub mod wasserstein;

pub use crate::model::{
    measures::Measures,
    scores::{Figures, ImageScores, MixtureScores, Scores},
};
pub use images::ImageScorer;
