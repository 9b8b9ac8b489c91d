//! Layers that learn: those with a weight matrix, and batch normalization.

use dfdx::prelude::*;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::{
    Activation, Matrix, Plan,
    backend::{Backend, DeviceError, Wants},
    op::{
        self,
        batch_norm::{self, Statistics},
    },
};
use crate::{
    preset::{NormalizedLayer, WeightInit},
    random::{self, Stream},
    spectral::{Layout, SpectralLayer},
};

/// A layer with a weight matrix, fused with the activation that follows it.
pub struct Affine<B: Backend> {
    /// Position in the network's list of layers (`0`), inside a block with its own name (`0.conv1`).
    pub name: String,
    /// Its number in the streams of weights and start vectors.
    pub index: u64,
    pub kind: Kind<B>,
    /// (out, in·taps); of a transposed convolution (in, out·taps).
    pub weight: Matrix<B::Device>,
    /// (out, 1)
    pub bias: Option<Matrix<B::Device>>,
    pub activation: Activation,
    pub spectral: Option<SpectralLayer<B>>,
}

/// How an [`Affine`] layer's weight is applied.
pub enum Kind<B: Backend> {
    Linear,
    Conv(Plan<B::Device>),
    ConvTranspose(Plan<B::Device>),
}

impl<B: Backend> Kind<B> {
    /// How the stored weight becomes the matrix whose singular value is meant.
    pub fn layout(&self, weight: (usize, usize)) -> Layout {
        match self {
            Kind::Linear | Kind::Conv(_) => Layout::plain(weight.0, weight.1),
            Kind::ConvTranspose(plan) => Layout {
                blocks: weight.0,
                rows: plan.geometry.channels,
                columns: plan.geometry.taps(),
            },
        }
    }

    /// PyTorch's shape of the weight.
    pub fn weight_shape(&self, weight: (usize, usize)) -> Vec<usize> {
        match self {
            Kind::Linear => vec![weight.0, weight.1],
            Kind::Conv(plan) | Kind::ConvTranspose(plan) => {
                let Plan { geometry, .. } = plan;
                vec![
                    geometry.out,
                    geometry.channels,
                    geometry.kernel,
                    geometry.kernel,
                ]
            }
        }
    }
}

/// How the numbers of fresh layers are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    pub init: WeightInit,
    pub seed: u64,
}

impl Fresh {
    /// Weights, then biases, of the layer that has this number in the stream of weights; fan_in of
    /// [`WeightInit::Torch`] is the second size of the weight (rows, columns).
    fn draw(self, index: u64, weight: (usize, usize), biases: usize) -> (Vec<f32>, Vec<f32>) {
        let mut rng = random::generator(self.seed, Stream::Weights, index);
        let count = weight.0 * weight.1;
        match self.init {
            WeightInit::Torch => {
                let bound = 1.0 / (weight.1 as f32).sqrt();
                let mut uniform = |count| {
                    let numbers = std::iter::repeat_with(|| rng.random_range(-bound..bound));
                    numbers.take(count).collect()
                };
                (uniform(count), uniform(biases))
            }
            WeightInit::Normal(deviation) => {
                let numbers = std::iter::repeat_with(|| {
                    let number: f32 = StandardNormal.sample(&mut rng);
                    deviation * number
                });
                (numbers.take(count).collect(), vec![0.0; biases])
            }
        }
    }
}

impl<B: Backend> Affine<B> {
    /// A layer with fresh numbers, (out, in·taps) weights and `bias` biases. `index` numbers it in the stream of weights.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        device: &B::Device,
        (name, index): (String, u64),
        kind: Kind<B>,
        weight: (usize, usize),
        bias: Option<usize>,
        activation: Activation,
        fresh: Fresh,
    ) -> Result<Self, DeviceError<B>> {
        let (weights, biases) = fresh.draw(index, weight, bias.unwrap_or(0));
        let biases = bias.map(|_| biases);
        Ok(Self {
            name,
            index,
            kind,
            weight: device.try_tensor_from_vec(weights, weight)?,
            bias: biases
                .map(|data| {
                    let rows = data.len();
                    device.try_tensor_from_vec(data, (rows, 1))
                })
                .transpose()?,
            activation,
            spectral: None,
        })
    }

    /// What spectral normalization of this layer begins with.
    pub fn vectors(
        &self,
        settings: NormalizedLayer,
        seed: u64,
    ) -> Result<SpectralLayer<B>, DeviceError<B>> {
        let layout = self.kind.layout(*self.weight.shape());
        SpectralLayer::new(&self.weight, layout, settings, seed, self.index)
    }

    /// x (in features, batch) → (out features, batch), with the normalized weight where spectral normalization is on;
    /// the portable path.
    pub fn forward<T: Tape<f32, B::Device>>(
        &self,
        x: Matrix<B::Device, T>,
        wants: Wants,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        let (weight, x) = match &self.spectral {
            Some(spectral) if wants.parameters => {
                let (weight, weight_tape) = spectral.effective::<T>(&self.weight)?.split_tape();
                let (x, tape) = x.split_tape();
                (weight, x.put_tape(tape.merge(weight_tape)))
            }
            Some(spectral) => (spectral.effective::<NoneTape>(&self.weight)?, x),
            None => (self.weight.clone(), x),
        };
        let (bias, activation) = (self.bias.as_ref(), self.activation);
        match &self.kind {
            Kind::Linear => op::linear::linear(x, &weight, bias, activation),
            Kind::Conv(plan) => {
                let gather = plan.gather(&x.device().clone())?;
                op::conv::conv(x, &weight, bias, activation, &plan.geometry, gather)
            }
            Kind::ConvTranspose(plan) => {
                let gather = plan.gather(&x.device().clone())?;
                let Plan {
                    geometry, terms, ..
                } = plan;
                op::conv_transpose::conv_transpose(
                    x, &weight, bias, activation, geometry, *terms, gather,
                )
            }
        }
    }
}

/// Batch normalization, fused with the activation that follows it.
pub struct BatchNorm<B: Backend> {
    /// As of an [`Affine`] layer.
    pub name: String,
    /// γ, (channels, 1)
    pub gamma: Matrix<B::Device>,
    /// β, (channels, 1)
    pub beta: Matrix<B::Device>,
    pub running: Statistics<B::Device>,
    pub activation: Activation,
}

impl<B: Backend> BatchNorm<B> {
    /// γ and running variance 1, β and running mean 0.
    pub fn new(
        device: &B::Device,
        name: String,
        channels: usize,
        activation: Activation,
    ) -> Result<Self, DeviceError<B>> {
        let column = |value: f32| device.try_tensor_from_vec(vec![value; channels], (channels, 1));
        Ok(Self {
            name,
            gamma: column(1.0)?,
            beta: column(0.0)?,
            running: Statistics {
                mean: column(0.0)?,
                variance: column(1.0)?,
            },
            activation,
        })
    }

    /// With the statistics of the batch, which move the running ones; the portable path.
    pub fn train<T: Tape<f32, B::Device>>(
        &mut self,
        x: Matrix<B::Device, T>,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        let (y, statistics) = batch_norm::train(x, &self.gamma, &self.beta, self.activation)?;
        batch_norm::blend(&mut self.running, &statistics)?;
        Ok(y)
    }

    /// With the running statistics as constants; the portable path.
    pub fn evaluate<T: Tape<f32, B::Device>>(
        &self,
        x: Matrix<B::Device, T>,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        batch_norm::evaluate(x, &self.gamma, &self.beta, &self.running, self.activation)
    }
}
