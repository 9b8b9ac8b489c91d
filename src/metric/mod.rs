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

pub use images::{ImageScorer, ImageScores};
pub use measures::{Measures, MixtureScores};
pub use scores::{Figures, Scores};
