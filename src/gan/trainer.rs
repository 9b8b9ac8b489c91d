//! Two networks, their optimizers, and the steps that train them.

use std::collections::HashMap;

use super::{
    Error, Part, Stopwatch,
    attempts::Attempt,
    desk::Desk,
    measured::Measured,
    updates::{Work, same_work},
};
use crate::{
    model::{Measures, Updates},
    nn::{Adam, AdamSettings, Backend, Counts, Failure, Network, build::Fresh, guard},
    preset::{NetworkSpec, Preset, Shape},
    random::{self, Stream},
    tensors::StateTensor,
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

/// One adversarial training: owns its networks, moments, average and settings, so that several can stand side by side.
pub struct Trainer<B: Backend> {
    pub(super) backend: B,
    pub(super) preset: Preset,
    pub(super) g: Network<B>,
    pub(super) d: Network<B>,
    pub(super) average: Network<B>,
    pub(super) adam_g: Adam<B>,
    pub(super) adam_d: Adam<B>,
    pub(super) seed: u64,
    pub(super) steps: u64,
    pub(super) measured: Option<Measured<B>>,
    /// What stands on the device for the updates of D and of G; none before the first.
    pub(super) of_d: Option<Desk<B>>,
    pub(super) of_g: Option<Desk<B>>,
    /// The updates that the device has recorded.
    pub(super) recordings: HashMap<Work, B::Recording>,
    /// Whether updates are applied.
    pub(super) guard: B::Buffer,
    /// The updates since the host last looked at the guard.
    pub(super) attempts: Vec<Attempt<B>>,
    /// Whether σ of D is measured where D is not normalized.
    pub(super) measures_sigma: bool,
    pub(super) stopwatch: Option<Stopwatch>,
}

impl<B: Backend> Trainer<B> {
    /// Builds both networks with fresh weights.
    ///
    /// # Errors
    /// Where layers do not fit each other, or the device fails.
    pub fn new(backend: B, preset: &Preset, seed: u64) -> Result<Self, Error> {
        Self::measuring(backend, preset, seed, true)
    }

    /// The same. Without `sigma`, layers that are not normalized have no u and v, and their σ is not measured: what
    /// training costs without spectral normalization.
    ///
    /// # Errors
    /// Those of [`Trainer::new`].
    pub fn measuring(backend: B, preset: &Preset, seed: u64, sigma: bool) -> Result<Self, Error> {
        let build = |name, spec: &NetworkSpec, input, first| {
            let fresh = Fresh {
                init: spec.init,
                seed,
            };
            Network::new(&backend, name, &spec.layers, input, fresh, first)
                .map_err(|error| Error::build(name, error))
        };
        let latent = Shape::Flat(preset.latent);
        let g = build("g", &preset.generator, latent, 0)?;
        let average = build("g", &preset.generator, latent, 0)?;
        let sample = preset.data.sample_shape();
        let d = build("d", &preset.discriminator, sample, FIRST_OF_D)?;
        let mut trainer = Self {
            adam_g: Adam::new(&g)?,
            adam_d: Adam::new(&d)?,
            of_d: None,
            of_g: None,
            recordings: HashMap::new(),
            guard: guard::new(&backend)?,
            backend,
            preset: preset.clone(),
            g,
            d,
            average,
            seed,
            steps: 0,
            measured: None,
            attempts: Vec::new(),
            measures_sigma: sigma,
            stopwatch: None,
        };
        trainer.normalize()?;
        Ok(trainer)
    }

    /// Numbers learned by (G, D).
    pub fn parameters(&self) -> (usize, usize) {
        (self.g.parameter_count(), self.d.parameter_count())
    }

    /// What was asked of the device so far, where it counts.
    pub fn counts(&self) -> Option<Counts> {
        self.backend.counts()
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
            // D alone: what G's last update measured goes on standing for it.
            let alone = updates == Updates::Discriminator;
            let before = self.measured.take().filter(|_| alone);
            let outcome = self.update_discriminator(real, before.as_ref())?;
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
        Ok(Outcome::Applied)
    }

    /// `n_dis` updates of D; `before` are measures of which those of G go on standing.
    fn update_discriminator(
        &mut self,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Error>,
        before: Option<&Measured<B>>,
    ) -> Result<Outcome, Error> {
        for _ in 0..self.preset.n_dis {
            let index = self.adam_d.updates();
            let z = self.draw(Stream::LatentsD, index);
            let real = real(index)?;
            self.lap(Part::Data);
            let desk = self.desk_of_d(&real, &z)?;
            drop(real);
            let (step, loss) = (self.steps + 1, self.preset.loss);
            let recorded = desk.recorder.last();
            self.update_d(desk)?;
            self.measured = Some(Measured::discriminator(step, loss, recorded, before));
            self.attempt_measured();
            let outcome = self.look()?;
            self.lap(Part::Optimizer);
            if outcome == Outcome::NonFinite {
                return Ok(outcome);
            }
        }
        Ok(Outcome::Applied)
    }

    /// One update of G, with which a step is made.
    fn update_generator(&mut self) -> Result<Outcome, Error> {
        let z = self.draw(Stream::LatentsG, self.adam_g.updates());
        self.lap(Part::Data);
        let desk = self.desk_of_g(&z)?;
        let recorded = desk.recorder.last();
        self.update_g(desk)?;
        if let Some(measured) = &mut self.measured {
            measured.add_generator(recorded);
        }
        self.attempt_measured();
        let outcome = self.look();
        self.lap(Part::Optimizer);
        outcome
    }

    /// (latent, batch) latents of the `index`-th update.
    fn draw(&self, stream: Stream, index: u64) -> Vec<f32> {
        let (latent, batch) = (self.preset.latent, self.preset.batch);
        random::latents(self.seed, stream, index, latent, batch)
    }

    pub(super) fn settings(&self, spec: &NetworkSpec) -> AdamSettings {
        AdamSettings {
            learning_rate: spec.learning_rate * self.preset.rate_factor(self.steps + 1),
            betas: spec.betas,
        }
    }

    /// The decay of the average at G's next update.
    pub(super) fn average_decay(&self) -> f32 {
        average_decay(self.preset.ema, self.adam_g.updates() + 1)
    }

    /// The measures of the last step, copied to the host; none before the first.
    ///
    /// # Errors
    /// Those of the device.
    pub fn measures(&self) -> Result<Option<Measures>, Error> {
        let measured = self.measured.as_ref();
        let measures = measured.map(|measured| measured.read(&self.backend));
        Ok(measures.transpose()?)
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
        if !same_work(&self.preset, preset) {
            self.forget();
        }
        self.preset = preset.clone();
        Ok(self.normalize()?)
    }

    /// Gives every layer its settings of spectral normalization. σ of D is always measured (unless it was made
    /// otherwise, see [`Trainer::measuring`]), σ of G where it is normalized.
    pub(super) fn normalize(&mut self) -> Result<(), Failure> {
        let (spectral, seed) = (&self.preset.spectral, self.seed);
        self.d.reconfigure(spectral, self.measures_sigma, seed)?;
        self.g.reconfigure(spectral, false, seed)?;
        self.average.reconfigure(spectral, false, seed)
    }

    /// What the average of G makes of `latents` (latent, count), batch-last, in evaluation mode: (features, count),
    /// batch-last. Nothing of the training moves.
    ///
    /// # Errors
    /// Those of the device.
    pub fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Error> {
        let count = latents.len() / self.preset.latent;
        Ok(self.average.evaluate(latents, count)?)
    }

    /// Both networks and the average of G (`ema`), under PyTorch's names.
    ///
    /// # Errors
    /// Those of the device.
    pub fn state(&self) -> Result<Vec<StateTensor>, Error> {
        let networks = [("g", &self.g), ("d", &self.d), ("ema", &self.average)];
        let states = networks.map(|(name, network)| network.state(name));
        let mut all = Vec::new();
        for state in states {
            all.extend(state?);
        }
        Ok(all)
    }

    /// Overwrites the tensors of [`Trainer::state`] for which `find` has numbers; gives back the keys that it lacks.
    ///
    /// # Errors
    /// Those of the device.
    pub fn load<'a>(
        &mut self,
        find: impl Fn(&str) -> Option<&'a [f32]> + Copy,
    ) -> Result<Vec<String>, Error> {
        let mut missing = self.g.load("g", find)?;
        missing.extend(self.d.load("d", find)?);
        missing.extend(self.average.load("ema", find)?);
        Ok(missing)
    }
}

/// The decay of the average of G in force at G's `update`-th update, counted from 1: min(`most`, (1 + t)/(10 + t)), so
/// that the first weights are forgotten within some updates however slow the average is in the end (TensorFlow's
/// `ExponentialMovingAverage` with `num_updates`).
fn average_decay(most: f32, update: u64) -> f32 {
    let update = update as f32;
    most.min((1.0 + update) / (10.0 + update))
}
