//! Two networks, their optimizers, and the steps that train them.

use dfdx::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Error, Gradient, Part, Stopwatch, guard::Guard, measured::Measured};
use crate::{
    metric::Measures,
    nn::{
        Adam, AdamSettings, Backend, Network, StateTensor, backend::DeviceError, layer::Fresh,
        op::batch_norm::Statistics,
    },
    preset::{NetworkSpec, Preset, Shape},
    random::{self, Stream},
};

/// Where D's layers begin in the streams of weights and start vectors; G's begin at 0.
const FIRST_OF_D: u64 = 1 << 16;

/// Whether a step's updates were applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Applied,
    /// A loss or gradient was NaN or infinite: its update was not applied, running statistics are those before it, and
    /// nothing after it was done.
    NonFinite,
}

/// Which networks a step updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Updates {
    /// D `n_dis` times, then G.
    #[default]
    Both,
    /// D alone, `n_dis` times.
    Discriminator,
    /// G alone, once.
    Generator,
}

/// One adversarial training: owns its networks, moments, average and settings, so that several can stand side by side.
pub struct Trainer<B: Backend> {
    pub(super) device: B::Device,
    pub(super) preset: Preset,
    pub(super) g: Network<B>,
    pub(super) d: Network<B>,
    pub(super) average: Network<B>,
    pub(super) adam_g: Adam<B>,
    pub(super) adam_d: Adam<B>,
    pub(super) seed: u64,
    pub(super) steps: u64,
    pub(super) measured: Option<Measured<B::Device>>,
    /// What masks updates where the host does not see the device's numbers.
    pub(super) guard: Guard<B::Device>,
    /// Whether σ of D is measured where D is not normalized.
    pub(super) measures_sigma: bool,
    pub(super) stopwatch: Option<Stopwatch>,
}

impl<B: Backend> Trainer<B> {
    /// Builds both networks with fresh weights.
    ///
    /// # Errors
    /// Where layers do not fit each other, or the device fails.
    pub fn new(device: B::Device, preset: &Preset, seed: u64) -> Result<Self, Error> {
        Self::measuring(device, preset, seed, true)
    }

    /// The same. Without `sigma`, layers that are not normalized have no u and v, and their σ is not measured: what
    /// training costs without spectral normalization.
    ///
    /// # Errors
    /// Those of [`Trainer::new`].
    pub fn measuring(
        device: B::Device,
        preset: &Preset,
        seed: u64,
        sigma: bool,
    ) -> Result<Self, Error> {
        let build = |name, spec: &NetworkSpec, input, first| {
            let fresh = Fresh {
                init: spec.init,
                seed,
            };
            Network::<B>::new(&device, name, &spec.layers, input, fresh, first)
                .map_err(|error| Error::build::<B>(name, error))
        };
        let latent = Shape::Flat(preset.latent);
        let g = build("g", &preset.generator, latent, 0)?;
        let average = build("g", &preset.generator, latent, 0)?;
        let sample = preset.data.sample_shape();
        let d = build("d", &preset.discriminator, sample, FIRST_OF_D)?;
        let mut trainer = Self {
            adam_g: Adam::new(&g.parameters()).map_err(Error::device::<B>)?,
            adam_d: Adam::new(&d.parameters()).map_err(Error::device::<B>)?,
            guard: Guard::new(&device).map_err(Error::device::<B>)?,
            device,
            preset: preset.clone(),
            g,
            d,
            average,
            seed,
            steps: 0,
            measured: None,
            measures_sigma: sigma,
            stopwatch: None,
        };
        trainer.normalize().map_err(Error::device::<B>)?;
        Ok(trainer)
    }

    /// Numbers learned by (G, D).
    pub fn parameters(&self) -> (usize, usize) {
        (self.g.parameter_count(), self.d.parameter_count())
    }

    /// Steps made.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// One step: `n_dis` D updates and a G update. `real(i)` gives the i-th batch of real samples, (features, batch)
    /// batch-last; i counts D updates from 0.
    pub fn step(
        &mut self,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Error>,
    ) -> Result<Outcome, Error> {
        self.step_of(Updates::Both, real)
    }

    /// The same with the updates of these networks. Each network's updates have their own count of batches and latents:
    /// what one of them draws does not depend on steps of the other.
    pub fn step_of(
        &mut self,
        updates: Updates,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Error>,
    ) -> Result<Outcome, Error> {
        self.start_lap();
        if updates != Updates::Generator {
            let before = self.measured.take();
            let outcome = self.update_discriminator(real)?;
            if let (Some(measured), Some(before)) = (&mut self.measured, before)
                && updates == Updates::Discriminator
            {
                measured.keep_generator(before);
            }
            if outcome == Outcome::NonFinite {
                return Ok(outcome);
            }
        }
        if updates != Updates::Discriminator {
            if let Some(measured) = &mut self.measured {
                measured.keep_discriminator(self.steps + 1);
            }
            return self.update_generator();
        }
        self.steps += 1;
        if self.guard.is_full() {
            return self.settle();
        }
        Ok(Outcome::Applied)
    }

