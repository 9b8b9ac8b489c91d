//! An engine without networks, for tests.

use std::path::PathBuf;

use super::{Engine, Failure, Options, engine::Real};
use crate::{
    engine::{
        gan::{Outcome, TrainingState},
        spectral::LayerWeight,
    },
    files::tensors::StateTensor,
    model::{Measures, Snapshot, Updates},
    preset::{
        Centres, Checkpoints, Data, LayerSpec, Layout, Loss, NetworkSpec, Preset, Samples,
        Scheduled, Scoring, Spectral, WeightInit,
    },
};

/// Behaviour of the fake engine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fake {
    /// The step whose loss is not finite if the gain is above 1.
    pub non_finite_at: Option<u64>,
    /// The first step at which σ of the layer is 0.
    pub zero_from: Option<u64>,
    /// The step that panics.
    pub panic_at: Option<u64>,
    /// The step at which the device fails.
    pub fail_at: Option<u64>,
    /// Duration of a step.
    pub pause: std::time::Duration,
}

impl Fake {
    /// The function that builds the engine, for [`start`](super::start).
    pub(crate) fn build(
        self,
    ) -> impl Fn(&Preset, u64) -> Result<Box<dyn Engine>, Failure> + Send + 'static {
        move |preset, _| {
            Ok(Box::new(Running {
                plan: self,
                settings: preset.clone(),
                steps: 0,
                updates: 0,
                sum: 0.0,
                attempted: 0,
                finite: true,
            }))
        }
    }
}

struct Running {
    plan: Fake,
    settings: Preset,
    steps: u64,
    updates: u64,
    /// Depends on all batches and settings of all steps, in order.
    sum: f32,
    attempted: u64,
    finite: bool,
}

impl Engine for Running {
    fn parameters(&self) -> (usize, usize) {
        (3, 4)
    }

    fn steps(&self) -> u64 {
        self.steps
    }

    fn step_of(&mut self, _: Updates, real: Real) -> Result<Outcome, Failure> {
        std::thread::sleep(self.plan.pause);
        let step = self.steps + 1;
        self.attempted = step;
        assert_ne!(self.plan.panic_at, Some(step), "a panic on request");
        if self.plan.fail_at == Some(step) {
            return Err("the device is gone".into());
        }
        self.finite = self.plan.non_finite_at != Some(step) || self.settings.gain <= 1.0;
        if !self.finite {
            return Ok(Outcome::NonFinite);
        }
        for _ in 0..self.settings.n_dis {
            let batch = real(self.updates)?;
            assert_eq!(batch.len(), 2 * self.settings.batch);
            self.updates += 1;
            self.sum = self.sum * 0.5 + batch.iter().sum::<f32>() * self.settings.gain;
        }
        self.steps = step;
        Ok(Outcome::Applied)
    }

    fn measures(&self) -> Result<Option<Measures>, Failure> {
        let zero = self
            .plan
            .zero_from
            .is_some_and(|from| self.attempted >= from);
        let ordinary = measures(self.attempted);
        Ok((self.attempted > 0).then(|| Measures {
            loss_d: if self.finite { self.sum } else { f32::NAN },
            sigma: if zero {
                vec![("d.0".into(), 0.0)]
            } else {
                ordinary.sigma.clone()
            },
            ..ordinary
        }))
    }

    fn reconfigure(&mut self, preset: &Preset) -> Result<(), Failure> {
        if preset.batch > 1000 {
            return Err("the device is too small".into());
        }
        self.settings = preset.clone();
        Ok(())
    }

    fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Failure> {
        let count = latents.len() / self.settings.latent;
        Ok(latents[..2 * count].to_vec())
    }

    fn discriminate(&self, samples: &[f32], count: usize) -> Result<(Vec<f32>, Vec<f32>), Failure> {
        Ok((samples[..count].to_vec(), vec![1.0; samples.len()]))
    }

