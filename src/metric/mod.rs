//! Numbers that say how a training goes.

pub mod measures;
pub mod mixture;

pub use measures::{Measures, MixtureScores};