    /// Whether all updates so far were finite. Where the host does not see the device's numbers, this asks the device:
    /// at the first update that was not finite the trainer stands as before it, and `measures` are those of it.
    pub fn settle(&mut self) -> Result<Outcome, Error> {
        let failed = self.guard.settle::<B>(&self.device);
        let Some(attempt) = failed.map_err(Error::device::<B>)? else {
            return Ok(Outcome::Applied);
        };
        self.steps = attempt.steps;
        self.adam_d.rewind(attempt.updates_d);
        self.adam_g.rewind(attempt.updates_g);
        self.measured = attempt.measured;
        Ok(Outcome::NonFinite)
    }

    /// `n_dis` updates of D.
    fn update_discriminator(
        &mut self,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Error>,
    ) -> Result<Outcome, Error> {
        for _ in 0..self.preset.n_dis {
            let index = self.adam_d.updates();
            let z = self.draw(Stream::LatentsD, index);
            let real = real(index)?;
            self.lap(Part::Data);
            let before = self.statistics();
            self.lap(Part::Measuring);
            let gradient = self.discriminator_gradient(real, z)?;
            let networks = [&self.d, &self.g];
            let step = self.steps + 1;
            let loss = self.preset.loss;
            self.measured = Some(Measured::discriminator(step, loss, &gradient, networks));
            if !B::READS_ARE_FREE {
                self.attempt(&gradient).map_err(Error::device::<B>)?;
                self.masked_discriminator(&gradient, before)?;
                self.lap(Part::Optimizer);
                continue;
            }
            if !gradient.is_finite() {
                self.take_back(before);
                return Ok(Outcome::NonFinite);
            }
            self.lap(Part::Measuring);
            self.apply_to_discriminator(&gradient)?;
            self.lap(Part::Optimizer);
        }
        Ok(Outcome::Applied)
    }

    /// One update of G, with which a step is made.
    fn update_generator(&mut self) -> Result<Outcome, Error> {
        let z = self.draw(Stream::LatentsG, self.adam_g.updates());
        self.lap(Part::Data);
        let before = self.statistics();
        self.lap(Part::Measuring);
        let gradient = self.generator_gradient(z)?;
        if let Some(measured) = &mut self.measured {
            measured.add_generator(&gradient, &self.g);
        }
        if !B::READS_ARE_FREE {
            self.attempt(&gradient).map_err(Error::device::<B>)?;
            self.masked_generator(&gradient, before)?;
            self.lap(Part::Optimizer);
            return if self.guard.is_full() {
                self.settle()
            } else {
                Ok(Outcome::Applied)
            };
        }
        if !gradient.is_finite() {
            self.take_back(before);
            return Ok(Outcome::NonFinite);
        }
        self.lap(Part::Measuring);
        self.apply_to_generator(&gradient)?;
        self.lap(Part::Optimizer);
        Ok(Outcome::Applied)
    }

    /// (latent, batch) latents of the `index`-th update.
    fn draw(&self, stream: Stream, index: u64) -> Vec<f32> {
        let (latent, batch) = (self.preset.latent, self.preset.batch);
        random::latents(self.seed, stream, index, latent, batch)
    }

    /// Running statistics of G and D, which a gradient moves.
    fn statistics(&self) -> [Vec<Statistics<B::Device>>; 2] {
        [self.g.statistics(), self.d.statistics()]
    }

    /// Undoes what an update that is not applied has moved: one that is not finite would spoil them for good.
    fn take_back(&mut self, [g, d]: [Vec<Statistics<B::Device>>; 2]) {
        self.g.set_statistics(g);
        self.d.set_statistics(d);
    }

    /// The second half of a D update: Adam, then weight clipping where it is on.
    pub fn apply_to_discriminator(&mut self, gradient: &Gradient<B>) -> Result<(), Error> {
        let settings = self.settings(&self.preset.discriminator);
        self.adam_d
            .update(self.d.parameters_mut(), &gradient.parts, settings)
            .and_then(|()| self.clip())
            .map_err(Error::device::<B>)
    }

