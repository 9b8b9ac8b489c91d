//! One training: an engine, its data and the settings in force.

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

/// Most samples whose distances are taken at each look.
const SPREAD: usize = 64;

/// An engine with its data and settings; it owns everything that its results depend on.
pub(super) struct Lane {
    engine: Box<dyn Engine>,
    settings: Arc<Preset>,
    seed: u64,
    dataset: Arc<Dataset>,
    prefetch: Prefetch,
    scoring: Scoring,
    real: Option<Real>,
    /// What failed when a step or a change was made only in part.
    broken: Option<String>,
}

/// Real samples beside generated ones, and what they were chosen by.
struct Real {
    data: Data,
    count: usize,
    /// (features, count), batch-last; empty where they could not be read.
    batch: Vec<f32>,
    spread: f64,
}

impl Lane {
    /// Loads the data, then builds the engine.
    ///
    /// # Errors
    /// Those of the data and of the engine; settings that do not fit in memory.
    pub(super) fn new(
        settings: Arc<Preset>,
        seed: u64,
        build: impl FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure>,
    ) -> Result<Self, Failure> {
        let dataset = Arc::new(Dataset::load(&settings.data)?);
        memory::admit(&settings, None)?;
        let engine = build(&settings, seed)?;
        engine.admit(&settings)??;
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

    /// Steps made.
    pub(super) fn steps(&self) -> u64 {
        self.engine.steps()
    }

    /// Parameters of (G, D).
    pub(super) fn parameters(&self) -> (usize, usize) {
        self.engine.parameters()
    }

    /// What is in force now.
    pub(super) fn settings(&self) -> &Arc<Preset> {
        &self.settings
    }

    /// What the data skipped since the last call, "path: reason" each.
    pub(super) fn skipped(&self) -> Vec<String> {
        self.dataset.warnings()
    }

    /// Makes one step of these networks; `at_once` says that whether it was finite is to be known now.
    ///
    /// # Errors
    /// Those of the device and of the data; a lane that is not whole.
    pub(super) fn step(&mut self, updates: Updates, at_once: bool) -> Result<Outcome, Failure> {
        if let Some(reason) = &self.broken {
            return Err(reason.clone().into());
        }
        let prefetch = &mut self.prefetch;
        let made = self
            .engine
            .step_of(updates, &mut |index| prefetch.batch(index));
        match (made.map_err(|error| self.broken_by(error))?, at_once) {
            (Outcome::Applied, true) => self.settle(),
            (outcome, _) => Ok(outcome),
        }
    }

    /// Whether its state is that between two steps: no step and no change failed in part.
    pub(super) fn is_whole(&self) -> bool {
        self.broken.is_none()
    }

    fn broken_by(&mut self, error: Failure) -> Failure {
        self.broken = Some(error.to_string());
        error
    }

    /// Whether all updates so far were finite; see [`Engine::settle`].
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn settle(&mut self) -> Result<Outcome, Failure> {
        self.engine.settle()
    }

    /// Copies of the weights of D's layers, then of G's.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn weights(&self) -> Result<Vec<LayerWeight>, Failure> {
        self.engine.weights()
    }

    /// The exact measures of the weights that have an estimate of σ.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn spectra(&self) -> Result<Spectra, Failure> {
        Ok(Spectra::of(self.steps(), &self.weights()?))
    }

    /// A copy of everything that the rest of the training depends on, the settings apart.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn capture(&self) -> Result<TrainingState, Failure> {
        self.engine.capture()
    }

    /// Goes on from a state under these settings, or begins again where there is none.
    ///
    /// # Errors
    /// Those of the data, a state of other networks, settings that do not fit in memory, those of the device; then nothing
    /// has changed.
    pub(super) fn restore(
        &mut self,
        settings: Arc<Preset>,
        state: Option<&TrainingState>,
    ) -> Result<(), Failure> {
        memory::admit(&settings, Some(&self.settings))?;
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

    /// Measures of the last step; none before the first.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn measures(&self) -> Result<Option<Measures>, Failure> {
        self.engine.measures()
    }

    /// Every tensor of the weights file.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn state(&self) -> Result<Vec<StateTensor>, Failure> {
        self.engine.state()
    }

    /// What G makes of the fixed latents, beside real samples, and how diverse the first 64 of them are; see
    /// [`crate::metric::diversity`].
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn samples(&mut self) -> Result<(Samples, f32), Failure> {
        let count = self.settings.samples.count;
        let made = self.engine.sample(&self.fixed())?;
        let samples = self.shown(&made, count)?;
        let real = self.real().spread;
        Ok((samples, diversity::diversity(spread(&made, count), real)))
    }

    /// What G makes of latents on the way from the fixed latent of one sample to that of another.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn interpolation(&mut self, ends: (usize, usize)) -> Result<Samples, Failure> {
        let count = self.settings.samples.count;
        let way = interpolation::between(&self.fixed(), count, ends);
        let made = self.engine.sample(&way)?;
        self.shown(&made, interpolation::STEPS)
    }

    /// The plane as D sees it, with the generated points among `samples`; none of images.
    ///
    /// # Errors
    /// Those of the device.
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
    fn fixed(&self) -> Vec<f32> {
        let (latent, count) = (self.settings.latent, self.settings.samples.count);
        latents(self.seed, Stream::FixedSamples, 0, latent, count)
    }

    /// Real samples to look at. That they can no longer be read is for training to tell.
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

    /// `made` (features, count) with the real samples.
    fn shown(&mut self, made: &[f32], count: usize) -> Result<Samples, Failure> {
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
                real: match real.batch.len() {
                    0 => Vec::new(),
                    _ => pixels::from_batch(&real.batch, channels, real.count),
                },
            },
            (Dataset::Images(_), Shape::Flat(_)) => {
                return Err("samples of images have no image's shape".into());
            }
        })
    }

    /// How good what G makes is; none where `closing` leaves that out.
    ///
    /// # Errors
    /// Those of the device.
    pub(super) fn scores(&mut self, closing: &Closing) -> Result<Option<Scores>, Failure> {
        let (engine, dataset) = (&*self.engine, &self.dataset);
        self.scoring
            .scores(engine, dataset, &self.settings, closing)
    }
}

/// Mean distance of the first samples of a batch (features, count): of so few that looking costs next to nothing.
fn spread(batch: &[f32], count: usize) -> f64 {
    let few = count.min(SPREAD);
    let rows = batch.chunks_exact(count.max(1));
    let first: Vec<f32> = rows.flat_map(|row| &row[..few]).copied().collect();
    diversity::mean_distance(&first, few)
}
