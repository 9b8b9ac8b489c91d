//! Samples of a run's generator, outside its training.

use std::collections::BTreeMap;

pub use super::latents::Latents;
use crate::{
    gan::Generator,
    nn::{Backend, Host},
    preset::{Preset, Shape},
    run::{Device, Failure},
    weights::{Error, Origin, Part, WeightsFile, network::NetworkWeights},
};

/// A generator with the weights of a run.
pub struct Sampler {
    pub origin: Origin,
    /// G or its average.
    pub part: Part,
    generator: Box<dyn Generate>,
}

/// G on some device.
trait Generate {
    /// (latent, count), batch-last, to (features, count), batch-last.
    fn generate(&self, latents: &[f32]) -> Result<Vec<f32>, Failure>;
}

impl<B: Backend> Generate for Generator<B> {
    fn generate(&self, latents: &[f32]) -> Result<Vec<f32>, Failure> {
        Ok(self.sample(latents)?)
    }
}

impl Sampler {
    /// The generator in `stored`: `what`, or where that is not said the average, else G.
    ///
    /// # Errors
    /// A file without it, or whose tensors are not those of its preset; a device that is missing or fails.
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
        let preset = normalized_as(&network, &origin.preset);
        let generator = build(device, &preset, &network.tensors(""))?;
        Ok(Self {
            origin,
            part,
            generator,
        })
    }

    /// Shape of one sample.
    pub fn shape(&self) -> Shape {
        self.origin.preset.data.sample_shape()
    }

    /// What G makes of each latent, in its own units: (count, features). In evaluation mode.
    ///
    /// # Errors
    /// Those of the device; no memory for so many.
    pub fn samples(&self, latents: &Latents) -> Result<Vec<f32>, Failure> {
        let (count, features) = (latents.count(), self.shape().features());
        let mut samples: Vec<f32> = Vec::new();
        samples
            .try_reserve_exact(count.saturating_mul(features))
            .map_err(|_| format!("there is no memory for {count} samples: take fewer"))?;
        // As many at once as the run itself makes for its pictures: the same products, to the bit.
        let at_once = self.origin.preset.samples.count.max(1);
        for start in (0..count).step_by(at_once) {
            let end = (start + at_once).min(count);
            let made = self.generator.generate(&latents.batch(start..end))?;
            let width = end - start;
            for sample in 0..width {
                samples.extend(made.iter().skip(sample).step_by(width));
            }
        }
        Ok(samples)
    }
}

/// The preset with those layers of G normalized that are in the file, whatever was switched since it began.
fn normalized_as(network: &NetworkWeights, preset: &Preset) -> Preset {
    let mut preset = preset.clone();
    for layer in &network.layers {
        let key = Part::G.settings_key(&layer.layer.name);
        let exception = preset.spectral.layers.entry(key).or_default();
        exception.enabled = Some(layer.normalized);
    }
    preset
}

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
