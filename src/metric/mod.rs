//! Scores of generated samples.

pub mod classes;
pub mod classifier;
pub mod diversity;
pub mod frechet;
pub mod images;
pub mod instruments;
pub mod mixture;
pub mod wasserstein;

pub use crate::model::{
    measures::Measures,
    scores::{Figures, ImageScores, MixtureScores, Scores},
};
pub use images::ImageScorer;
