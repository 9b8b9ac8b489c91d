//! What the worker asks of the thing that trains.

use std::{collections::BTreeMap, error::Error};

use crate::{
    gan::{self, Trainer},
    metric::instruments::{Instruments, OnHost},
    model::Measures,
    nn::{Backend, Counts},
    preset::Preset,
    spectral::LayerWeight,
};
pub use crate::{
    gan::{Outcome, Part, PartTimes, TrainingState},
    model::Updates,
    tensors::StateTensor,
};

/// What goes wrong inside an engine or on the way to its data.
pub type Failure = Box<dyn Error + Send + Sync>;

/// One training: networks, moments and counters. It is made and used on the worker's thread.
pub trait Engine {
    /// Parameters of (G, D).
    fn parameters(&self) -> (usize, usize);

    /// Steps made.
    fn steps(&self) -> u64;

    /// Makes one step with the updates of these networks. `real(i)` gives the i-th batch of real samples, (features,
    /// batch); it is asked once for each D update.
    ///
    /// # Errors
    /// Those of the device, and of `real`.
    fn step_of(&mut self, updates: Updates, real: Real) -> Result<Outcome, Failure>;

    /// Whether all updates so far were finite, where steps do not say it at once. [`Outcome::NonFinite`]: the engine
    /// stands as before the first that was not.
    ///
    /// # Errors
    /// Those of the device.
    fn settle(&mut self) -> Result<Outcome, Failure> {
        Ok(Outcome::Applied)
    }

    /// What was asked of the device so far, where it counts.
    fn counts(&self) -> Option<Counts> {
        None
    }

    /// Refuses settings for which the device has no memory, with the numbers; memory of the process is no affair of
    /// the engine's.
    ///
    /// # Errors
    /// Those of the device.
    fn admit(&self, _: &Preset) -> Result<Result<(), String>, Failure> {
        Ok(Ok(()))
    }

    /// Makes one step of both networks.
    ///
    /// # Errors
    /// Those of [`Engine::step_of`].
    fn step(&mut self, real: Real) -> Result<Outcome, Failure> {
        self.step_of(Updates::Both, real)
    }

    /// Measures of the last step, also of one that was not applied; none before the first. They come from the device.
    ///
    /// # Errors
    /// Those of the device.
    fn measures(&self) -> Result<Option<Measures>, Failure>;

    /// Takes over changed settings; they act from the next step.
    ///
    /// # Errors
    /// Settings that cannot change while a run is under way; then nothing changes.
    fn reconfigure(&mut self, preset: &Preset) -> Result<(), Failure>;

    /// Samples of the averaged generator in evaluation mode for (latent, count) latents: (features, count).
    ///
    /// # Errors
    /// Those of the device.
    fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Failure>;

    /// D's output for samples (features, count), batch-last, in evaluation mode, and its gradient with respect to each.
    /// Nothing of the training moves.
    ///
    /// # Errors
    /// Those of the device.
    fn discriminate(&self, samples: &[f32], count: usize) -> Result<(Vec<f32>, Vec<f32>), Failure>;

    /// What looks at images, made on the device.
    fn instruments(&self) -> Box<dyn Instruments> {
        Box::new(OnHost)
    }

    /// Copies of the weights of D's layers, then of G's.
    ///
    /// # Errors
    /// Those of the device.
    fn weights(&self) -> Result<Vec<LayerWeight>, Failure>;

    /// Every tensor of the weights file: `g.*`, `d.*`, `ema.*`.
    ///
    /// # Errors
    /// Those of the device.
    fn state(&self) -> Result<Vec<StateTensor>, Failure>;

    /// A copy of everything that the rest of the training depends on.
    ///
    /// # Errors
    /// Those of the device.
    fn capture(&self) -> Result<TrainingState, Failure>;

    /// Takes over a state that was captured under these settings, or begins again with fresh weights where there is
    /// none; what follows is what followed there.
    ///
    /// # Errors
    /// A state of other networks, those of the device; then nothing changes.
    fn restore(&mut self, preset: &Preset, state: Option<&TrainingState>) -> Result<(), Failure>;

    /// Takes over weights made elsewhere, before the first step: by their keys in the weights file, `weight_orig` called
    /// `weight`. A network of which nothing is there keeps its own; moments stay zero.
    ///
    /// # Errors
    /// Tensors that are lacking; those of the device; an engine that cannot.
    fn start_from(&mut self, _weights: &BTreeMap<String, Vec<f32>>) -> Result<(), Failure> {
        Err("this engine starts from weights of its own only".into())
    }

    /// Adds up the time of each part of a step from now on, where the engine can.
    fn time_parts(&mut self) {}

    /// What was added up since the last call; none where it was not asked for.
    fn take_part_times(&mut self) -> Option<PartTimes> {
        None
    }
}

/// Where a step gets its real samples from.
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

    fn counts(&self) -> Option<Counts> {
        Trainer::counts(self)
    }

    fn admit(&self, preset: &Preset) -> Result<Result<(), String>, Failure> {
        let shortage = self.shortage(preset)?;
        Ok(shortage.map_or(Ok(()), |shortage| Err(shortage.to_string())))
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

    fn instruments(&self) -> Box<dyn Instruments> {
        Trainer::instruments(self)
    }

    fn weights(&self) -> Result<Vec<LayerWeight>, Failure> {
        Ok(Trainer::weights(self)?)
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

    fn time_parts(&mut self) {
        Trainer::time_parts(self);
    }

    fn take_part_times(&mut self) -> Option<PartTimes> {
        Trainer::take_part_times(self)
    }
}
