//! A trainer: two networks, their optimizers and the settings in force.

use std::collections::HashMap;

use super::{
    Error, Stopwatch,
    attempts::Attempt,
    measured::Measured,
    updates::{RecordingKey, keep_recordings},
    workspace::Workspace,
};
use crate::{
    engine::{
        nn::{Adam, Backend, Counts, Failure, Network, build::Fresh, guard},
        random::Draws,
    },
    files::tensors::StateTensor,
    model::Measures,
    preset::{NetworkSpec, Preset, Shape},
};

/// Index of D's first layer in the random streams of weights and start vectors; G's layers start at 0.
const FIRST_OF_D: u64 = 1 << 16;

/// One adversarial training. It owns its networks, moments, average and settings: several trainers do not share state.
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
    /// Device buffers of the updates of D and of G, by [`Side`](super::side::Side); `None` before the first update.
    pub(super) workspaces: [Option<Workspace<B>>; 2],
    /// Updates that the device has recorded and can replay.
    pub(super) recordings: HashMap<RecordingKey, B::Recording>,
    /// Device flag: whether updates are applied.
    pub(super) guard: B::Buffer,
    /// Updates since the host last read the guard.
    pub(super) attempts: Vec<Attempt<B>>,
    /// Whether σ is measured in layers of D without spectral normalization.
    pub(super) measures_sigma: bool,
    pub(super) stopwatch: Option<Stopwatch>,
    /// The latents and the noise of updates.
    pub(super) draws: Draws,
}

impl<B: Backend> Trainer<B> {
    /// Builds both networks with fresh weights.
    ///
    /// # Errors
    /// If the shapes of layers do not match or the device fails.
    pub fn new(backend: B, preset: &Preset, seed: u64) -> Result<Self, Error> {
        Self::measuring(backend, preset, seed, true)
    }

    /// Builds both networks with fresh weights. If `sigma` is false, layers without spectral normalization have no u
    /// and v, and their σ is not measured; a benchmark uses this for the cost of training without normalization.
    ///
    /// # Errors
    /// If the shapes of layers do not match or the device fails.
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
            workspaces: [None, None],
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
            draws: Draws::default(),
        };
        trainer.normalize()?;
        Ok(trainer)
    }

    /// Number of learned parameters of (G, D).
    pub fn parameters(&self) -> (usize, usize) {
        (self.g.parameter_count(), self.d.parameter_count())
    }

    /// Counts of device operations so far; `None` if the backend does not count.
    pub fn counts(&self) -> Option<Counts> {
        self.backend.counts()
    }

    /// Draws what it has in common with `other`, another training beside this one, together with it.
    pub fn share_draws(&mut self, other: &Draws) {
        self.draws = other.clone();
    }

    /// The draws of this training, for [`Trainer::share_draws`] of another one.
    pub fn draws(&self) -> &Draws {
        &self.draws
    }

    /// Completed steps.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The measures of the last step, copied to the host; `None` before the first step.
    ///
    /// # Errors
    /// If the device fails.
    pub fn measures(&self) -> Result<Option<Measures>, Error> {
        let measured = self.measured.as_ref();
        let measures = measured.map(|measured| measured.read(&self.backend));
        Ok(measures.transpose()?)
    }

    /// Applies new settings from the next step on.
    ///
    /// # Errors
    /// If a setting changed that is fixed during a run (layers, `init`, `latent`, `steps`, the shape of the data), or if
    /// the device fails.
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
        if !keep_recordings(&self.preset, preset) {
            self.forget_recordings();
        }
        self.preset = preset.clone();
        Ok(self.normalize()?)
    }

    /// Applies the settings of spectral normalization to every layer. σ is measured in all layers of D (unless
    /// [`Trainer::measuring`] switched that off) and in the normalized layers of G.
    pub(super) fn normalize(&mut self) -> Result<(), Failure> {
        let (spectral, seed) = (&self.preset.spectral, self.seed);
        self.d.reconfigure(spectral, self.measures_sigma, seed)?;
        self.g.reconfigure(spectral, false, seed)?;
        self.average.reconfigure(spectral, false, seed)
    }

    /// Samples of the average of G in evaluation mode, (features, count) batch-last, for `latents` (latent, count)
    /// batch-last. The training state does not change.
    ///
    /// # Errors
    /// If the device fails.
    pub fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Error> {
        let count = latents.len() / self.preset.latent;
        Ok(self.average.evaluate(latents, count)?)
    }

    /// Copies of all trainable values of D and of G as they are in use, in the order of their layers; see
    /// [`Network::in_use`].
    ///
    /// # Errors
    /// If the device fails.
    pub fn in_use(&self) -> Result<[Vec<f32>; 2], Error> {
        Ok([self.d.in_use()?, self.g.in_use()?])
    }

    /// The tensors of both networks and of the average of G (`ema`), under PyTorch's names.
    ///
    /// # Errors
    /// If the device fails.
    pub fn state(&self) -> Result<Vec<StateTensor>, Error> {
        let networks = [("g", &self.g), ("d", &self.d), ("ema", &self.average)];
        let states = networks.map(|(name, network)| network.state(name));
        let mut all = Vec::new();
        for state in states {
            all.extend(state?);
        }
        Ok(all)
    }

    /// Overwrites the tensors of [`Trainer::state`] with the values that `find` gives by key. Returns the keys for which
    /// it has none of the right length.
    ///
    /// # Errors
    /// If the device fails.
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
