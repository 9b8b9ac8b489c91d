//! The modules that a network is made of.

use dfdx::prelude::*;

use super::{
    Activation, Matrix, Mode,
    backend::{Backend, DeviceError, Wants},
    layer::{Affine, BatchNorm},
    op,
    pooling::Pooling,
};

/// One module of a network. Reshaping and flattening leave no module: features keep their order.
pub enum Module<B: Backend> {
    Affine(Box<Affine<B>>),
    BatchNorm(Box<BatchNorm<B>>),
    /// An activation that follows neither.
    Activation(Activation),
    Pooling(Pooling<B::Device>),
    Residual(Box<Residual<B>>),
}

/// Two branches whose outputs are added; an empty one is the identity.
pub struct Residual<B: Backend> {
    pub main: Vec<Module<B>>,
    pub shortcut: Vec<Module<B>>,
}

impl<B: Backend> Module<B> {
    /// x (features in, batch) → (features out, batch) on the portable path. In [`Mode::Train`] batch normalization
    /// takes the statistics of the batch, which move the running ones.
    fn forward<T: Tape<f32, B::Device>>(
        &mut self,
        x: Matrix<B::Device, T>,
        mode: Mode,
        wants: Wants,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        match self {
            Module::BatchNorm(norm) if mode == Mode::Train => norm.train(x),
            Module::Residual(block) => {
                let Residual { main, shortcut } = &mut **block;
                let beside = x.retaped::<T>();
                let main = forward(main, x, mode, wants)?;
                main.try_add(forward(shortcut, beside, mode, wants)?)
            }
            module => module.evaluate(x, wants),
        }
    }

    /// The same with running statistics as constants.
    fn evaluate<T: Tape<f32, B::Device>>(
        &self,
        x: Matrix<B::Device, T>,
        wants: Wants,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        match self {
            Module::Affine(layer) => layer.forward(x, wants),
            Module::BatchNorm(norm) => norm.evaluate(x),
            Module::Activation(activation) => op::activation::activate(x, *activation),
            Module::Pooling(pooling) => op::pooling::pool(x, pooling),
            Module::Residual(block) => {
                let beside = x.retaped::<T>();
                let main = evaluate(&block.main, x, wants)?;
                main.try_add(evaluate(&block.shortcut, beside, wants)?)
            }
        }
    }

    /// Moves everything, running statistics included, towards the same module of another network: decay·own +
    /// (1 − decay)·other. Vectors of power iteration are taken over as they are.
    pub fn follow(&mut self, other: &Self, decay: f32) -> Result<(), DeviceError<B>> {
        match (self, other) {
            (Module::Affine(own), Module::Affine(other)) => {
                B::blend(&mut own.weight, &other.weight, decay)?;
                if let (Some(own), Some(other)) = (&mut own.bias, &other.bias) {
                    B::blend(own, other, decay)?;
                }
                if let (Some(own), Some(other)) = (&mut own.spectral, &other.spectral) {
                    own.vectors = other.vectors.clone();
                }
            }
            (Module::BatchNorm(own), Module::BatchNorm(other)) => {
                B::blend(&mut own.gamma, &other.gamma, decay)?;
                B::blend(&mut own.beta, &other.beta, decay)?;
                B::blend(&mut own.running.mean, &other.running.mean, decay)?;
                B::blend(&mut own.running.variance, &other.running.variance, decay)?;
            }
            (Module::Residual(own), Module::Residual(other)) => {
                let branches = [
                    (&mut own.main, &other.main),
                    (&mut own.shortcut, &other.shortcut),
                ];
                for (own, other) in branches {
                    for (own, other) in own.iter_mut().zip(other) {
                        own.follow(other, decay)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The modules that this one is made of, in order: itself, or those of a block's branches.
    pub fn parts(&self) -> Vec<&Module<B>> {
        match self {
            Module::Residual(block) => {
                let branches = block.main.iter().chain(&block.shortcut);
                branches.flat_map(Module::parts).collect()
            }
            module => vec![module],
        }
    }

    /// The same to be changed.
    pub fn parts_mut(&mut self) -> Vec<&mut Module<B>> {
        match self {
            Module::Residual(block) => {
                let branches = block.main.iter_mut().chain(&mut block.shortcut);
                branches.flat_map(Module::parts_mut).collect()
            }
            module => vec![module],
        }
    }

    /// What is learned: weight then bias, γ then β; of a block see its parts.
    pub fn parameters(&self) -> [Option<&Matrix<B::Device>>; 2] {
        match self {
            Module::Affine(layer) => [Some(&layer.weight), layer.bias.as_ref()],
            Module::BatchNorm(norm) => [Some(&norm.gamma), Some(&norm.beta)],
            Module::Activation(_) | Module::Pooling(_) | Module::Residual(_) => [None, None],
        }
    }

    /// The same to be changed.
    pub fn parameters_mut(&mut self) -> [Option<&mut Matrix<B::Device>>; 2] {
        match self {
            Module::Affine(layer) => [Some(&mut layer.weight), layer.bias.as_mut()],
            Module::BatchNorm(norm) => [Some(&mut norm.gamma), Some(&mut norm.beta)],
            Module::Activation(_) | Module::Pooling(_) | Module::Residual(_) => [None, None],
        }
    }
}

/// Modules one after the other on the portable path; those behind the first always want the gradient of their input.
pub fn forward<B: Backend, T: Tape<f32, B::Device>>(
    modules: &mut [Module<B>],
    mut x: Matrix<B::Device, T>,
    mode: Mode,
    mut wants: Wants,
) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
    for module in modules {
        x = module.forward(x, mode, wants)?;
        wants.input = true;
    }
    Ok(x)
}

/// The same with running statistics as constants.
pub fn evaluate<B: Backend, T: Tape<f32, B::Device>>(
    modules: &[Module<B>],
    mut x: Matrix<B::Device, T>,
    mut wants: Wants,
) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
    for module in modules {
        x = module.evaluate(x, wants)?;
        wants.input = true;
    }
    Ok(x)
}
