//! Samples of the generator of a run, outside of training.

use std::collections::BTreeMap;

pub use super::latents::Latents;
use crate::{
    engine::{
        gan::Generator,
        nn::{Backend, Host},
    },
    preset::{Preset, Shape},
    run::{Device, Failure},
    weights::{Error, Origin, Part, WeightsFile, network::NetworkWeights},
};

/// A generator with the weights of a run.
pub struct Sampler {
    /// The run and the step of the weights.
    pub origin: Origin,
    /// G or its moving average.
    pub part: Part,
    generator: Box<dyn Generate>,
}

/// A generator on any device.
trait Generate {
    /// Generates samples: (latent, count) to (features, count), both batch-last.
    fn generate(&self, latents: &[f32]) -> Result<Vec<f32>, Failure>;
}

impl<B: Backend> Generate for Generator<B> {
    fn generate(&self, latents: &[f32]) -> Result<Vec<f32>, Failure> {
        Ok(self.sample(latents)?)
    }
}

impl Sampler {
    /// Opens the generator `what` in `stored`, by default the average, or G if there is no average.
    ///
    /// # Errors
    /// The file does not hold it, its tensors do not fit its preset, or the device fails.
    pub fn open(
        stored: &mut WeightsFile,
        what: Option<Part>,
        device: &Device,
    ) -> Result<Self, Failure> {
        let part = what.unwrap_or_else(|| match stored.only_network() {
            Some(Part::G) => Part::G,
            None if !stored.holds(Part::Ema) => Part::G,
            _ => Part::Ema,
        });
        if part == Part::D || !stored.holds(part) {
            return Err(Error::NoNetwork {
                path: stored.path().to_owned(),
                what: part.name(),
                there: stored.first_keys(),
            }
            .into());
        }
        let origin = stored.origin()?;
        let network = stored.network(part, &origin.preset, &origin.name)?;
        network.check_vectors(stored.path())?;
        let preset = with_normalization_of(&network, &origin.preset);
        let generator = build(device, &preset, &network.tensors(""))?;
        Ok(Self {
            origin,
            part,
            generator,
        })
    }

    /// Returns the shape of one sample.
    pub fn shape(&self) -> Shape {
        self.origin.preset.data.sample_shape()
    }

    /// Generates one sample for each latent, in evaluation mode: (count, features) in the units of G.
    ///
    /// # Errors
    /// The device fails, or there is too little memory.
    pub fn samples(&self, latents: &Latents) -> Result<Vec<f32>, Failure> {
        let (count, features) = (latents.count(), self.shape().features());
        let mut samples: Vec<f32> = Vec::new();
        samples
            .try_reserve_exact(count.saturating_mul(features))
            .map_err(|_| format!("there is too little memory for {count} samples: take fewer"))?;
        // Batches as large as those of the run's pictures give equal results, to the bit.
        let batch = self.origin.preset.samples.count.max(1);
        for start in (0..count).step_by(batch) {
            let end = (start + batch).min(count);
            let generated = self.generator.generate(&latents.batch(start..end))?;
            let width = end - start;
            for sample in 0..width {
                samples.extend(generated.iter().skip(sample).step_by(width));
            }
        }
        Ok(samples)
    }
}

/// Returns the preset with exactly those layers of G normalized that are normalized in the file.
fn with_normalization_of(network: &NetworkWeights, preset: &Preset) -> Preset {
    let mut preset = preset.clone();
    for layer in &network.layers {
        let key = Part::G.settings_key(&layer.layer.name);
        let exception = preset.spectral.layers.entry(key).or_default();
        exception.enabled = Some(layer.normalized);
    }
    preset
}

/// Builds the generator on a device.
fn build(
    device: &Device,
    preset: &Preset,
    weights: &BTreeMap<String, Vec<f32>>,
) -> Result<Box<dyn Generate>, Failure> {
    match device {
        Device::Cpu => Ok(Box::new(Generator::new(Host, preset, weights)?)),
        Device::Cuda(card) => Ok(Box::new(Generator::new(card.open()?, preset, weights)?)),
    }
}
