//! Networks as named tensors, under PyTorch's names and in its layouts.

use std::fmt;

use dfdx::prelude::*;

use super::{
    Matrix, Network,
    backend::{Backend, DeviceError},
    module::Module,
};
use crate::{
    preset::NormalizedLayer,
    spectral::{SpectralLayer, Vectors},
};

/// Settings of a layer that has vectors and does not use them.
const IDLE: NormalizedLayer = NormalizedLayer {
    enabled: false,
    iterations: 0,
    layer_gain: 1.0,
};

/// One tensor of a state: `d.0.weight_orig`, (32, 1, 4, 4).
#[derive(Clone, PartialEq)]
pub struct StateTensor {
    pub key: String,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// Row-major.
    pub data: Vec<f32>,
}

impl fmt::Debug for StateTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.key, self.shape)
    }
}

impl<B: Backend> Network<B> {
    /// All tensors under PyTorch's names, `prefix` first: those of normalized layers are `weight_orig`, `weight_u` and
    /// `weight_v`.
    pub fn state(&self, prefix: &str) -> Vec<StateTensor> {
        let mut state = Vec::new();
        for module in self.parts() {
            module.entries(&mut |layer, name, shape, tensor| {
                state.push(StateTensor {
                    key: format!("{prefix}.{layer}.{name}"),
                    shape,
                    data: B::read(tensor),
                });
            });
        }
        state
    }

    /// Overwrites every tensor of [`Network::state`] for which `find` has numbers under its key; gives back the keys
    /// for which it has none, or not as many as needed.
    pub fn load(&mut self, prefix: &str, find: impl Fn(&str) -> Option<Vec<f32>>) -> Vec<String> {
        let mut missing = Vec::new();
        for module in self.parts_mut() {
            module.entries_mut(&mut |layer, name, tensor| {
                let key = format!("{prefix}.{layer}.{name}");
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

impl<B: Backend> Network<B> {
    /// u and v of layers that are not normalized, which [`Network::state`] leaves out: `prefix.layer.weight_u` and
    /// `prefix.layer.weight_v`.
    pub fn idle_vectors(&self, prefix: &str) -> Vec<StateTensor> {
        let mut state = Vec::new();
        for layer in self.affine() {
            let idle = |spectral: &&SpectralLayer<B>| !spectral.settings.enabled;
            if let Some(spectral) = layer.spectral.as_ref().filter(idle) {
                let Vectors { u, v } = &spectral.vectors;
                for (name, vector) in [("weight_u", u), ("weight_v", v)] {
                    state.push(StateTensor {
                        key: format!("{prefix}.{}.{name}", layer.name),
                        shape: vec![vector.shape().0],
                        data: B::read(vector),
                    });
                }
            }
        }
        state
    }

    /// Overwrites what [`Network::idle_vectors`] gives; a layer of which `find` has both vectors gets them also where
    /// it had none. Gives back the keys that `find` lacks, or has not as many numbers of as needed.
    ///
    /// # Errors
    /// The device's.
    pub fn load_idle_vectors(
        &mut self,
        prefix: &str,
        find: impl Fn(&str) -> Option<Vec<f32>>,
    ) -> Result<Vec<String>, DeviceError<B>> {
        let mut missing = Vec::new();
        for layer in self.affine_mut() {
            let key = |name| format!("{prefix}.{}.{name}", layer.name);
            let keys = [key("weight_u"), key("weight_v")];
            if layer.spectral.is_none() && keys.iter().all(|key| find(key).is_some()) {
                layer.spectral = Some(layer.vectors(IDLE, 0)?);
            }
            let spectral = layer.spectral.as_mut();
            let Some(spectral) = spectral.filter(|spectral| !spectral.settings.enabled) else {
                continue;
            };
            let Vectors { u, v } = &mut spectral.vectors;
            for (key, vector) in keys.into_iter().zip([u, v]) {
                let length = vector.shape().0;
                match find(&key).filter(|data| data.len() == length) {
                    Some(data) => vector.copy_from(&data),
                    None => missing.push(key),
                }
            }
        }
        Ok(missing)
    }
}

impl<B: Backend> Module<B> {
    /// The tensors of a module that is no block.
    #[allow(clippy::type_complexity)]
    fn entries(&self, visit: &mut dyn FnMut(&str, &str, Vec<usize>, &Matrix<B::Device>)) {
        match self {
            Module::Affine(layer) => {
                let own = &layer.name;
                let shape = layer.kind.weight_shape(*layer.weight.shape());
                match &layer.spectral {
                    Some(spectral) if spectral.settings.enabled => {
                        visit(own, "weight_orig", shape, &layer.weight);
                        let (u, v) = (&spectral.vectors.u, &spectral.vectors.v);
                        visit(own, "weight_u", vec![u.shape().0], u);
                        visit(own, "weight_v", vec![v.shape().0], v);
                    }
                    _ => visit(own, "weight", shape, &layer.weight),
                }
                if let Some(bias) = &layer.bias {
                    visit(own, "bias", vec![bias.shape().0], bias);
                }
            }
            Module::BatchNorm(norm) => {
                let channels = norm.gamma.shape().0;
                let mut column = |name, tensor| visit(&norm.name, name, vec![channels], tensor);
                column("weight", &norm.gamma);
                column("bias", &norm.beta);
                column("running_mean", &norm.running.mean);
                column("running_var", &norm.running.variance);
            }
            Module::Activation(_) | Module::Pooling(_) | Module::Residual(_) => {}
        }
    }

    /// The same to be changed.
    #[allow(clippy::type_complexity)]
    fn entries_mut(&mut self, visit: &mut dyn FnMut(&str, &str, &mut Matrix<B::Device>)) {
        match self {
            Module::Affine(layer) => {
                match &mut layer.spectral {
                    Some(spectral) if spectral.settings.enabled => {
                        visit(&layer.name, "weight_orig", &mut layer.weight);
                        visit(&layer.name, "weight_u", &mut spectral.vectors.u);
                        visit(&layer.name, "weight_v", &mut spectral.vectors.v);
                    }
                    _ => visit(&layer.name, "weight", &mut layer.weight),
                }
                if let Some(bias) = &mut layer.bias {
                    visit(&layer.name, "bias", bias);
                }
            }
            Module::BatchNorm(norm) => {
                let own = &norm.name;
                visit(own, "weight", &mut norm.gamma);
                visit(own, "bias", &mut norm.beta);
                visit(own, "running_mean", &mut norm.running.mean);
                visit(own, "running_var", &mut norm.running.variance);
            }
            Module::Activation(_) | Module::Pooling(_) | Module::Residual(_) => {}
        }
    }
}
