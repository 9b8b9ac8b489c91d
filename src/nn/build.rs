//! From a list of layers to modules: what fits, what is fused, what leaves no module.

use super::{
    Activation, Geometry, Network,
    backend::{Backend, DeviceError, Direction, Plan},
    module::{Affine, BatchNorm, Kind, Module},
};
use crate::preset::{LayerSpec, Shape};

/// Why a network could not be built.
pub enum BuildError<B: Backend> {
    /// The layer at this position does not fit its input.
    Misfit {
        position: usize,
        input: Shape,
    },
    Device(DeviceError<B>),
}

impl<B: Backend> Network<B> {
    /// Builds a network whose layers are known to fit (see [`crate::preset::shape::infer`]), with PyTorch's default
    /// initial weights. `first_index` numbers its first layer in the streams of weights and start vectors.
    ///
    /// # Errors
    /// [`BuildError::Misfit`] where a layer does not fit after all.
    pub fn new(
        device: &B::Device,
        name: &'static str,
        layers: &[LayerSpec],
        input: Shape,
        seed: u64,
        first_index: u64,
    ) -> Result<Self, BuildError<B>> {
        let mut modules = Vec::with_capacity(layers.len());
        let mut shape = input;
        let mut rest = layers.iter().copied().enumerate().peekable();
        while let Some((position, layer)) = rest.next() {
            let planned = plan::<B>(layer, shape).ok_or(BuildError::Misfit {
                position,
                input: shape,
            })?;
            shape = planned.output;
            let mut fused = || {
                let activation = rest.peek().and_then(|(_, next)| activation(*next));
                if activation.is_some() {
                    rest.next();
                }
                activation.unwrap_or(Activation::Identity)
            };
            let module = match planned.part {
                Part::Affine { kind, weight, bias } => {
                    let index = first_index + position as u64;
                    let activation = fused();
                    let layer = Affine::new(
                        device, position, kind, weight, bias, activation, seed, index,
                    );
                    Module::Affine(Box::new(layer.map_err(BuildError::Device)?))
                }
                Part::BatchNorm { channels } => {
                    let norm = BatchNorm::new(device, position, channels, fused());
                    Module::BatchNorm(Box::new(norm.map_err(BuildError::Device)?))
                }
                Part::Activation(activation) => Module::Activation(activation),
                Part::Nothing => continue,
            };
            modules.push(module);
        }
        Ok(Self { name, modules })
    }
}

enum Part<B: Backend> {
    Affine {
        kind: Kind<B>,
        weight: (usize, usize),
        bias: Option<usize>,
    },
    BatchNorm {
        channels: usize,
    },
    Activation(Activation),
    Nothing,
}

struct Planned<B: Backend> {
    part: Part<B>,
    output: Shape,
}

fn activation(layer: LayerSpec) -> Option<Activation> {
    match layer {
        LayerSpec::ReLU => Some(Activation::Relu),
        LayerSpec::LeakyReLU(slope) => Some(Activation::LeakyRelu(slope)),
        LayerSpec::Tanh => Some(Activation::Tanh),
        LayerSpec::Sigmoid => Some(Activation::Sigmoid),
        _ => None,
    }
}

fn plan<B: Backend>(layer: LayerSpec, input: Shape) -> Option<Planned<B>> {
    let image = |(channels, height, width)| Shape::Image {
        channels,
        height,
        width,
    };
    let sides = match input {
        Shape::Image {
            channels,
            height,
            width,
        } => Some((channels, height, width)),
        Shape::Flat(_) => None,
    };
    let (part, output) = match layer {
        LayerSpec::Linear { out, bias } => {
            let Shape::Flat(inputs) = input else {
                return None;
            };
            let part = Part::Affine {
                kind: Kind::Linear,
                weight: (out, inputs),
                bias: bias.then_some(out),
            };
            (part, Shape::Flat(out))
        }
        LayerSpec::Conv2d {
            out,
            kernel,
            stride,
            padding,
            bias,
        } => {
            let geometry = Geometry::convolution(sides?, out, kernel, stride, padding)?;
            let part = Part::Affine {
                kind: Kind::Conv(Plan::new(geometry, Direction::Forward)),
                weight: (out, geometry.fan_in()),
                bias: bias.then_some(out),
            };
            (part, image((out, geometry.out_height, geometry.out_width)))
        }
        LayerSpec::ConvTranspose2d {
            out,
            kernel,
            stride,
            padding,
            bias,
        } => {
            let geometry = Geometry::transposed(sides?, out, kernel, stride, padding)?;
            let part = Part::Affine {
                kind: Kind::ConvTranspose(Plan::new(geometry, Direction::Transposed)),
                weight: (geometry.out, geometry.fan_in()),
                bias: bias.then_some(out),
            };
            (part, image((out, geometry.height, geometry.width)))
        }
        LayerSpec::BatchNorm => {
            let channels = sides.map_or(input.features(), |(channels, ..)| channels);
            (Part::BatchNorm { channels }, input)
        }
        LayerSpec::Reshape(channels, height, width) => {
            let output = image((channels, height, width));
            (output.features() == input.features()).then_some(())?;
            (Part::Nothing, output)
        }
        LayerSpec::Flatten => (Part::Nothing, Shape::Flat(input.features())),
        other => (Part::Activation(activation(other)?), input),
    };
    Some(Planned { part, output })
}
