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
        Kind, Layer, LayerSpec, Misfit, Shape, Weight, WeightInit,
        layer::{Entry, entries},
    },
    random::{self, Stream},
};

/// Why a network could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A layer does not fit its input.
    #[error("{0}")]
    Misfit(#[from] Misfit),
    #[error("{0}")]
    Device(#[from] Failure),
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
    /// Builds a network with `fresh` weights. `first_index` numbers its first layer in the streams of weights and start
    /// vectors.
    ///
    /// # Errors
    /// The first layer that does not fit its input; those of the device.
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
        let mut modules = builder.network(layers, input, first_index)?;
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
        Ok(Self::of(
            backend.clone(),
            name,
            modules,
            sections,
            &numbers,
        )?)
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

struct Builder {
    fresh: Fresh,
    sections: Sections,
    /// Fresh numbers of what is learned, and where they begin.
    drawn: Vec<(usize, Vec<f32>)>,
}

impl Builder {
    fn network(
        &mut self,
        layers: &[LayerSpec],
        input: Shape,
        first_index: u64,
    ) -> Result<Vec<Module>, Misfit> {
        let mut modules = Vec::new();
        for (index, entry) in (first_index..).zip(entries(layers, input)?) {
            match entry {
                Entry::Layer(layer) => self.append(&mut modules, layer, index),
                Entry::Block { main, shortcut } => {
                    // Its layers are numbered from 1 in steps that no position reaches.
                    let mut numbers = (1..).map(|number| index + (number << 10));
                    let mut branch = |layers: Vec<Layer>| {
                        let mut modules = Vec::new();
                        for (layer, index) in layers.into_iter().zip(&mut numbers) {
                            self.append(&mut modules, layer, index);
                        }
                        modules
                    };
                    let (main, shortcut) = (branch(main), branch(shortcut));
                    modules.push(Module::Residual(Residual { main, shortcut }));
                }
            }
        }
        Ok(modules)
    }

    /// Puts a layer behind others: an activation becomes a part of the layer before it where that can be.
    fn append(&mut self, modules: &mut Vec<Module>, layer: Layer, index: u64) {
        let module = match layer.kind() {
            Kind::Weight(weight) => Module::Affine(Rc::new(self.affine(&layer, &weight, index))),
            Kind::Norm { channels } => {
                Module::BatchNorm(Rc::new(self.batch_norm(layer.name, channels)))
            }
            Kind::Resampling => Module::Pooling(pooling(&layer)),
            Kind::Activation => {
                let activation = activation(layer.spec);
                let before = modules.last_mut().and_then(Module::activation_mut);
                match before.filter(|before| **before == Activation::Identity) {
                    Some(before) => {
                        *before = activation;
                        return;
                    }
                    None => Module::Activation(activation),
                }
            }
            Kind::Reshape | Kind::Block(_) => return,
        };
        modules.push(module);
    }

    fn affine(&mut self, layer: &Layer, weight: &Weight, index: u64) -> Affine {
        let product = product(layer, weight);
        let (stored, layout) = (product.stored(), weight.matrix());
        let sections = &mut self.sections;
        let affine = Affine {
            name: layer.name.clone(),
            words: layer.words(),
            index,
            product,
            weight: take(&mut sections.learned, stored.0 * stored.1),
            bias: weight
                .bias
                .then(|| take(&mut sections.learned, layout.rows)),
            activation: Activation::Identity,
            u: take(&mut sections.vectors, layout.rows),
            v: take(&mut sections.vectors, layout.width()),
            figures: sections.figures,
            spectral: None,
        };
        sections.figures += FIGURES;
        let biases = affine.bias.as_ref().map_or(0, |bias| bias.len());
        let (weights, biases) = self.fresh.draw(index, stored, biases);
        self.drawn.push((affine.weight.start, weights));
        if let Some(bias) = &affine.bias {
            self.drawn.push((bias.start, biases));
        }
        affine
    }

    /// γ and running variance 1, β and running mean 0.
    fn batch_norm(&mut self, name: String, channels: usize) -> BatchNorm {
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
            activation: Activation::Identity,
        }
    }
}

/// How a layer's weight is applied.
fn product(layer: &Layer, weight: &Weight) -> Product {
    let Some(convolution) = weight.convolution else {
        return Product::Dense {
            inputs: weight.shape[1],
            outputs: weight.shape[0],
        };
    };
    let (inside, outside) = (sides(layer.input), sides(layer.output));
    let (image, map, direction) = match convolution.transposed {
        false => (inside, outside, Direction::Forward),
        true => (outside, inside, Direction::Transposed),
    };
    Product::Convolution {
        geometry: Geometry {
            channels: image.0,
            height: image.1,
            width: image.2,
            out: map.0,
            out_height: map.1,
            out_width: map.2,
            kernel: convolution.kernel,
            stride: convolution.stride,
            padding: convolution.padding,
        },
        direction,
    }
}

/// Channels, height and width; a flat sample is an image of one pixel.
fn sides(shape: Shape) -> (usize, usize, usize) {
    match shape {
        Shape::Flat(features) => (features, 1, 1),
        Shape::Image {
            channels,
            height,
            width,
        } => (channels, height, width),
    }
}

/// What a layer that takes a function of each number is.
fn activation(layer: LayerSpec) -> Activation {
    match layer {
        LayerSpec::ReLU => Activation::Relu,
        LayerSpec::LeakyReLU(slope) => Activation::LeakyRelu(slope),
        LayerSpec::Tanh => Activation::Tanh,
        LayerSpec::Sigmoid => Activation::Sigmoid,
        _ => Activation::Identity,
    }
}

/// Upsampling or pooling, by the sizes of its images.
fn pooling(layer: &Layer) -> Pooling {
    let (inside, outside) = (sides(layer.input), sides(layer.output));
    let spreads = matches!(layer.spec, LayerSpec::Upsample(_));
    let (coarse, fine) = if spreads {
        (inside, outside)
    } else {
        (outside, inside)
    };
    let cells = Cells {
        channels: coarse.0,
        height: coarse.1,
        width: coarse.2,
        rows: fine.1 / coarse.1,
        columns: fine.2 / coarse.2,
    };
    Pooling {
        cells,
        sampling: match spreads {
            true => Sampling::Spread,
            false => Sampling::Collect,
        },
        scale: match layer.spec {
            LayerSpec::AvgPool(_) => 1.0 / cells.area() as f32,
            _ => 1.0,
        },
    }
}
