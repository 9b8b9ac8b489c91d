//! The modules that a network is made of.

use std::rc::Rc;

use super::{
    Activation, Pooling,
    layer::{Affine, BatchNorm},
};

/// One module of a network. Reshaping and flattening leave no module: features keep their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Module {
    Affine(Rc<Affine>),
    BatchNorm(Rc<BatchNorm>),
    /// An activation that follows neither.
    Activation(Activation),
    Pooling(Pooling),
    Residual(Residual),
}

/// Two branches whose outputs are added; an empty one is the identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Residual {
    pub main: Vec<Module>,
    pub shortcut: Vec<Module>,
}

impl Module {
    /// The modules that this one is made of, in order: itself, or those of a block's branches.
    pub fn parts(&self) -> Vec<&Module> {
        match self {
            Module::Residual(block) => {
                let branches = block.main.iter().chain(&block.shortcut);
                branches.flat_map(Module::parts).collect()
            }
            module => vec![module],
        }
    }

    /// The activation that is a part of it, if it is a layer that has one.
    pub fn activation_mut(&mut self) -> Option<&mut Activation> {
        match self {
            Module::Affine(layer) => Some(&mut Rc::make_mut(layer).activation),
            Module::BatchNorm(norm) => Some(&mut Rc::make_mut(norm).activation),
            _ => None,
        }
    }

    /// The layers with a weight that it is made of, to be changed.
    pub fn affine_mut(&mut self) -> Vec<&mut Affine> {
        match self {
            Module::Affine(layer) => vec![Rc::make_mut(layer)],
            Module::Residual(block) => {
                let branches = block.main.iter_mut().chain(&mut block.shortcut);
                branches.flat_map(Module::affine_mut).collect()
            }
            _ => Vec::new(),
        }
    }
}