    fn weights(&self) -> Result<Vec<LayerWeight>, Failure> {
        Ok(vec![LayerWeight {
            key: "d.0".into(),
            kind: "Linear 2→1".into(),
            weight: vec![3.0, 4.0],
            layout: Layout::plain(1, 2),
            settings: self.settings.spectral.layer("d.0"),
            vectors: Some((vec![1.0], vec![0.6, 0.8])),
            convolution: None,
        }])
    }

    fn in_use(&self) -> Result<[Vec<f32>; 2], Failure> {
        Ok([vec![self.sum], vec![1.0]])
    }

    fn capture(&self) -> Result<TrainingState, Failure> {
        Ok(TrainingState {
            steps: self.steps,
            updates_d: self.updates,
            updates_g: self.steps,
            tensors: self.state()?,
        })
    }

    fn restore(&mut self, preset: &Preset, state: Option<&TrainingState>) -> Result<(), Failure> {
        self.settings = preset.clone();
        self.steps = state.map_or(0, |state| state.steps);
        self.updates = state.map_or(0, |state| state.updates_d);
        self.sum = state.map_or(0.0, |state| state.tensors[0].data[0]);
        self.attempted = 0;
        Ok(())
    }

    fn state(&self) -> Result<Vec<StateTensor>, Failure> {
        Ok(vec![StateTensor {
            key: "g.0.weight".into(),
            shape: vec![1, 1],
            data: vec![self.sum],
        }])
    }
}

/// A preset of a mixture. Its networks are never built.
pub(crate) fn preset() -> Preset {
    let network = |out| NetworkSpec {
        layers: vec![LayerSpec::Linear { out, bias: true }],
        learning_rate: 1e-3,
        betas: (0.0, 0.9),
        init: WeightInit::Torch,
    };
    Preset {
        about: String::new(),
        data: Data::Mixture {
            centres: Centres::Ring {
                modes: 8,
                radius: 1.0,
            },
            sigma: 0.01,
            scale: 1.0,
            noise: 0.0,
        },
        latent: 3,
        loss: Loss::default(),
        generator: network(2),
        discriminator: network(1),
        spectral: Spectral::default(),
        gain: 4.0,
        batch: 16,
        n_dis: 2,
        clip: None,
        ema: 0.0,
        steps: 20,
        decay: false,
        decay_steps: None,
        samples: Samples {
            every: 10,
            count: 8,
        },
        scores: Scoring::default(),
        spectra: Default::default(),
        checkpoints: Checkpoints::default(),
    }
}

/// A scheduled change.
pub(crate) fn at(step: u64, key: &str, value: &str) -> Scheduled {
    Scheduled {
        step,
        key: key.into(),
        value: value.into(),
    }
}

/// A headless run of [`preset`] into `out`.
pub(crate) fn options(out: impl Into<PathBuf>) -> Options {
    Options {
        seed: 1,
        live: false,
        log_every: Some(1),
        ..Options::new("fake", preset(), out)
    }
}

/// Measures of a healthy step.
pub(crate) fn measures(step: u64) -> Measures {
    Measures {
        step,
        loss_d: 1.0,
        loss_g: 2.0,
        d_real: 0.5,
        d_fake: -0.5,
        accuracy_real: 1.0,
        accuracy_fake: 1.0,
        grad_d: 3.0,
        grad_g: 4.0,
        grad_x_mean: Some(0.1),
        grad_x_max: Some(0.2),
        sigma: vec![("d.0".into(), 1.5)],
        weight_norm: vec![("d.0".into(), 2.5)],
        gradient_norm: Vec::new(),
    }
}

/// The first snapshot of a run of [`preset`].
pub(crate) fn snapshot() -> Snapshot {
    let settings = std::sync::Arc::new(preset());
    Snapshot {
        seed: 1,
        ..Snapshot::starting("fake".into(), settings, PathBuf::new())
    }
}
