//! Networks as named tensors, under PyTorch's names and in its layouts.

use dfdx::prelude::*;

use super::{Matrix, Network, backend::Backend, module::Module};

/// One tensor of a state: `d.0.weight_orig`, (32, 1, 4, 4).
#[derive(Clone, Debug, PartialEq)]
pub struct StateTensor {
    pub key: String,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// Row-major.
    pub data: Vec<f32>,
}

impl<B: Backend> Network<B> {
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
    #[allow(clippy::type_complexity)]
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

    #[allow(clippy::type_complexity)]
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
