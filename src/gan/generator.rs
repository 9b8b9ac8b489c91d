//! A generator without its training.

use std::collections::BTreeMap;

use super::{Error, start};
use crate::{
    nn::{Backend, Network, build::Fresh},
    preset::{Preset, Shape},
};

/// G alone, to be sampled from.
pub struct Generator<B: Backend> {
    network: Network<B>,
    latent: usize,
}

impl<B: Backend> Generator<B> {
    /// The preset's generator with the weights under the names of [`Network::start_from`]; which of its layers are
    /// normalized is what the preset says.
    ///
    /// # Errors
    /// Layers that do not fit each other, weights that are lacking, those of the device.
    pub fn new(
        backend: B,
        preset: &Preset,
        weights: &BTreeMap<String, Vec<f32>>,
    ) -> Result<Self, Error> {
        // Nothing that is drawn is kept: every tensor is overwritten.
        let seed = 0;
        let fresh = Fresh {
            init: preset.generator.init,
            seed,
        };
        let (layers, input) = (&preset.generator.layers, Shape::Flat(preset.latent));
        let mut network = Network::new(&backend, "g", layers, input, fresh, 0)
            .map_err(|error| Error::build("g", error))?;
        network.reconfigure(&preset.spectral, false, seed)?;
        start::begin(&mut network, "", weights, seed)?;
        Ok(Self {
            network,
            latent: preset.latent,
        })
    }

    /// What G makes of `latents` (latent, count), batch-last, in evaluation mode: (features, count), batch-last.
    ///
    /// # Errors
    /// Those of the device.
    pub fn sample(&self, latents: &[f32]) -> Result<Vec<f32>, Error> {
        let count = latents.len() / self.latent.max(1);
        Ok(self.network.evaluate(latents, count)?)
    }
}
