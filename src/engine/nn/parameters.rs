//! The layers of a network, and their trainable parameters.

use std::ops::Range;

use super::{
    Network,
    backend::Backend,
    layer::{Affine, BatchNorm},
    module::Module,
};

/// A trainable parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its range among the network's values.
    pub place: Range<usize>,
    /// (rows, columns)
    pub shape: (usize, usize),
}

impl<B: Backend> Network<B> {
    /// All modules in order; a residual block is replaced by the modules of its branches.
    pub fn leaves(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().flat_map(Module::leaves)
    }

    /// The layers with a weight matrix, in order.
    pub fn affine(&self) -> impl Iterator<Item = &Affine> {
        self.leaves().filter_map(|module| match module {
            Module::Affine(layer) => Some(&**layer),
            _ => None,
        })
    }

    fn norms(&self) -> impl Iterator<Item = &BatchNorm> {
        self.leaves().filter_map(|module| match module {
            Module::BatchNorm(norm) => Some(&**norm),
            _ => None,
        })
    }

    /// Whether the output of a sample depends on the other samples of its batch.
    pub fn has_batch_norm(&self) -> bool {
        self.norms().next().is_some()
    }

    /// All trainable parameters in order: weight then bias, γ then β.
    pub fn parameters(&self) -> Vec<Parameter> {
        let column = |place: &Range<usize>| Parameter {
            place: place.clone(),
            shape: (place.len(), 1),
        };
        let mut parameters = Vec::new();
        for module in self.leaves() {
            match module {
                Module::Affine(layer) => {
                    parameters.push(Parameter {
                        place: layer.weight.clone(),
                        shape: layer.product.stored(),
                    });
                    parameters.extend(layer.bias.as_ref().map(column));
                }
                Module::BatchNorm(norm) => {
                    parameters.extend([column(&norm.gamma), column(&norm.beta)]);
                }
                _ => {}
            }
        }
        parameters
    }

    /// The number of trainable values.
    pub fn parameter_count(&self) -> usize {
        self.parameters().iter().map(|p| p.place.len()).sum()
    }
}
