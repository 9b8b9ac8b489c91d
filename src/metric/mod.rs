//! Numbers that say how a training goes.

pub mod measures;

pub use measures::{Measures, MixtureScores};
