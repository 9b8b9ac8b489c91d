//! Observations that leave the training unchanged: D's output for given samples, copies of the weights, and the
//! instruments for scores of images.

use std::sync::Arc;

use super::{Error, Trainer};
use crate::{
    engine::{
        metric::instruments::{Instruments, OnDevice, OnHost},
        nn::{
            Backend, Failure, Mode, Network, Node,
            layer::{Affine, Direction, Product},
        },
        spectral::{LayerWeight, operator::Place},
    },
    preset::NormalizedLayer,
};

impl<B: Backend> Trainer<B> {
    /// D's outputs (count) for `samples` (features, count) batch-last, and their gradients with respect to the samples,
    /// (features, count) batch-last. D is in evaluation mode; no noise is added.
    ///
    /// # Errors
    /// If the device fails.
    pub fn discriminate(
        &self,
        samples: &[f32],
        count: usize,
    ) -> Result<(Vec<f32>, Vec<f32>), Error> {
        let (backend, gain) = (&self.backend, self.preset.gain);
        let features = samples.len() / count.max(1);
        let samples = Arc::new(backend.upload(samples, count, None)?);
        let samples = Node::leaf(samples, (features, count), true)?;
        let gradient_slot = samples.value().slot.clone();
        let raw = self.d.forward(samples.traced(), Mode::Evaluate, false)?;
        let mut scores = backend.download(&raw.value().numbers, count)?;
        scores.iter_mut().for_each(|score| *score *= gain);
        let upstream = backend.constant(gain, count)?;
        self.d.backward(raw, upstream)?;
        let gradient = match gradient_slot.take() {
            Some(gradient) => backend.download(&gradient, count)?,
            None => Vec::new(),
        };
        Ok((scores, gradient))
    }

    /// D's outputs (count) for `samples` (features, count) batch-last, without their gradients; see
    /// [`Trainer::discriminate`].
    ///
    /// # Errors
    /// If the device fails.
    pub fn judge(&self, samples: &[f32], count: usize) -> Result<Vec<f32>, Error> {
        let mut outputs = self.d.evaluate(samples, count)?;
        let gain = self.preset.gain;
        outputs.iter_mut().for_each(|output| *output *= gain);
        Ok(outputs)
    }

    /// The instruments for scores of images. They run on the trainer's device if that has its own memory and computes in
    /// full precision, else on the CPU: scores of all runs have to be comparable.
    pub fn instruments(&self) -> Box<dyn Instruments> {
        match self.backend.capacity() {
            Ok(Some(_)) if !self.backend.rounds_operands() => {
                Box::new(OnDevice(self.backend.clone()))
            }
            _ => Box::new(OnHost),
        }
    }

    /// Copies of the weights of all layers with a weight matrix, first D's, then G's.
    ///
    /// # Errors
    /// If the device fails.
    pub fn weights(&self) -> Result<Vec<LayerWeight>, Error> {
        let mut weights = copies(&self.d)?;
        weights.extend(copies(&self.g)?);
        Ok(weights)
    }
}

fn copies<B: Backend>(network: &Network<B>) -> Result<Vec<LayerWeight>, Failure> {
    let numbers = network.numbers()?;
    let layers = network.affine();
    let copy = |layer: &Affine| weight(network.name, layer, &numbers);
    Ok(layers.map(copy).collect())
}

fn weight(network: &str, layer: &Affine, numbers: &[f32]) -> LayerWeight {
    let copy = |place: &std::ops::Range<usize>| numbers[place.clone()].to_vec();
    LayerWeight {
        key: format!("{network}.{}", layer.name),
        kind: layer.words.clone(),
        weight: copy(&layer.weight),
        layout: layer.product.layout(),
        settings: layer.spectral.unwrap_or(OFF),
        vectors: layer.spectral.map(|_| (copy(&layer.u), copy(&layer.v))),
        convolution: match layer.product {
            Product::Dense { .. } => None,
            Product::Convolution {
                geometry,
                direction,
            } => {
                let transposed = direction == Direction::Transposed;
                let (image, map) = (
                    (geometry.height, geometry.width),
                    (geometry.out_height, geometry.out_width),
                );
                let place = Place {
                    stride: geometry.stride,
                    padding: (geometry.padding, geometry.padding),
                    input: if transposed { map } else { image },
                    transposed,
                };
                let (out, channels, kernel) = (geometry.out, geometry.channels, geometry.kernel);
                Some(([out, channels, kernel, kernel], place))
            }
        },
    }
}

/// The settings of a layer without spectral normalization.
const OFF: NormalizedLayer = NormalizedLayer {
    enabled: false,
    iterations: 0,
    layer_gain: 1.0,
};
