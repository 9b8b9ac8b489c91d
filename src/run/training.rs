//! A training: an engine with its data and settings.

mod changes;
mod distance;
mod samples;

use std::sync::Arc;

use super::{
    common::Common,
    engine::{Build, Engine, Failure},
    memory,
    prefetch::Prefetch,
    scoring::Scoring,
};
use crate::{
    engine::{
        data::Dataset,
        gan::{Outcome, TrainingState},
        spectral::{self, LayerWeight},
    },
    files::tensors::StateTensor,
    model::{Measures, Scores, Spectra, Updates, feed::closing::Closing},
    preset::Preset,
};
pub(super) use changes::Refused;
pub(super) use distance::Reference;
use samples::Real;

/// An engine with its data and settings. It owns everything that its results depend on.
pub(super) struct Training {
    engine: Box<dyn Engine>,
    settings: Arc<Preset>,
    seed: u64,
    dataset: Arc<Dataset>,
    prefetch: Prefetch,
    scoring: Scoring,
    real: Option<Arc<Real>>,
    common: Common<Real>,
    /// Error of a step or change that was only partly completed.
    broken: Option<String>,
}

impl Training {
    /// Loads the data and builds the engine.
    ///
    /// # Errors
    /// If the data cannot be loaded, the engine cannot be built, or memory is not sufficient.
    pub(super) fn new(settings: Arc<Preset>, seed: u64, build: &Build) -> Result<Self, Failure> {
        let dataset = Arc::new(Dataset::load(&settings.data)?);
        memory::check(&settings, None)?;
        let prefetch = Prefetch::new(dataset, seed, settings.batch);
        Self::with(prefetch, settings, seed, build)
    }

    /// Builds another training, which shares data, batches, draws and statistics of real samples with this one as far as
    /// their settings agree.
    ///
    /// # Errors
    /// If the data cannot be loaded, the engine cannot be built, or memory of the device is not sufficient.
    pub(super) fn beside(
        &self,
        settings: Arc<Preset>,
        seed: u64,
        build: &Build<'_>,
    ) -> Result<Self, Failure> {
        let dataset = if settings.data == self.settings.data {
            Arc::clone(&self.dataset)
        } else {
            Arc::new(Dataset::load(&settings.data)?)
        };
        let prefetch = self.prefetch.beside(dataset, settings.batch);
        let mut training = Self::with(prefetch, settings, seed, build)?;
        if let Some(draws) = self.engine.draws() {
            training.engine.share_draws(draws);
        }
        training.scoring = self.scoring.beside(seed);
        training.common = self.common.clone();
        Ok(training)
    }

    fn with(
        prefetch: Prefetch,
        settings: Arc<Preset>,
        seed: u64,
        build: &Build<'_>,
    ) -> Result<Self, Failure> {
        let engine = build(&settings, seed)?;
        if let Some(shortage) = engine.shortage(&settings)? {
            return Err(shortage.into());
        }
        Ok(Self {
            engine,
            settings,
            seed,
            dataset: Arc::clone(prefetch.dataset()),
            prefetch,
            scoring: Scoring::new(seed),
            real: None,
            common: Common::default(),
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

    /// Whether steps compute in the thread pool of the caller, see [`Engine::uses_pool`].
    pub(super) fn uses_pool(&self) -> bool {
        self.engine.uses_pool()
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
        Ok(spectral::spectra(self.steps(), &self.weights()?))
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
        if !Arc::ptr_eq(&dataset, &self.dataset) || settings.batch != self.settings.batch {
            self.prefetch.change(Arc::clone(&dataset), settings.batch);
        }
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
