//! Networks that start from weights made elsewhere.

use dfdx::prelude::*;

use super::{
    Matrix, Network,
    backend::{Backend, DeviceError},
    layer::{Affine, BatchNorm},
    module::Module,
};
use crate::spectral::SpectralLayer;

/// Where a network's tensors come from: numbers by name, `0.weight`, `2.running_mean`.
type Find<'a> = &'a dyn Fn(&str) -> Option<&'a [f32]>;

impl<B: Backend> Network<B> {
    /// Takes over every tensor that `find` has under its name: `0.weight` (the raw one of a layer that is normalized),
    /// `0.bias`, `0.weight_u` and `0.weight_v`, `2.running_mean`, …. A layer for which it has not both vectors gets fresh
    /// ones from `seed`, warmed up on the new weight. Gives back the names of the tensors that it lacks, or has in
    /// another size: those stay what they were.
    ///
    /// # Errors
    /// Those of the device.
    pub fn start_from(&mut self, find: Find, seed: u64) -> Result<Vec<String>, DeviceError<B>> {
        let mut lacking = Vec::new();
        for module in self.parts_mut() {
            match module {
                Module::Affine(layer) => layer.start_from(find, seed, &mut lacking)?,
                Module::BatchNorm(norm) => norm.start_from(find, &mut lacking),
                Module::Activation(_) | Module::Pooling(_) | Module::Residual(_) => {}
            }
        }
        Ok(lacking)
    }
}

impl<B: Backend> Affine<B> {
    fn start_from(
        &mut self,
        find: Find,
        seed: u64,
        lacking: &mut Vec<String>,
    ) -> Result<(), DeviceError<B>> {
        let named = |name: &str| format!("{}.{name}", self.name);
        take(find, named("weight"), &mut self.weight, lacking);
        if let Some(bias) = &mut self.bias {
            take(find, named("bias"), bias, lacking);
        }
        let Some(spectral) = &mut self.spectral else {
            return Ok(());
        };
        let mut none = Vec::new();
        take(find, named("weight_u"), &mut spectral.vectors.u, &mut none);
        take(find, named("weight_v"), &mut spectral.vectors.v, &mut none);
        if none.is_empty() {
            let vectors = &mut spectral.vectors;
            let measured = B::iterate(&self.weight, &spectral.layout, vectors, 0)?;
            (spectral.sigma, spectral.weight_norm) = measured;
        } else {
            let (layout, settings) = (spectral.layout, spectral.settings);
            *spectral = SpectralLayer::new(&self.weight, layout, settings, seed, self.index)?;
        }
        Ok(())
    }
}

impl<B: Backend> BatchNorm<B> {
    fn start_from(&mut self, find: Find, lacking: &mut Vec<String>) {
        let own = &self.name;
        for (name, tensor) in [
            ("weight", &mut self.gamma),
            ("bias", &mut self.beta),
            ("running_mean", &mut self.running.mean),
            ("running_var", &mut self.running.variance),
        ] {
            take(find, format!("{own}.{name}"), tensor, lacking);
        }
    }
}

/// Overwrites a tensor with the numbers of this name, or notes that there are none of its size.
fn take<D: Device<f32>>(
    find: Find,
    name: String,
    tensor: &mut Matrix<D>,
    lacking: &mut Vec<String>,
) {
    let length = tensor.shape().0 * tensor.shape().1;
    match find(&name).filter(|data| data.len() == length) {
        Some(data) => tensor.copy_from(data),
        None => lacking.push(name),
    }
}
