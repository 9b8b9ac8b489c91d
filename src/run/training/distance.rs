//! How far a training has gone from another one with the same networks.

use std::sync::Arc;

use super::Training;
use crate::{
    engine::metric::distance::{paired, relative},
    model::measures::Distances,
    run::engine::Failure,
};

/// A training after a step, from which distances of others are measured.
pub(in crate::run) struct Reference {
    step: u64,
    /// All parameters of D and of G as they are in use.
    parameters: [Vec<f32>; 2],
    /// The fixed latents, (latent, count).
    latents: Arc<[f32]>,
    count: usize,
    /// Its samples of the latents, (features, count).
    samples: Vec<f32>,
    /// Mean distance between real samples.
    spread: f64,
}

impl Reference {
    /// The number of completed steps.
    pub(in crate::run) fn step(&self) -> u64 {
        self.step
    }
}

impl Training {
    /// The present state as a reference.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn reference(&mut self) -> Result<Reference, Failure> {
        let latents = self.fixed_latents();
        Ok(Reference {
            step: self.steps(),
            parameters: self.engine.in_use()?,
            samples: self.engine.sample(&latents)?,
            latents,
            count: self.settings.samples.count,
            spread: self.real().spread,
        })
    }

    /// The distances of the present state from that of another training after the same step.
    ///
    /// # Errors
    /// If the device fails.
    pub(in crate::run) fn distances(&self, from: &Reference) -> Result<Distances, Failure> {
        let [d, g] = self.engine.in_use()?;
        let samples = self.engine.sample(&from.latents)?;
        Ok(Distances {
            step: self.steps(),
            distance_d: relative(&from.parameters[0], &d),
            distance_g: relative(&from.parameters[1], &g),
            distance_samples: paired(&from.samples, &samples, from.count, from.spread),
        })
    }
}
