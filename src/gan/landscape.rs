//! D over its inputs, and the weights of both networks: to be looked at. Nothing of the training moves.

use dfdx::prelude::*;

use super::{Error, Trainer};
use crate::{
    nn::{
        Backend, Network, Wants,
        backend::DeviceError,
        layer::{Affine, Kind},
    },
    preset::NormalizedLayer,
    spectral::{LayerWeight, operator::Place},
};

impl<B: Backend> Trainer<B> {
    /// D's output for samples (features, count), batch-last, and its gradient with respect to each, of the same shape.
    /// D is in evaluation mode and sees the samples without noise.
    pub fn judge(&self, samples: &[f32], count: usize) -> Result<(Vec<f32>, Vec<f32>), Error> {
        self.try_judge(samples, count).map_err(Error::device::<B>)
    }

    fn try_judge(
        &self,
        samples: &[f32],
        count: usize,
    ) -> Result<(Vec<f32>, Vec<f32>), DeviceError<B>> {
        let shape = (samples.len() / count.max(1), count);
        let samples = self.device.try_tensor_from_vec(samples.to_vec(), shape)?;
        let wants = Wants {
            input: true,
            parameters: false,
        };
        let traced = samples.clone().leaky_traced();
        let raw = B::evaluate(&self.d.modules, traced, wants)?;
        let gain = self.preset.gain;
        let scores = B::read(&raw.retaped::<NoneTape>().try_mul(gain)?);
        let upstream = self
            .device
            .try_tensor_from_vec(vec![gain; count], (1, count))?;
        let mut gradients = B::backward(raw, B::buffer(&upstream)?)?;
        let gradient = B::gradient(&mut gradients, &samples)?;
        Ok((scores, B::read(&B::matrix(&gradient, &samples)?)))
    }

    /// Copies of the weights of D's layers, then of G's.
    pub fn weights(&self) -> Vec<LayerWeight> {
        let copy = |network: &Network<B>| {
            let copies = network.affine().map(|layer| weight(network.name, layer));
            copies.collect::<Vec<_>>()
        };
        [copy(&self.d), copy(&self.g)].concat()
    }
}

fn weight<B: Backend>(network: &str, layer: &Affine<B>) -> LayerWeight {
    let stored = *layer.weight.shape();
    let spectral = layer.spectral.as_ref();
    LayerWeight {
        key: format!("{network}.{}", layer.name),
        kind: in_words(layer),
        weight: B::read(&layer.weight),
        layout: layer.kind.layout(stored),
        settings: spectral.map_or(OFF, |spectral| spectral.settings),
        vectors: spectral.map(|s| (B::read(&s.vectors.u), B::read(&s.vectors.v))),
        convolution: match &layer.kind {
            Kind::Linear => None,
            Kind::Conv(plan) | Kind::ConvTranspose(plan) => {
                let geometry = plan.geometry;
                let transposed = matches!(layer.kind, Kind::ConvTranspose(_));
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

/// Of a layer that was never normalized.
const OFF: NormalizedLayer = NormalizedLayer {
    enabled: false,
    iterations: 0,
    layer_gain: 1.0,
};

/// `Linear 128→1`, `Conv2d 64→128 4×4 s2`.
fn in_words<B: Backend>(layer: &Affine<B>) -> String {
    let (out, inputs) = *layer.weight.shape();
    let (name, from, to, plan) = match &layer.kind {
        Kind::Linear => return format!("Linear {inputs}→{out}"),
        Kind::Conv(plan) => ("Conv2d", plan.geometry.channels, plan.geometry.out, plan),
        Kind::ConvTranspose(plan) => {
            let geometry = plan.geometry;
            ("ConvTranspose2d", geometry.out, geometry.channels, plan)
        }
    };
    let (kernel, stride) = (plan.geometry.kernel, plan.geometry.stride);
    match stride {
        1 => format!("{name} {from}→{to} {kernel}×{kernel}"),
        _ => format!("{name} {from}→{to} {kernel}×{kernel} s{stride}"),
    }
}
