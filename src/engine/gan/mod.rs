//! Adversarial training: the update of D, the update of G, and the training step that combines them.

pub(crate) mod interpolation;

mod attempts;
mod capacity;
mod generator;
mod gradient;
mod landscape;
mod measured;
mod recorded;
mod side;
mod start;
mod state;
mod step;
mod stopwatch;
mod trainer;
mod updates;
mod workspace;

pub use crate::model::updates::Updates;
pub use capacity::Shortage;
pub use generator::Generator;
pub use recorded::{Recorded, UpdateMeasures};
pub use state::TrainingState;
pub use step::Outcome;
pub use stopwatch::{Part, PartTimes, Stopwatch};
pub use trainer::Trainer;

use crate::{
    engine::nn::{Failure, build::BuildError},
    preset::Misfit,
};

/// An error of a trainer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The device failed: it ran out of memory or a kernel launch failed.
    #[error("the device failed: {0}")]
    Device(#[from] Failure),
    /// The shapes of two consecutive layers of a network do not match.
    #[error("{network}: {misfit}")]
    Misfit {
        /// `g` or `d`.
        network: &'static str,
        /// The first layer that does not fit its input.
        misfit: Misfit,
    },
    /// The setting cannot change during a run.
    #[error("`{0}` is fixed for the length of a run: start another run to change it")]
    Fixed(&'static str),
    /// A saved state has tensors of other networks.
    #[error("the state is of other networks: {0}")]
    State(String),
    /// Tensors that the initial weights lack or that have another size.
    #[error("the initial weights lack {}", .0.join(", "))]
    Lacking(Vec<String>),
    /// The real samples cannot be read.
    #[error("{0}")]
    Data(String),
}

impl Error {
    fn build(network: &'static str, error: BuildError) -> Self {
        match error {
            BuildError::Misfit(misfit) => Error::Misfit { network, misfit },
            BuildError::Device(failure) => Error::Device(failure),
        }
    }
}
