//! A training: an engine with its data and settings.

mod changes;

use std::sync::Arc;

use super::{
    engine::{Engine, Failure},
    memory, plane,
    prefetch::Prefetch,
    scoring::Scoring,
};
use crate::{
    data::Dataset,
    feed::closing::Closing,
    gan::{Outcome, TrainingState, interpolation},
    metric::diversity,
    model::{Measures, Plane, Samples, Scores, Spectra, Updates},
    picture::pixels,
    preset::{Data, Preset, Shape},
    random::{Stream, latents},
    spectral::LayerWeight,
    tensors::StateTensor,
};
pub(super) use changes::Refused;

/// Maximum number of samples for the diversity of a picture.
const SPREAD: usize = 64;

/// An engine with its data and settings. It owns everything that its results depend on.
pub(super) struct Training {
    engine: Box<dyn Engine>,
    settings: Arc<Preset>,
    seed: u64,
    dataset: Arc<Dataset>,
    prefetch: Prefetch,
    scoring: Scoring,
    real: Option<Real>,
    /// Error of a step or change that was only partly completed.
    broken: Option<String>,
}

/// Real samples for comparison, with the settings for which they were chosen.
struct Real {
    data: Data,
    count: usize,
    /// Samples (features, count); empty if they could not be read.
    batch: Vec<f32>,
    /// Mean pairwise distance of the first samples.
    spread: f64,
}

impl Training {
    /// Loads the data and builds the engine.
    ///
    /// # Errors
    /// If the data cannot be loaded, the engine cannot be built, or memory is not sufficient.
    pub(super) fn new(
        settings: Arc<Preset>,
        seed: u64,
        build: impl FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure>,
    ) -> Result<Self, Failure> {
        let dataset = Arc::new(Dataset::load(&settings.data)?);
        memory::check(&settings, None)?;
        let engine = build(&settings, seed)?;
        engine.check_memory(&settings)??;
        let prefetch = Prefetch::new(Arc::clone(&dataset), seed, settings.batch);
        Ok(Self {
            engine,
            settings,
            seed,
            dataset,
            prefetch,
            scoring: Scoring::new(seed),
            real: None,
            broken: None,
        })
    }

    /// Number of completed steps.
    pub(super) fn steps(&self) -> u64 {
        self.engine.steps()
    }

    /// Number of parameters of (G, D).
    pub(super) fn parameters(&self) -> (usize, usize) {
        self.engine.parameters()
    }

    /// The settings in force.
    pub(super) fn settings(&self) -> &Arc<Preset> {
        &self.settings
    }

    /// Files that the data skipped since the last call, each as "path: reason".
    pub(super) fn skipped(&self) -> Vec<String> {
        self.dataset.warnings()
    }

    /// Makes one step that updates the given networks. If `settle` is true, it waits until the outcome is known.
    ///
    /// # Errors
    /// If the device or the data fail, or an earlier step was only partly completed.
    pub(super) fn step(&mut self, updates: Updates, settle: bool) -> Result<Outcome, Failure> {
        if let Some(reason) = &self.broken {
            return Err(reason.clone().into());
        }
        let prefetch = &mut self.prefetch;
        let made = self
            .engine
            .step_of(updates, &mut |index| prefetch.batch(index));
        match (made.map_err(|error| self.mark_broken(error))?, settle) {
            (Outcome::Applied, true) => self.settle(),
            (outcome, _) => Ok(outcome),
        }
    }

    /// Whether the state is consistent: no step or change was only partly completed.
    pub(super) fn is_consistent(&self) -> bool {
        self.broken.is_none()
    }

    /// Records the error of a partly completed step or change, and returns it.
    fn mark_broken(&mut self, error: Failure) -> Failure {
        self.broken = Some(error.to_string());
        error
    }

    /// Waits until the outcome of all steps so far is known; see [`Engine::settle`].
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn settle(&mut self) -> Result<Outcome, Failure> {
        self.engine.settle()
    }

