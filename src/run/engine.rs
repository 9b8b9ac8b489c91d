//! What the worker asks of the thing that trains.

use std::error::Error;

use crate::{metric::Measures, preset::Preset};

/// What goes wrong inside an engine or on the way to its data.
pub type Failure = Box<dyn Error + Send + Sync>;

/// One training: networks, moments and counters. It is made and used on the worker's thread.
pub trait Engine {
    /// Parameters of (G, D).
    fn parameters(&self) -> (usize, usize);

    /// Steps made.
    fn steps(&self) -> u64;

    /// Makes one step. `real(i)` gives the i-th batch of real samples, (features, batch); it is asked once for each D
    /// update.
    ///
    /// # Errors
    /// Those of the device, and of `real`.
    fn step(&mut self, real: Real) -> Result<Outcome, Failure>;

    /// Measures of the last step, also of one that was not applied.
    ///
    /// # Errors
    /// Those of the device.
    fn measures(&self) -> Result<Measures, Failure>;

    /// Takes over changed settings; they act from the next step.
    ///
    /// # Errors
    /// Settings that cannot change while a run is under way; then nothing changes.
    fn reconfigure(&mut self, preset: &Preset) -> Result<(), Failure>;

    /// Samples of the averaged generator in evaluation mode for (latent, count) latents: (features, count).
    ///
    /// # Errors
    /// Those of the device.
    fn sample(&self, latents: &[f32], count: usize) -> Result<Vec<f32>, Failure>;

    /// Every tensor of the weights file: `g.*`, `d.*`, `ema.*`.
    ///
    /// # Errors
    /// Those of the device.
    fn state(&self) -> Result<Vec<StateTensor>, Failure>;
}

/// Where a step gets its real samples from.
pub type Real<'a> = &'a mut dyn FnMut(u64) -> Result<Vec<f32>, Failure>;

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    /// A loss or a gradient was not finite: the update was not applied, the step does not count.
    NonFinite,
}

/// A tensor under its key in the weights file, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct StateTensor {
    pub key: String,
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}
