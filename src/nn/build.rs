//! From a list of layers to modules and their numbers: what fits, what is fused, what leaves no module.

use std::{ops::Range, rc::Rc};

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::{
    Activation, Geometry, Network,
    backend::{Backend, Failure},
    layer::{Affine, BatchNorm, Direction, Product},
    memory::{Sections, take},
    module::{Module, Residual},
    pooling::{Cells, Pooling, Sampling},
    spectral::FIGURES,
};
use crate::{
    preset::{
        LayerSpec, Shape, WeightInit,
        residual::{Branches, channels},
    },
    random::{self, Stream},
};

/// Why a network could not be built.
#[derive(Debug)]
pub enum BuildError {
    /// The layer at this position does not fit its input.
    Misfit {
        position: usize,
        input: Shape,
    },
    Device(Failure),
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

impl<B: Backend> Network<B> {
    /// Builds a network whose layers are known to fit (see [`crate::preset::shape::infer`]), with `fresh`
    /// weights. `first_index` numbers its first layer in the streams of weights and start vectors.
    ///
    /// # Errors
    /// [`BuildError::Misfit`] where a layer does not fit after all.
    pub fn new(
        backend: &B,
        name: &'static str,
        layers: &[LayerSpec],
        input: Shape,
        fresh: Fresh,
        first_index: u64,
    ) -> Result<Self, BuildError> {
        let mut builder = Builder {
            fresh,
            sections: Sections::default(),
            drawn: Vec::new(),
        };
        let named = layers.iter().enumerate().map(|(position, &layer)| Named {
            position,
            name: position.to_string(),
            index: first_index + position as u64,
            layer,
        });
        let (mut modules, _) = builder.sequence(named.collect(), input)?;
        let sections = builder.sections;
        settle(&mut modules, &sections);
        let mut numbers = vec![0.0; sections.length()];
        for (start, drawn) in builder.drawn {
            numbers[start..start + drawn.len()].copy_from_slice(&drawn);
        }
        for module in modules.iter().flat_map(Module::parts) {
            if let Module::BatchNorm(norm) = module {
                numbers[norm.variance.clone()].fill(1.0);
            }
        }
        Self::of(backend.clone(), name, modules, sections, &numbers).map_err(BuildError::Device)
    }
}

/// Moves the places of running statistics and vectors behind what is learned.
fn settle(modules: &mut [Module], sections: &Sections) {
    let shift = |place: &mut Range<usize>, by: usize| *place = place.start + by..place.end + by;
    for module in modules {
        match module {
            Module::Affine(layer) => {
                let layer = Rc::make_mut(layer);
                shift(&mut layer.u, sections.vectors().start);
                shift(&mut layer.v, sections.vectors().start);
            }
            Module::BatchNorm(norm) => {
                let norm = Rc::make_mut(norm);
                shift(&mut norm.mean, sections.statistics().start);
                shift(&mut norm.variance, sections.statistics().start);
            }
            Module::Residual(Residual { main, shortcut }) => {
                settle(main, sections);
                settle(shortcut, sections);
            }
            Module::Activation(_) | Module::Pooling(_) => {}
        }
    }
}

/// A layer with its place.
struct Named {
    position: usize,
    name: String,
    index: u64,
    layer: LayerSpec,
}

struct Builder {
    fresh: Fresh,
    sections: Sections,
    /// Fresh numbers of what is learned, and where they begin.
    drawn: Vec<(usize, Vec<f32>)>,
}

impl Builder {
    /// Modules one after the other, and the shape of a sample behind them.
    fn sequence(
        &mut self,
        layers: Vec<Named>,
        input: Shape,
    ) -> Result<(Vec<Module>, Shape), BuildError> {
        let mut modules = Vec::with_capacity(layers.len());
        let mut shape = input;
        let mut rest = layers.into_iter().peekable();
        while let Some(named) = rest.next() {
            if let Some(branches) = named.layer.branches(channels(shape)) {
                let (block, output) = self.residual(&named, branches, shape)?;
                modules.push(Module::Residual(block));
                shape = output;
                continue;
            }
            let planned = plan(named.layer, shape).ok_or(BuildError::Misfit {
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
                Part::Affine { product, bias } => {
                    Module::Affine(Rc::new(self.affine(named, product, bias, fused())))
                }
                Part::BatchNorm { channels } => {
                    Module::BatchNorm(Rc::new(self.batch_norm(named.name, channels, fused())))
                }
                Part::Activation(activation) => Module::Activation(activation),
                Part::Pooling(pooling) => Module::Pooling(pooling),
                Part::Nothing => continue,
            });
        }
        Ok((modules, shape))
    }

    fn affine(
        &mut self,
        named: Named,
        product: Product,
        bias: bool,
        activation: Activation,
    ) -> Affine {
        let (stored, layout) = (product.stored(), product.layout());
        let sections = &mut self.sections;
        let layer = Affine {
            name: named.name,
            index: named.index,
            product,
            weight: take(&mut sections.learned, stored.0 * stored.1),
            bias: bias.then(|| take(&mut sections.learned, product.channels())),
            activation,
            u: take(&mut sections.vectors, layout.rows),
            v: take(&mut sections.vectors, layout.width()),
            figures: sections.figures,
            spectral: None,
        };
        sections.figures += FIGURES;
        let biases = layer.bias.as_ref().map_or(0, |bias| bias.len());
        let (weights, biases) = self.fresh.draw(layer.index, stored, biases);
        self.drawn.push((layer.weight.start, weights));
        if let Some(bias) = &layer.bias {
            self.drawn.push((bias.start, biases));
        }
        layer
    }

    /// γ and running variance 1, β and running mean 0.
    fn batch_norm(&mut self, name: String, channels: usize, activation: Activation) -> BatchNorm {
        let sections = &mut self.sections;
        let gamma = take(&mut sections.learned, channels);
        let beta = take(&mut sections.learned, channels);
        self.drawn.push((gamma.start, vec![1.0; channels]));
        let batch = [(); 2].map(|()| take(&mut sections.statistics, channels));
        let [mean, variance] = batch.clone();
        BatchNorm {
            name,
            channels,
            gamma,
            beta,
            mean,
            variance,
            batch,
            activation,
        }
    }

    /// Both branches of a block; its layers are numbered from 1 in steps that no position reaches.
    fn residual(
        &mut self,
        block: &Named,
        branches: Branches,
        input: Shape,
    ) -> Result<(Residual, Shape), BuildError> {
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

enum Part {
    Affine { product: Product, bias: bool },
    BatchNorm { channels: usize },
    Activation(Activation),
    Pooling(Pooling),
    Nothing,
}

struct Planned {
    part: Part,
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

fn plan(layer: LayerSpec, input: Shape) -> Option<Planned> {
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
                product: Product::Dense {
                    inputs,
                    outputs: out,
                },
                bias,
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
                product: Product::Convolution {
                    geometry,
                    direction: Direction::Forward,
                },
                bias,
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
                product: Product::Convolution {
                    geometry,
                    direction: Direction::Transposed,
                },
                bias,
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
            let pooling = Pooling {
                cells,
                sampling: Sampling::Spread,
                scale: 1.0,
            };
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
            let pooling = Pooling {
                cells,
                sampling: Sampling::Collect,
                scale,
            };
            (Part::Pooling(pooling), image(coarse))
        }
        LayerSpec::SumPool => {
            let (channels, height, width) = sides?;
            let cells = cells((channels, 1, 1), (height, width));
            let pooling = Pooling {
                cells,
                sampling: Sampling::Collect,
                scale: 1.0,
            };
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