    /// Copies of the weights: layers of D, then of G.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn weights(&self) -> Result<Vec<LayerWeight>, Failure> {
        self.engine.weights()
    }

    /// Spectra of all layers that have an estimate of σ.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn spectra(&self) -> Result<Spectra, Failure> {
        Ok(Spectra::of(self.steps(), &self.weights()?))
    }

    /// A copy of the complete state, without the settings.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn capture(&self) -> Result<TrainingState, Failure> {
        self.engine.capture()
    }

    /// Restores a state with its settings, or the initial state if `state` is `None`.
    ///
    /// # Errors
    /// If memory is not sufficient, the data cannot be loaded, the state belongs to other networks, or the device fails.
    /// Then nothing has changed.
    pub(super) fn restore(
        &mut self,
        settings: Arc<Preset>,
        state: Option<&TrainingState>,
    ) -> Result<(), Failure> {
        memory::check(&settings, Some(&self.settings))?;
        let dataset = if settings.data == self.settings.data {
            Arc::clone(&self.dataset)
        } else {
            Arc::new(self.dataset.changed(&self.settings.data, &settings.data)?)
        };
        self.engine.restore(&settings, state)?;
        self.prefetch.change(Arc::clone(&dataset), settings.batch);
        self.dataset = dataset;
        self.settings = settings;
        self.broken = None;
        Ok(())
    }

    /// Measures of the last step; `None` before the first.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn measures(&self) -> Result<Option<Measures>, Failure> {
        self.engine.measures()
    }

    /// All tensors of the weights file.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn state(&self) -> Result<Vec<StateTensor>, Failure> {
        self.engine.state()
    }

    /// Generated samples of the fixed latents with real samples, and the diversity of the first 64 samples (see
    /// [`crate::metric::diversity`]).
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn samples(&mut self) -> Result<(Samples, f32), Failure> {
        let count = self.settings.samples.count;
        let made = self.engine.sample(&self.fixed_latents())?;
        let samples = self.with_real(&made, count)?;
        let real = self.real().spread;
        Ok((samples, diversity::diversity(spread(&made, count), real)))
    }

    /// Samples from an interpolation between the fixed latents of two samples.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn interpolation(&mut self, ends: (usize, usize)) -> Result<Samples, Failure> {
        let count = self.settings.samples.count;
        let latents = interpolation::between(&self.fixed_latents(), count, ends);
        let made = self.engine.sample(&latents)?;
        self.with_real(&made, interpolation::STEPS)
    }

    /// Evaluation of D on the plane, with the generated points in `samples`. `None` if the data are images.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn plane(&self, samples: &Samples) -> Result<Option<Plane>, Failure> {
        let (Dataset::Mixture(mixture), Samples::Points { generated, .. }) =
            (&*self.dataset, samples)
        else {
            return Ok(None);
        };
        let (step, latent) = (self.steps(), self.settings.latent);
        plane::plane(&*self.engine, step, mixture, latent, generated).map(Some)
    }

    /// The fixed latents, (latent, count).
    fn fixed_latents(&self) -> Vec<f32> {
        let (latent, count) = (self.settings.latent, self.settings.samples.count);
        latents(self.seed, Stream::FixedSamples, 0, latent, count)
    }

    /// Real samples for comparison. If they cannot be read, the batch is empty: the next step reports the error.
    fn real(&mut self) -> &Real {
        let (data, count) = (
            self.settings.data.without_noise(),
            self.settings.samples.count,
        );
        let holds = |real: &Real| real.data == data && real.count == count;
        let real = self.real.take().filter(holds).unwrap_or_else(|| {
            let batch = self.dataset.real_samples(self.seed, count);
            let batch = batch.unwrap_or_default();
            Real {
                spread: spread(&batch, count),
                data,
                count,
                batch,
            }
        });
        self.real.insert(real)
    }

    /// Combines generated samples (features, count) with the real samples.
    fn with_real(&mut self, made: &[f32], count: usize) -> Result<Samples, Failure> {
        let step = self.steps();
        let (dataset, shape) = (Arc::clone(&self.dataset), self.settings.data.sample_shape());
        let real = self.real();
        Ok(match (&*dataset, shape) {
            (Dataset::Mixture(mixture), _) => Samples::Points {
                step,
                generated: mixture.points(made),
                real: mixture.points(&real.batch),
            },
            (
                Dataset::Images(_),
                Shape::Image {
                    channels,
                    height,
                    width,
                },
            ) => Samples::Images {
                step,
                channels,
                height,
                width,
                pixels: pixels::from_batch(made, channels, count),
                real: if real.batch.is_empty() {
                    Vec::new()
                } else {
                    pixels::from_batch(&real.batch, channels, real.count)
                },
            },
            (Dataset::Images(_), Shape::Flat(_)) => {
                return Err(
                    "the samples of an image data set do not have the shape of images".into(),
                );
            }
        })
    }

    /// Scores of the current samples; `None` if `closing` skips them.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn scores(&mut self, closing: &Closing) -> Result<Option<Scores>, Failure> {
        let (engine, dataset) = (&*self.engine, &self.dataset);
        self.scoring
            .scores(engine, dataset, &self.settings, closing)
    }
}

/// Mean pairwise distance of the first [`SPREAD`] samples of a batch (features, count).
fn spread(batch: &[f32], count: usize) -> f64 {
    let few = count.min(SPREAD);
    let rows = batch.chunks_exact(count.max(1));
    let first: Vec<f32> = rows.flat_map(|row| &row[..few]).copied().collect();
    diversity::mean_distance(&first, few)
}
