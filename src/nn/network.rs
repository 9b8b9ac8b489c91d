//! A network built from its spec.

use dfdx::prelude::*;

use super::{
    Activation, Geometry, Matrix, StateTensor,
    backend::{Backend, DeviceError, Direction, Plan, Wants},
    module::{Affine, BatchNorm, Kind},
};
use crate::{
    preset::{LayerSpec, Shape, Spectral},
    spectral::SpectralLayer,
};

/// How batch normalization behaves in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Statistics of the batch; running statistics move.
    Train,
    /// Running statistics; nothing moves.
    Evaluate,
}

/// One module of a network. Reshaping and flattening leave no module: features keep their order.
pub enum Module<B: Backend> {
    Affine(Affine<B>),
    BatchNorm(BatchNorm<B>),
    /// An activation that follows neither.
    Activation(Activation),
}

/// G or D: modules in order, generic over the backend.
pub struct Network<B: Backend> {
    /// `g` or `d`, the first part of the names of its tensors.
    pub name: &'static str,
    pub modules: Vec<Module<B>>,
}

impl<B: Backend> Network<B> {
    /// Builds a network whose layers are known to fit (see [`crate::preset::shape::infer`]), with PyTorch's default
    /// initial weights. `first_index` numbers its first layer in the streams of weights and start vectors.
    ///
    /// # Errors
    /// [`Misfit`] where a layer does not fit after all.
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
                Part::Affine { kind, weight, bias } => Module::Affine(
                    Affine::new(
                        device,
                        position,
                        kind,
                        weight,
                        bias,
                        fused(),
                        seed,
                        first_index + position as u64,
                    )
                    .map_err(BuildError::Device)?,
                ),
                Part::BatchNorm { channels } => {
                    let norm = BatchNorm::new(device, position, channels, fused());
                    Module::BatchNorm(norm.map_err(BuildError::Device)?)
                }
                Part::Activation(activation) => Module::Activation(activation),
                Part::Nothing => continue,
            };
            modules.push(module);
        }
        Ok(Self { name, modules })
    }

    /// Gives every layer with a weight matrix the settings in force for it. A layer that is asked to be normalized, or
    /// of which σ is to be measured (`measure`), gets vectors first where it has none. A layer that is switched off is
    /// folded or not as the settings say.
    pub fn reconfigure(
        &mut self,
        spectral: &Spectral,
        measure: bool,
        seed: u64,
        first_index: u64,
    ) -> Result<(), DeviceError<B>> {
        let name = self.name;
        for layer in self.affine_mut() {
            let settings = spectral.layer(&format!("{name}.{}", layer.position));
            match &mut layer.spectral {
                Some(state) => {
                    state.reconfigure(&mut layer.weight, settings, spectral.on_disable)?
                }
                None if settings.enabled || measure => {
                    let layout = layer.kind.layout(*layer.weight.shape());
                    let index = first_index + layer.position as u64;
                    let state = SpectralLayer::new(&layer.weight, layout, settings, seed, index)?;
                    layer.spectral = Some(state);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// The power iterations of one update.
    pub fn iterate(&mut self) -> Result<(), DeviceError<B>> {
        for layer in self.affine_mut() {
            if let Some(spectral) = &mut layer.spectral {
                spectral.iterate(&layer.weight)?;
            }
        }
        Ok(())
    }

    /// x (features in, batch) → (features out, batch). `wants` says which gradients the pass is made for: those of x,
    /// those of the parameters.
    pub fn forward<T: Tape<f32, B::Device>>(
        &mut self,
        mut x: Matrix<B::Device, T>,
        mode: Mode,
        wants: Wants,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        let mut inner = wants;
        for module in &mut self.modules {
            x = match module {
                Module::BatchNorm(norm) if mode == Mode::Train => norm.train(x)?,
                module => module.evaluate(x, inner)?,
            };
            inner.input = true;
        }
        Ok(x)
    }

    /// The same in evaluation mode, without gradients.
    pub fn evaluate(&self, mut x: Matrix<B::Device>) -> Result<Matrix<B::Device>, DeviceError<B>> {
        let wants = Wants {
            input: false,
            parameters: false,
        };
        for module in &self.modules {
            x = module.evaluate(x, wants)?;
        }
        Ok(x)
    }

    /// Layers with a weight matrix, in order.
    pub fn affine(&self) -> impl Iterator<Item = &Affine<B>> {
        self.modules.iter().filter_map(|module| match module {
            Module::Affine(layer) => Some(layer),
            _ => None,
        })
    }

    fn affine_mut(&mut self) -> impl Iterator<Item = &mut Affine<B>> {
        self.modules.iter_mut().filter_map(|module| match module {
            Module::Affine(layer) => Some(layer),
            _ => None,
        })
    }

    /// Whether samples of a batch influence each other.
    pub fn has_batch_norm(&self) -> bool {
        let is = |module: &Module<B>| matches!(module, Module::BatchNorm(_));
        self.modules.iter().any(is)
    }

    /// Everything that is learned, in order: weight then bias, γ then β.
    pub fn parameters(&self) -> Vec<&Matrix<B::Device>> {
        let of = |module| match module {
            &Module::Affine(Affine {
                ref weight,
                ref bias,
                ..
            }) => vec![Some(weight), bias.as_ref()],
            &Module::BatchNorm(BatchNorm {
                ref gamma,
                ref beta,
                ..
            }) => vec![Some(gamma), Some(beta)],
            &Module::Activation(_) => vec![],
        };
        self.modules.iter().flat_map(of).flatten().collect()
    }

    /// The same to be changed.
    pub fn parameters_mut(&mut self) -> Vec<&mut Matrix<B::Device>> {
        let of = |module| match module {
            &mut Module::Affine(Affine {
                ref mut weight,
                ref mut bias,
                ..
            }) => {
                vec![Some(weight), bias.as_mut()]
            }
            &mut Module::BatchNorm(BatchNorm {
                ref mut gamma,
                ref mut beta,
                ..
            }) => {
                vec![Some(gamma), Some(beta)]
            }
            &mut Module::Activation(_) => vec![],
        };
        self.modules.iter_mut().flat_map(of).flatten().collect()
    }

    /// Numbers that are learned.
    pub fn parameter_count(&self) -> usize {
        let size = |parameter: &Matrix<B::Device>| parameter.shape().0 * parameter.shape().1;
        self.parameters().into_iter().map(size).sum()
    }

    /// All tensors under PyTorch's names, `prefix` first: those of normalized layers are `weight_orig`, `weight_u` and
    /// `weight_v`.
    pub fn state(&self, prefix: &str) -> Vec<StateTensor> {
        let mut state = Vec::new();
        for module in &self.modules {
            module.entries(&mut |position, name, shape, tensor| {
                state.push(StateTensor {
                    key: format!("{prefix}.{position}.{name}"),
                    shape,
                    data: tensor.as_vec(),
                });
            });
        }
        state
    }

    /// Overwrites every tensor of [`Network::state`] for which `find` has numbers under its key; gives back the keys
    /// for which it has none, or not as many as needed.
    pub fn load(&mut self, prefix: &str, find: impl Fn(&str) -> Option<Vec<f32>>) -> Vec<String> {
        let mut missing = Vec::new();
        for module in &mut self.modules {
            module.entries_mut(&mut |position, name, tensor| {
                let key = format!("{prefix}.{position}.{name}");
                let length = tensor.shape().0 * tensor.shape().1;
                match find(&key).filter(|data| data.len() == length) {
                    Some(data) => tensor.copy_from(&data),
                    None => missing.push(key),
                }
            });
        }
        missing
    }
}

impl<B: Backend> Module<B> {
    fn evaluate<T: Tape<f32, B::Device>>(
        &self,
        x: Matrix<B::Device, T>,
        wants: Wants,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        match self {
            Module::Affine(layer) => layer.forward(x, wants),
            Module::BatchNorm(norm) => norm.evaluate(x),
            Module::Activation(activation) => B::activate(x, *activation),
        }
    }

    fn entries(&self, visit: &mut dyn FnMut(usize, &str, Vec<usize>, &Matrix<B::Device>)) {
        match self {
            Module::Affine(layer) => {
                let position = layer.position;
                let shape = layer.kind.weight_shape(*layer.weight.shape());
                match &layer.spectral {
                    Some(spectral) if spectral.settings.enabled => {
                        visit(position, "weight_orig", shape, &layer.weight);
                        let (u, v) = (&spectral.vectors.u, &spectral.vectors.v);
                        visit(position, "weight_u", vec![u.shape().0], u);
                        visit(position, "weight_v", vec![v.shape().0], v);
                    }
                    _ => visit(position, "weight", shape, &layer.weight),
                }
                if let Some(bias) = &layer.bias {
                    visit(position, "bias", vec![bias.shape().0], bias);
                }
            }
            Module::BatchNorm(norm) => {
                let channels = norm.gamma.shape().0;
                let mut column = |name, tensor| visit(norm.position, name, vec![channels], tensor);
                column("weight", &norm.gamma);
                column("bias", &norm.beta);
                column("running_mean", &norm.running.mean);
                column("running_var", &norm.running.variance);
            }
            Module::Activation(_) => {}
        }
    }

    fn entries_mut(&mut self, visit: &mut dyn FnMut(usize, &str, &mut Matrix<B::Device>)) {
        match self {
            Module::Affine(layer) => {
                match &mut layer.spectral {
                    Some(spectral) if spectral.settings.enabled => {
                        visit(layer.position, "weight_orig", &mut layer.weight);
                        visit(layer.position, "weight_u", &mut spectral.vectors.u);
                        visit(layer.position, "weight_v", &mut spectral.vectors.v);
                    }
                    _ => visit(layer.position, "weight", &mut layer.weight),
                }
                if let Some(bias) = &mut layer.bias {
                    visit(layer.position, "bias", bias);
                }
            }
            Module::BatchNorm(norm) => {
                let position = norm.position;
                visit(position, "weight", &mut norm.gamma);
                visit(position, "bias", &mut norm.beta);
                visit(position, "running_mean", &mut norm.running.mean);
                visit(position, "running_var", &mut norm.running.variance);
            }
            Module::Activation(_) => {}
        }
    }
}

/// Why a network could not be built.
pub enum BuildError<B: Backend> {
    /// The layer at this position does not fit its input.
    Misfit {
        position: usize,
        input: Shape,
    },
    Device(DeviceError<B>),
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
