//! What a run is started with.

use std::{path::PathBuf, sync::Arc};

use super::device::Device;
use super::weights::Init;
use crate::preset::{Preset, Scheduled};

/// What a run does that nobody watches where a loss or gradient is not finite.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnNan {
    /// End, with an error.
    #[default]
    Stop,
    /// Go back to the last checkpoint at half the learning rates, at most three times.
    Rewind,
}

/// Everything that a run is started with, besides its engine.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the preset.
    pub name: String,
    /// The effective preset; its `steps` are those of the run.
    pub preset: Preset,
    pub seed: u64,
    /// Weights to start from; none: fresh ones.
    pub init: Option<Arc<Init>>,
    /// Threads that compute, at least 1. Results do not depend on them.
    pub threads: usize,
    /// Where it trains.
    pub device: Device,
    /// The run's own directory; none: a new one under `runs/`.
    pub out: Option<PathBuf>,
    /// Changes decided beforehand, already tried on the preset (see [`preset::schedule`](crate::preset::schedule())).
    pub at: Vec<Scheduled>,
    /// Whether a person is watching: the worker then stays when all steps are made, and pauses where a loss is not
    /// finite; else it ends.
    pub live: bool,
    /// Whether a live run begins at rest.
    pub paused: bool,
    /// What to do where a loss or gradient is not finite and nobody is watching.
    pub on_nan: OnNan,
    /// Steps between two readings of the measures: 1 where they cost nothing.
    pub measure_every: u64,
    /// Steps between two lines; none where nobody reads lines.
    pub log_every: Option<u64>,
}
