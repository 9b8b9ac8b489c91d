//! Numbers that say how a training goes.

pub mod classes;
pub mod classifier;
pub mod diversity;
pub mod frechet;
pub mod images;
pub mod instruments;
pub mod measures;
pub mod mixture;
pub mod scores;
pub mod wasserstein;

pub use images::ImageScorer;
pub use measures::Measures;
pub use scores::{Figures, ImageScores, MixtureScores, Scores};
