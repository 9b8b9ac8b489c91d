//! The training state: all numbers that the rest of a training depends on.

use std::collections::HashMap;

use super::{Error, Trainer};
use crate::{engine::nn::Backend, files::tensors::StateTensor, preset::Preset};

/// Prefix of the keys of tensors that are not in the weights file.
const TRAINING: &str = "training";
/// Most missing keys that an error message names.
const MAX_NAMED: usize = 5;

/// The state of a training between two steps. Together with the settings, the seed and the data it determines all later
/// steps. Random streams need no state, see [`crate::engine::random`].
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingState {
    /// Completed steps.
    pub steps: u64,
    /// Updates of D: the position in the data and in the streams of D's latents and noise.
    pub updates_d: u64,
    /// Updates of G: the position in the streams of G's latents and noise.
    pub updates_g: u64,
    /// The tensors of the weights file (`g.*`, `d.*`, `ema.*`), then under `training.` Adam's moments
    /// (`training.adam_d.state.N.exp_avg`) and the u and v of layers that are not normalized (`training.d.0.weight_u`).
    pub tensors: Vec<StateTensor>,
}

impl<B: Backend> Trainer<B> {
    /// A copy of the training state.
    ///
    /// # Errors
    /// If the device fails.
    pub fn capture(&self) -> Result<TrainingState, Error> {
        let mut tensors = self.state()?;
        for (name, network) in [("g", &self.g), ("d", &self.d), ("ema", &self.average)] {
            tensors.extend(network.idle_vectors(&format!("{TRAINING}.{name}"))?);
        }
        for (name, adam, network) in [
            ("adam_g", &self.adam_g, &self.g),
            ("adam_d", &self.adam_d, &self.d),
        ] {
            tensors.extend(adam.state(&format!("{TRAINING}.{name}"), network)?);
        }
        Ok(TrainingState {
            steps: self.steps,
            updates_d: self.adam_d.updates(),
            updates_g: self.adam_g.updates(),
            tensors,
        })
    }

    /// Replaces the training state by one that was captured under `preset`. The steps that follow equal those that
    /// followed the capture. There are no measures until the next step.
    ///
    /// # Errors
    /// If the state is not of these networks or the device fails; the trainer is then unchanged.
    pub fn restore(&mut self, preset: &Preset, state: &TrainingState) -> Result<(), Error> {
        let tensors: HashMap<&str, &StateTensor> = state
            .tensors
            .iter()
            .map(|tensor| (tensor.key.as_str(), tensor))
            .collect();
        let find = |key: &str| tensors.get(key).map(|tensor| &tensor.data[..]);

        let mut fresh = self.fresh(preset)?;
        let missing = fresh.load_training(state, find)?;
        if !missing.is_empty() {
            let named = missing.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>();
            let more = missing.len().saturating_sub(MAX_NAMED);
            let more = match more {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let named = named.join(", ");
            let message = format!("{named}{more} missing or of another shape");
            return Err(Error::State(message));
        }
        fresh.steps = state.steps;
        self.replace(fresh);
        Ok(())
    }

    /// Restarts at step 0 with fresh weights.
    ///
    /// # Errors
    /// If the shapes of layers do not match or the device fails; the trainer is then unchanged.
    pub fn restart(&mut self, preset: &Preset) -> Result<(), Error> {
        let fresh = self.fresh(preset)?;
        self.replace(fresh);
        Ok(())
    }

    fn replace(&mut self, mut fresh: Self) {
        fresh.stopwatch = self.stopwatch.take();
        fresh.draws = std::mem::take(&mut self.draws);
        *self = fresh;
        self.backend.release_idle();
    }

    fn fresh(&self, preset: &Preset) -> Result<Self, Error> {
        let backend = self.backend.clone();
        Self::measuring(backend, preset, self.seed, self.measures_sigma)
    }

    fn load_training<'a>(
        &mut self,
        state: &TrainingState,
        find: impl Fn(&str) -> Option<&'a [f32]> + Copy,
    ) -> Result<Vec<String>, Error> {
        let mut missing = self.load(find)?;
        for (name, network) in [
            ("g", &mut self.g),
            ("d", &mut self.d),
            ("ema", &mut self.average),
        ] {
            missing.extend(network.load_idle_vectors(&format!("{TRAINING}.{name}"), find)?);
        }
        for (name, adam, network, updates) in [
            ("adam_g", &mut self.adam_g, &self.g, state.updates_g),
            ("adam_d", &mut self.adam_d, &self.d, state.updates_d),
        ] {
            let prefix = format!("{TRAINING}.{name}");
            missing.extend(adam.load(&prefix, network, updates, find)?);
        }
        self.normalize()?;
        Ok(missing)
    }
}
