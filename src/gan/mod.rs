//! Adversarial training: D's update, G's update, and the step that is made of them.

pub mod interpolation;

mod attempts;
mod capacity;
mod desk;
mod generator;
mod gradient;
mod landscape;
mod measured;
mod recorded;
mod start;
mod state;
mod stopwatch;
mod trainer;
mod updates;

pub use crate::model::updates::Updates;
pub use capacity::Shortage;
pub use generator::Generator;
pub use recorded::{Numbers, Recorded};
pub use state::TrainingState;
pub use stopwatch::{Part, PartTimes, Stopwatch};
pub use trainer::{Outcome, Trainer};

use crate::{
    nn::{Failure, build::BuildError},
    preset::Misfit,
};

/// Why a trainer cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The device failed: out of memory, a launch that went wrong.
    #[error("the device failed: {0}")]
    Device(#[from] Failure),
    /// A network's layers do not fit each other.
    #[error("{network}: {misfit}")]
    Misfit {
        network: &'static str,
        misfit: Misfit,
    },
    /// A setting that cannot change while a run goes on.
    #[error("`{0}` is fixed for the length of a run: start another run to change it")]
    Fixed(&'static str),
    /// A state of other networks than these.
    #[error("the state is not that of these networks: {0}")]
    State(String),
    /// Tensors that a start from weights made elsewhere lacks, or that have another size.
    #[error("the weights to start from lack {}", .0.join(", "))]
    Lacking(Vec<String>),
    /// Real samples could not be had.
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
