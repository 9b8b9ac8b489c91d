//! The interface between the worker and the networks that train.

use std::{collections::BTreeMap, error::Error};

pub use crate::{
    engine::gan::{Outcome, Part, PartTimes, Shortage, TrainingState},
    files::tensors::StateTensor,
    model::Updates,
};
use crate::{
    engine::{
        gan::{self, Trainer},
        metric::instruments::{Instruments, OnHost},
        nn::{Backend, Counts},
        random::Draws,
        spectral::LayerWeight,
    },
    model::Measures,
    preset::Preset,
};

/// An error of an engine or of its data.
pub type Failure = Box<dyn Error + Send + Sync>;

/// One training: networks, optimizer moments and counters. It is created on the worker's thread; a step may be made on
/// another thread.
pub trait Engine: Send {
    /// Number of parameters of (G, D).
    fn parameters(&self) -> (usize, usize);

    /// Number of completed steps.
    fn steps(&self) -> u64;

    /// Makes one step that updates the given networks. `real(i)` returns the i-th batch of real samples, (features,
    /// batch). It is called once per update of D.
    ///
    /// # Errors
    /// If the device or `real` fails.
    fn step_of(&mut self, updates: Updates, real: Real) -> Result<Outcome, Failure>;

    /// Waits until the outcome of all steps so far is known. [`Outcome::NonFinite`] means that an update was not finite:
    /// the engine is then in the state before that update.
    ///
    /// # Errors
    /// If the device fails.
    fn settle(&mut self) -> Result<Outcome, Failure> {
        Ok(Outcome::Applied)
    }

    /// Whether steps compute in the thread pool of the caller, so that several engines can step side by side.
    fn uses_pool(&self) -> bool {
        false
    }

    /// Counts of the operations on the device so far; `None` if it does not count them.
    fn counts(&self) -> Option<Counts> {
        None
    }

    /// The shortage of the device's memory under these settings; `None` if it suffices. Main memory is not checked here.
    ///
    /// # Errors
    /// If the device fails.
    fn shortage(&self, _: &Preset) -> Result<Option<Shortage>, Failure> {
        Ok(None)
    }

    /// Makes one step that updates both networks. See [`Engine::step_of`].
    ///
    /// # Errors
    /// If the device or `real` fails.
    fn step(&mut self, real: Real) -> Result<Outcome, Failure> {
        self.step_of(Updates::Both, real)
    }

    /// Reads the measures of the last step from the device, including a step that was not applied. `None` before the
    /// first step.
    ///
    /// # Errors
    /// If the device fails.
    fn measures(&self) -> Result<Option<Measures>, Failure>;

    /// Changes the settings from the next step on.
    ///
    /// # Errors
    /// If a setting cannot change during a run. Then nothing changes.
    fn reconfigure(&mut self, preset: &Preset) -> Result<(), Failure>;

    /// Samples (features, count) of the averaged generator in evaluation mode, from latents (latent, count).
    ///
    /// # Errors
    /// If the device fails.
    fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Failure>;

    /// Output of D (count) in evaluation mode for samples (features, count), and its gradient with respect to the samples
    /// (features, count). The state of the training does not change.
    ///
    /// # Errors
    /// If the device fails.
    fn discriminate(&self, samples: &[f32], count: usize) -> Result<(Vec<f32>, Vec<f32>), Failure>;

    /// Output of D (count) in evaluation mode for samples (features, count). The state of the training does not change.
    ///
    /// # Errors
    /// If the device fails.
    fn judge(&self, samples: &[f32], count: usize) -> Result<Vec<f32>, Failure> {
        Ok(self.discriminate(samples, count)?.0)
    }

    /// The image operations that scores need, on the device.
    fn instruments(&self) -> Box<dyn Instruments> {
        Box::new(OnHost)
    }

    /// Copies of the weights: layers of D, then of G.
    ///
    /// # Errors
    /// If the device fails.
    fn weights(&self) -> Result<Vec<LayerWeight>, Failure>;

    /// Copies of all trainable values of D and of G, in the order of their layers. Weights of normalized layers are
    /// layer_gain·W/σ, with which these compute. Two engines of the same networks have them in the same places.
    ///
    /// # Errors
    /// If the device fails.
    fn in_use(&self) -> Result<[Vec<f32>; 2], Failure>;

    /// All tensors of the weights file: `g.*`, `d.*` and `ema.*`.
    ///
    /// # Errors
    /// If the device fails.
    fn state(&self) -> Result<Vec<StateTensor>, Failure>;

    /// A copy of the complete state of the training, without the settings.
    ///
    /// # Errors
    /// If the device fails.
    fn capture(&self) -> Result<TrainingState, Failure>;

