//! A network built from its spec.

use dfdx::prelude::*;

use super::{
    Matrix,
    backend::{Backend, DeviceError, Wants},
    layer::{Affine, BatchNorm},
    module::Module,
    op::batch_norm::Statistics,
};
use crate::preset::Spectral;

/// How batch normalization behaves in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Statistics of the batch; running statistics move.
    Train,
    /// Running statistics; nothing moves.
    Evaluate,
}

/// G or D: modules in order, generic over the backend.
pub struct Network<B: Backend> {
    /// `g` or `d`, the first part of the names of its tensors.
    pub name: &'static str,
    pub modules: Vec<Module<B>>,
}

impl<B: Backend> Network<B> {
    /// Gives every layer with a weight matrix the settings in force for it. A layer that is asked to be normalized, or
    /// of which σ is to be measured (`measure`), gets vectors first where it has none. A layer that is switched off is
    /// folded or not as the settings say.
    pub fn reconfigure(
        &mut self,
        spectral: &Spectral,
        measure: bool,
        seed: u64,
    ) -> Result<(), DeviceError<B>> {
        let name = self.name;
        for layer in self.affine_mut() {
            let settings = spectral.layer(&format!("{name}.{}", layer.name));
            match &mut layer.spectral {
                Some(state) => {
                    state.reconfigure(&mut layer.weight, settings, spectral.on_disable)?
                }
                None if settings.enabled || measure => {
                    layer.spectral = Some(layer.vectors(settings, seed)?);
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
        x: Matrix<B::Device, T>,
        mode: Mode,
        wants: Wants,
    ) -> Result<Matrix<B::Device, T>, DeviceError<B>> {
        B::forward(&mut self.modules, x, mode, wants)
    }

    /// The same in evaluation mode, without gradients.
    pub fn evaluate(&self, x: Matrix<B::Device>) -> Result<Matrix<B::Device>, DeviceError<B>> {
        let wants = Wants {
            input: false,
            parameters: false,
        };
        B::evaluate(&self.modules, x, wants)
    }

    /// All modules, blocks taken apart, in order.
    pub fn parts(&self) -> impl Iterator<Item = &Module<B>> {
        self.modules.iter().flat_map(Module::parts)
    }

    /// The same to be changed.
    pub fn parts_mut(&mut self) -> impl Iterator<Item = &mut Module<B>> {
        self.modules.iter_mut().flat_map(Module::parts_mut)
    }

    /// Layers with a weight matrix, in order.
    pub fn affine(&self) -> impl Iterator<Item = &Affine<B>> {
        self.parts().filter_map(|module| match module {
            Module::Affine(layer) => Some(&**layer),
            _ => None,
        })
    }

    /// The same to be changed.
    pub fn affine_mut(&mut self) -> impl Iterator<Item = &mut Affine<B>> {
        self.parts_mut().filter_map(|module| match module {
            Module::Affine(layer) => Some(&mut **layer),
            _ => None,
        })
    }

    fn norms(&self) -> impl Iterator<Item = &BatchNorm<B>> {
        self.parts().filter_map(|module| match module {
            Module::BatchNorm(norm) => Some(&**norm),
            _ => None,
        })
    }

    /// Whether samples of a batch influence each other.
    pub fn has_batch_norm(&self) -> bool {
        self.norms().next().is_some()
    }

    /// The running statistics of batch normalization, in order.
    pub fn statistics(&self) -> Vec<Statistics<B::Device>> {
        self.norms().map(|norm| norm.running.clone()).collect()
    }

    /// Sets what [`Network::statistics`] gave.
    pub fn set_statistics(&mut self, statistics: Vec<Statistics<B::Device>>) {
        let norms = self.parts_mut().filter_map(|module| match module {
            Module::BatchNorm(norm) => Some(norm),
            _ => None,
        });
        for (norm, running) in norms.zip(statistics) {
            norm.running = running;
        }
    }

    /// Everything that is learned, in order: weight then bias, γ then β.
    pub fn parameters(&self) -> Vec<&Matrix<B::Device>> {
        self.parts()
            .flat_map(Module::parameters)
            .flatten()
            .collect()
    }

    /// The same to be changed.
    pub fn parameters_mut(&mut self) -> Vec<&mut Matrix<B::Device>> {
        self.parts_mut()
            .flat_map(Module::parameters_mut)
            .flatten()
            .collect()
    }

    /// Numbers that are learned.
    pub fn parameter_count(&self) -> usize {
        let size = |parameter: &Matrix<B::Device>| parameter.shape().0 * parameter.shape().1;
        self.parameters().into_iter().map(size).sum()
    }
}
