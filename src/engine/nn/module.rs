//! The modules of a network.

use std::sync::Arc;

use super::{
    Activation, Pooling,
    layer::{Affine, BatchNorm},
};

/// One module of a network. Reshape and flatten have no module: they keep the order of the features.
#[derive(Clone, Debug, PartialEq)]
pub enum Module {
    /// A layer with a weight: dense or convolution.
    Affine(Arc<Affine>),
    /// Batch normalization.
    BatchNorm(Arc<BatchNorm>),
    /// An activation that could not be fused into the layer before it.
    Activation(Activation),
    /// Upsampling or pooling.
    Pooling(Pooling),
    /// A residual block.
    Residual(Residual),
}

/// Two branches whose outputs are added; an empty one is the identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    /// The branch with the convolutions.
    pub main: Vec<Module>,
    /// The other branch; without modules it is the identity.
    pub shortcut: Vec<Module>,
}

impl Module {
    /// The modules without blocks: this module, or the modules of both branches of a block, in order.
    pub fn leaves(&self) -> Vec<&Module> {
        match self {
            Module::Residual(block) => {
                let branches = block.main.iter().chain(&block.shortcut);
                branches.flat_map(Module::leaves).collect()
            }
            module => vec![module],
        }
    }

    /// The fused activation of a layer that has one.
    pub fn activation_mut(&mut self) -> Option<&mut Activation> {
        match self {
            Module::Affine(layer) => Some(&mut Arc::make_mut(layer).activation),
            Module::BatchNorm(norm) => Some(&mut Arc::make_mut(norm).activation),
            _ => None,
        }
    }

    /// The layers with a weight in this module.
    pub fn affine_mut(&mut self) -> Vec<&mut Affine> {
        match self {
            Module::Affine(layer) => vec![Arc::make_mut(layer)],
            Module::Residual(block) => {
                let branches = block.main.iter_mut().chain(&mut block.shortcut);
                branches.flat_map(Module::affine_mut).collect()
            }
            _ => Vec::new(),
        }
    }
}
