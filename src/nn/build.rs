//! From a list of layers to modules: what fits, what is fused, what leaves no module.

use super::{
    Activation, Geometry, Network,
    backend::{Backend, DeviceError},
    layer::{Affine, BatchNorm, Fresh, Kind},
    module::{Module, Residual},
    plan::{Direction, Plan},
    pooling::{Cells, Pooling, Sampling},
};
use crate::preset::{
    LayerSpec, Shape,
    residual::{Branches, channels},
};

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
    /// Builds a network whose layers are known to fit (see [`crate::preset::shape::infer`]), with `fresh`
    /// weights. `first_index` numbers its first layer in the streams of weights and start vectors.
    ///
    /// # Errors
    /// [`BuildError::Misfit`] where a layer does not fit after all.
    pub fn new(
        device: &B::Device,
        name: &'static str,
        layers: &[LayerSpec],
        input: Shape,
        fresh: Fresh,
        first_index: u64,
    ) -> Result<Self, BuildError<B>> {
        let builder = Builder { device, fresh };
        let named = layers.iter().enumerate().map(|(position, &layer)| Named {
            position,
            name: position.to_string(),
            index: first_index + position as u64,
            layer,
        });
        let (modules, _) = builder.sequence(named.collect(), input)?;
        Ok(Self { name, modules })
    }
}

/// A layer with its place.
struct Named {
    position: usize,
    name: String,
    index: u64,
    layer: LayerSpec,
}

struct Builder<'a, B: Backend> {
    device: &'a B::Device,
    fresh: Fresh,
}

impl<B: Backend> Builder<'_, B> {
    /// Modules one after the other, and the shape of a sample behind them.
    fn sequence(
        &self,
        layers: Vec<Named>,
        input: Shape,
    ) -> Result<(Vec<Module<B>>, Shape), BuildError<B>> {
        let mut modules = Vec::with_capacity(layers.len());
        let mut shape = input;
        let mut rest = layers.into_iter().peekable();
        while let Some(named) = rest.next() {
            if let Some(branches) = named.layer.branches(channels(shape)) {
                let (block, output) = self.residual(&named, branches, shape)?;
                modules.push(Module::Residual(Box::new(block)));
                shape = output;
                continue;
            }
            let planned = plan::<B>(named.layer, shape).ok_or(BuildError::Misfit {
                position: named.position,
                input: shape,
            })?;
            shape = planned.output;
            let mut fused = || {
                let next = rest.peek().and_then(|next| activation(next.layer));
                if next.is_some() {
                    rest.next();
                }
                next.unwrap_or(Activation::Identity)
            };
            modules.push(match planned.part {
                Part::Affine { kind, weight, bias } => {
                    let place = (named.name, named.index);
                    let (device, fresh) = (self.device, self.fresh);
                    let layer = Affine::new(device, place, kind, weight, bias, fused(), fresh);
                    Module::Affine(Box::new(layer.map_err(BuildError::Device)?))
                }
                Part::BatchNorm { channels } => {
                    let norm = BatchNorm::new(self.device, named.name, channels, fused());
                    Module::BatchNorm(Box::new(norm.map_err(BuildError::Device)?))
                }
                Part::Activation(activation) => Module::Activation(activation),
                Part::Pooling(pooling) => Module::Pooling(pooling),
                Part::Nothing => continue,
            });
        }
        Ok((modules, shape))
    }

    /// Both branches of a block; its layers are numbered from 1 in steps that no position reaches.
    fn residual(
        &self,
        block: &Named,
        branches: Branches,
        input: Shape,
    ) -> Result<(Residual<B>, Shape), BuildError<B>> {
        let mut number = 0;
        let mut branch = |layers: Vec<(&'static str, LayerSpec)>| {
            let named = layers.into_iter().map(|(name, layer)| {
                number += 1;
                Named {
                    position: block.position,
                    name: format!("{}.{name}", block.name),
                    index: block.index + (number << 10),
                    layer,
                }
            });
            self.sequence(named.collect(), input)
        };
        let (main, output) = branch(branches.main)?;
        let (shortcut, beside) = branch(branches.shortcut)?;
        if output != beside {
            return Err(BuildError::Misfit {
                position: block.position,
                input,
            });
        }
        Ok((Residual { main, shortcut }, output))
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
    Pooling(Pooling<B::Device>),
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
        LayerSpec::Upsample(factor) => {
            let cells = cells(sides?, (factor, factor));
            let pooling = Pooling::new(cells, Sampling::Spread, 1.0);
            let (channels, height, width) = sides?;
            let output = image((channels, height * factor, width * factor));
            (Part::Pooling(pooling), output)
        }
        LayerSpec::AvgPool(side) => {
            let (channels, height, width) = sides?;
            let fits = side > 0 && height % side == 0 && width % side == 0;
            let coarse = fits.then(|| (channels, height / side, width / side))?;
            let scale = 1.0 / (side * side) as f32;
            let cells = cells(coarse, (side, side));
            let pooling = Pooling::new(cells, Sampling::Collect, scale);
            (Part::Pooling(pooling), image(coarse))
        }
        LayerSpec::SumPool => {
            let (channels, height, width) = sides?;
            let cells = cells((channels, 1, 1), (height, width));
            let pooling = Pooling::new(cells, Sampling::Collect, 1.0);
            (Part::Pooling(pooling), Shape::Flat(channels))
        }
        other => (Part::Activation(activation(other)?), input),
    };
    Some(Planned { part, output })
}

fn cells(
    (channels, height, width): (usize, usize, usize),
    (rows, columns): (usize, usize),
) -> Cells {
    Cells {
        channels,
        height,
        width,
        rows,
        columns,
    }
}
