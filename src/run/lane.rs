//! One training: an engine, its data and the settings in force.

use std::sync::Arc;

use super::{
    Samples,
    engine::{Engine, Failure, Outcome, StateTensor},
    prefetch::Prefetch,
    scoring::Scoring,
};
use crate::{
    data::Dataset,
    metric::{Measures, Scores},
    picture::pixels,
    preset::{self, Diagnostic, Preset, Shape},
    random::{Stream, latents},
};

/// An engine with its data and settings; it owns everything that its results depend on.
pub struct Lane {
    engine: Box<dyn Engine>,
    settings: Arc<Preset>,
    seed: u64,
    dataset: Arc<Dataset>,
    prefetch: Prefetch,
    scoring: Scoring,
}

impl Lane {
    /// Loads the data, then builds the engine.
    ///
    /// # Errors
    /// Those of the data and of the engine.
    pub fn new(
        settings: Arc<Preset>,
        seed: u64,
        build: impl FnOnce(&Preset, u64) -> Result<Box<dyn Engine>, Failure>,
    ) -> Result<Self, Failure> {
        let dataset = Arc::new(Dataset::load(&settings.data)?);
        let engine = build(&settings, seed)?;
        let prefetch = Prefetch::new(Arc::clone(&dataset), seed, settings.batch);
        Ok(Self {
            engine,
            settings,
            seed,
            dataset,
            prefetch,
            scoring: Scoring::new(seed),
        })
    }

    /// Steps made.
    pub fn steps(&self) -> u64 {
        self.engine.steps()
    }

    /// Parameters of (G, D).
    pub fn parameters(&self) -> (usize, usize) {
        self.engine.parameters()
    }

    /// What is in force now.
    pub fn settings(&self) -> &Arc<Preset> {
        &self.settings
    }

    /// What the data skipped since the last call, "path: reason" each.
    pub fn skipped(&self) -> Vec<String> {
        self.dataset.warnings()
    }

    /// Makes one step.
    ///
    /// # Errors
    /// Those of the device and of the data.
    pub fn step(&mut self) -> Result<Outcome, Failure> {
        let prefetch = &mut self.prefetch;
        self.engine.step(&mut |index| prefetch.batch(index))
    }

    /// Measures of the last step; none before the first.
    pub fn measures(&self) -> Option<Measures> {
        self.engine.measures()
    }

    /// Every tensor of the weights file.
    pub fn state(&self) -> Vec<StateTensor> {
        self.engine.state()
    }

    /// Changes one setting from the next step on. Gives its old and its new value, or none where they are the same.
    ///
    /// # Errors
    /// A change that is refused; then nothing has changed.
    pub fn set(&mut self, key: &str, value: &str) -> Result<Option<(String, String)>, String> {
        let changed =
            preset::set(&self.settings, key, value).map_err(|error| refusal(key, error))?;
        if !preset::is_live(key) {
            return Err(format!("`{key}` is fixed once a run has started"));
        }
        if changed == *self.settings {
            return Ok(None);
        }
        let dataset = if changed.data == self.settings.data {
            Arc::clone(&self.dataset)
        } else {
            let dataset = self.dataset.changed(&self.settings.data, &changed.data);
            Arc::new(dataset.map_err(|error| error.to_string())?)
        };
        self.engine
            .reconfigure(&changed)
            .map_err(|error| error.to_string())?;
        if changed.data != self.settings.data || changed.batch != self.settings.batch {
            self.dataset = dataset;
            self.prefetch
                .change(Arc::clone(&self.dataset), changed.batch);
        }
        let value = |settings: &Preset| preset::get(settings, key).unwrap_or_default();
        let values = (value(&self.settings), value(&changed));
        self.settings = Arc::new(changed);
        Ok(Some(values))
    }

    /// What G makes of the fixed latents.
    ///
    /// # Errors
    /// Those of the device and of the data.
    pub fn samples(&self) -> Result<Samples, Failure> {
        let step = self.steps();
        let count = self.settings.samples.count;
        let latent = self.settings.latent;
        let fixed = latents(self.seed, Stream::FixedSamples, 0, latent, count);
        let made = self.engine.sample(&fixed)?;
        Ok(match (&*self.dataset, self.settings.data.sample_shape()) {
            (Dataset::Mixture(mixture), _) => Samples::Points {
                step,
                generated: mixture.points(&made),
                real: mixture.points(&self.dataset.real_samples(self.seed, count)?),
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
                pixels: pixels::from_batch(&made, channels, count),
                real: Vec::new(),
            },
            (Dataset::Images(_), Shape::Flat(_)) => {
                return Err("samples of images have no image's shape".into());
            }
        })
    }

    /// How good what G makes is.
    ///
    /// # Errors
    /// Those of the device.
    pub fn scores(&mut self) -> Result<Scores, Failure> {
        self.scoring
            .scores(&*self.engine, &self.dataset, &self.settings)
    }
}

/// Why a setting is refused. A place within the value says nothing to a person who turned a knob.
fn refusal(key: &str, error: Diagnostic) -> String {
    let error = Diagnostic {
        span: None,
        ..error
    };
    format!("`{key}`: {error}")
}
