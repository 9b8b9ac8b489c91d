//! A generator outside of training.

use std::collections::BTreeMap;

use super::{Error, start};
use crate::{
    engine::nn::{Backend, Network, build::Fresh},
    preset::{Preset, Shape},
};

/// A generator that can only be sampled from.
pub struct Generator<B: Backend> {
    network: Network<B>,
    latent: usize,
}

impl<B: Backend> Generator<B> {
    /// The preset's generator with the given weights, whose keys are those of [`Network::start_from`]. The preset says
    /// which layers are normalized.
    ///
    /// # Errors
    /// If the shapes of layers do not match, a tensor is missing, or the device fails.
    pub fn new(
        backend: B,
        preset: &Preset,
        weights: &BTreeMap<String, Vec<f32>>,
    ) -> Result<Self, Error> {
        // The seed has no effect: every tensor is overwritten.
        let seed = 0;
        let fresh = Fresh {
            init: preset.generator.init,
            seed,
        };
        let (layers, input) = (&preset.generator.layers, Shape::Flat(preset.latent));
        let mut network = Network::new(&backend, "g", layers, input, fresh, 0)
            .map_err(|error| Error::build("g", error))?;
        network.reconfigure(&preset.spectral, false, seed)?;
        start::start_network(&mut network, "", weights, seed)?;
        Ok(Self {
            network,
            latent: preset.latent,
        })
    }

    /// Samples of G in evaluation mode, (features, count) batch-last, for `latents` (latent, count) batch-last.
    ///
    /// # Errors
    /// If the device fails.
    pub fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Error> {
        let count = latents.len() / self.latent.max(1);
        Ok(self.network.evaluate(latents, count)?)
    }
}