    /// Brings everything that D learns to within the bound, as WGAN does with weights and biases.
    fn clip(&mut self) -> Result<(), DeviceError<B>> {
        let Some(bound) = self.preset.clip else {
            return Ok(());
        };
        let parameters = self.d.parameters_mut();
        let mut parameters = parameters.into_iter();
        parameters.try_for_each(|parameter| B::clip(parameter, bound))
    }

    /// The second half of a G update, with which a step is made: Adam, then the average.
    pub fn apply_to_generator(&mut self, gradient: &Gradient<B>) -> Result<(), Error> {
        let settings = self.settings(&self.preset.generator);
        self.adam_g
            .update(self.g.parameters_mut(), &gradient.parts, settings)
            .and_then(|()| self.follow())
            .map_err(Error::device::<B>)?;
        self.steps += 1;
        Ok(())
    }

    fn settings(&self, spec: &NetworkSpec) -> AdamSettings {
        AdamSettings {
            learning_rate: spec.learning_rate * self.preset.rate_factor(self.steps + 1),
            betas: spec.betas,
        }
    }

    /// Moves the average of G towards G.
    fn follow(&mut self) -> Result<(), DeviceError<B>> {
        let decay = average_decay(self.preset.ema, self.adam_g.updates());
        let modules = self.average.modules.iter_mut().zip(&self.g.modules);
        for (average, module) in modules {
            average.follow(module, decay)?;
        }
        Ok(())
    }

    /// The measures of the last step, copied to the host; none before the first.
    pub fn measures(&self) -> Option<Measures> {
        self.measured.as_ref().map(Measured::read::<B>)
    }

    /// Takes new settings; they act from the next step.
    ///
    /// # Errors
    /// Where one is fixed for the length of a run: the layers of a network, `latent`, `steps`.
    pub fn reconfigure(&mut self, preset: &Preset) -> Result<(), Error> {
        let old = &self.preset;
        let fixed = [
            (old.latent != preset.latent, "latent"),
            (old.steps != preset.steps, "steps"),
            (
                old.generator.layers != preset.generator.layers,
                "generator.layers",
            ),
            (
                old.discriminator.layers != preset.discriminator.layers,
                "discriminator.layers",
            ),
            (
                old.generator.init != preset.generator.init,
                "generator.init",
            ),
            (
                old.discriminator.init != preset.discriminator.init,
                "discriminator.init",
            ),
            (
                old.data.sample_shape() != preset.data.sample_shape(),
                "data.shape",
            ),
        ];
        if let Some((_, key)) = fixed.into_iter().find(|(changed, _)| *changed) {
            return Err(Error::Fixed(key));
        }
        self.preset = preset.clone();
        self.normalize().map_err(Error::device::<B>)
    }

    /// Gives every layer its settings of spectral normalization. σ of D is always measured (unless it was made
    /// otherwise, see [`Trainer::measuring`]), σ of G where it is normalized.
    pub(super) fn normalize(&mut self) -> Result<(), DeviceError<B>> {
        let (spectral, seed) = (&self.preset.spectral, self.seed);
        self.d.reconfigure(spectral, self.measures_sigma, seed)?;
        self.g.reconfigure(spectral, false, seed)?;
        self.average.reconfigure(spectral, false, seed)
    }

    /// What the average of G makes of `latents` (latent, count), batch-last, in evaluation mode: (features, count),
    /// batch-last. Nothing of the training moves.
    pub fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Error> {
        let count = latents.len() / self.preset.latent;
        self.device
            .try_tensor_from_vec(latents.to_vec(), (self.preset.latent, count))
            .and_then(|latents| self.average.evaluate(latents))
            .map(|samples| B::read(&samples))
            .map_err(Error::device::<B>)
    }

    /// Both networks and the average of G (`ema`), under PyTorch's names.
    pub fn state(&self) -> Vec<StateTensor> {
        [
            self.g.state("g"),
            self.d.state("d"),
            self.average.state("ema"),
        ]
        .concat()
    }

    /// Overwrites the tensors of [`Trainer::state`] for which `find` has numbers; gives back the keys that it lacks.
    pub fn load(&mut self, find: impl Fn(&str) -> Option<Vec<f32>> + Copy) -> Vec<String> {
        [
            self.g.load("g", find),
            self.d.load("d", find),
            self.average.load("ema", find),
        ]
        .concat()
    }
}

/// The decay of the average of G in force at G's `update`-th update, counted from 1: min(`most`, (1 + t)/(10 + t)), so
/// that the first weights are forgotten within some updates however slow the average is in the end (TensorFlow's
/// `ExponentialMovingAverage` with `num_updates`).
fn average_decay(most: f32, update: u64) -> f32 {
    let update = update as f32;
    most.min((1.0 + update) / (10.0 + update))
}