    /// Restores a state that was captured under these settings, or fresh weights if `state` is `None`. The following steps
    /// are identical to those after the capture.
    ///
    /// # Errors
    /// If the state belongs to other networks or the device fails. Then nothing changes.
    fn restore(&mut self, preset: &Preset, state: Option<&TrainingState>) -> Result<(), Failure>;

    /// Replaces the initial weights before the first step. Keys are those of the weights file, with `weight` instead of
    /// `weight_orig`. A network without any tensor in `weights` keeps its weights. Moments stay zero.
    ///
    /// # Errors
    /// If tensors are missing, the device fails, or the engine does not support this.
    fn start_from(&mut self, _weights: &BTreeMap<String, Vec<f32>>) -> Result<(), Failure> {
        Err("this engine cannot start from given weights".into())
    }

    /// The draws of updates, which other engines can share; `None` if there are none.
    fn draws(&self) -> Option<&Draws> {
        None
    }

    /// Draws what this engine has in common with another one together with it. Its results do not change.
    fn share_draws(&mut self, _: &Draws) {}

    /// Starts measuring the time of each part of a step, if the engine supports it.
    fn time_parts(&mut self) {}

    /// Times since the last call; `None` if they are not measured.
    fn take_part_times(&mut self) -> Option<PartTimes> {
        None
    }
}

/// Builds an engine from settings and a seed.
pub(super) type Build<'a> = dyn Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + 'a;

/// Returns the batch (features, batch) of real samples with the given index.
pub type Real<'a> = &'a mut dyn FnMut(u64) -> Result<Vec<f32>, Failure>;

impl<B: Backend> Engine for Trainer<B> {
    fn parameters(&self) -> (usize, usize) {
        Trainer::parameters(self)
    }

    fn steps(&self) -> u64 {
        Trainer::steps(self)
    }

    fn step_of(&mut self, updates: Updates, real: Real) -> Result<Outcome, Failure> {
        let mut real = |index| real(index).map_err(|error| gan::Error::Data(error.to_string()));
        Ok(Trainer::step_of(self, updates, &mut real)?)
    }

    fn settle(&mut self) -> Result<Outcome, Failure> {
        Ok(Trainer::settle(self)?)
    }

    fn uses_pool(&self) -> bool {
        // Reading from the device is free only in the memory of the process.
        B::CHECK_INTERVAL == 1
    }

    fn counts(&self) -> Option<Counts> {
        Trainer::counts(self)
    }

    fn shortage(&self, preset: &Preset) -> Result<Option<Shortage>, Failure> {
        Ok(Trainer::shortage(self, preset)?)
    }

    fn measures(&self) -> Result<Option<Measures>, Failure> {
        Ok(Trainer::measures(self)?)
    }

    fn reconfigure(&mut self, preset: &Preset) -> Result<(), Failure> {
        Ok(Trainer::reconfigure(self, preset)?)
    }

    fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Failure> {
        Ok(Trainer::sample(self, latents)?)
    }

    fn discriminate(&self, samples: &[f32], count: usize) -> Result<(Vec<f32>, Vec<f32>), Failure> {
        Ok(Trainer::discriminate(self, samples, count)?)
    }

    fn judge(&self, samples: &[f32], count: usize) -> Result<Vec<f32>, Failure> {
        Ok(Trainer::judge(self, samples, count)?)
    }

    fn instruments(&self) -> Box<dyn Instruments> {
        Trainer::instruments(self)
    }

    fn weights(&self) -> Result<Vec<LayerWeight>, Failure> {
        Ok(Trainer::weights(self)?)
    }

    fn in_use(&self) -> Result<[Vec<f32>; 2], Failure> {
        Ok(Trainer::in_use(self)?)
    }

    fn state(&self) -> Result<Vec<StateTensor>, Failure> {
        Ok(Trainer::state(self)?)
    }

    fn capture(&self) -> Result<TrainingState, Failure> {
        Ok(Trainer::capture(self)?)
    }

    fn restore(&mut self, preset: &Preset, state: Option<&TrainingState>) -> Result<(), Failure> {
        match state {
            Some(state) => Trainer::restore(self, preset, state)?,
            None => Trainer::restart(self, preset)?,
        }
        Ok(())
    }

    fn start_from(&mut self, weights: &BTreeMap<String, Vec<f32>>) -> Result<(), Failure> {
        Ok(Trainer::start_from(self, weights)?)
    }

    fn draws(&self) -> Option<&Draws> {
        Some(Trainer::draws(self))
    }

    fn share_draws(&mut self, other: &Draws) {
        Trainer::share_draws(self, other);
    }

    fn time_parts(&mut self) {
        Trainer::time_parts(self);
    }

    fn take_part_times(&mut self) -> Option<PartTimes> {
        Trainer::take_part_times(self)
    }
}
