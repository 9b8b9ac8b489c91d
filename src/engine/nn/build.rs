//! Builds a network: checks the shapes, fuses activations into layers, allocates and draws the values.

mod convert;
mod fresh;

use std::{ops::Range, sync::Arc};

use super::{
    Activation, Network,
    backend::{Backend, Failure},
    layer::{Affine, BatchNorm},
    memory::{Sections, take},
    module::{Module, Residual},
    spectral::FIGURES,
};
use crate::preset::{
    Kind, Layer, LayerSpec, Misfit, Shape, Weight,
    layer::{Entry, entries},
};
use convert::{activation, pooling, product};
pub use fresh::Fresh;

/// Why a network could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A layer does not fit its input.
    #[error("{0}")]
    Misfit(#[from] Misfit),
    /// The device failed, most likely for lack of memory.
    #[error("{0}")]
    Device(#[from] Failure),
}

impl<B: Backend> Network<B> {
    /// Builds a network with `fresh` weights. `first_index` is the first layer's index in the random streams of weights
    /// and of power iteration.
    ///
    /// # Errors
    /// Returns [`BuildError::Misfit`] for the first layer that does not fit its input, and [`BuildError::Device`] if
    /// the device fails.
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
        for module in modules.iter().flat_map(Module::leaves) {
            if let Module::BatchNorm(norm) = module {
                numbers[norm.variance.clone()].fill(1.0);
            }
        }
        Ok(Self::from_values(
            backend.clone(),
            name,
            modules,
            sections,
            &numbers,
        )?)
    }
}

/// Offsets the ranges of running statistics and of u and v by the start of their sections.
fn settle(modules: &mut [Module], sections: &Sections) {
    let shift = |place: &mut Range<usize>, by: usize| *place = place.start + by..place.end + by;
    for module in modules {
        match module {
            Module::Affine(layer) => {
                let layer = Arc::make_mut(layer);
                shift(&mut layer.u, sections.vectors().start);
                shift(&mut layer.v, sections.vectors().start);
            }
            Module::BatchNorm(norm) => {
                let norm = Arc::make_mut(norm);
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
    /// Initial values of parameters, each with its offset.
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
                    // The layers inside a block get indices that no layer outside can have: steps of 1024.
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

    /// Appends a layer. An activation is fused into the layer before it if that layer has none yet.
    fn append(&mut self, modules: &mut Vec<Module>, layer: Layer, index: u64) {
        let module = match layer.kind() {
            Kind::Weight(weight) => Module::Affine(Arc::new(self.affine(&layer, &weight, index))),
            Kind::Norm { channels } => {
                Module::BatchNorm(Arc::new(self.batch_norm(layer.name, channels)))
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

    /// A batch normalization with γ and running variance 1, β and running mean 0.
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
