//! Initializing a network from the weights of another model.

use super::{
    Network,
    backend::{Backend, Result},
    layer::Affine,
    module::Module,
    spectral::{self, PowerIteration},
    state::Entry,
};

impl<B: Backend> Network<B> {
    /// Copies every tensor that `find` has under its name: `0.weight` (the raw weight, also of a normalized layer),
    /// `0.bias`, `0.weight_u`, `0.weight_v`, `2.running_mean`, and so on.
    ///
    /// A layer of which `find` lacks u or v gets new vectors from `seed`, warmed up on the new weight. Returns the
    /// names of the tensors that `find` lacks or has with another length; these keep their values.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn start_from<'a>(
        &mut self,
        find: impl Fn(&str) -> Option<&'a [f32]> + Copy,
        seed: u64,
    ) -> Result<Vec<String>> {
        let entries = self.leaves().flat_map(|module| match module {
            Module::Affine(layer) => layer.starting_entries(),
            Module::BatchNorm(norm) => norm.entries().into(),
            _ => Vec::new(),
        });
        let lacking = self.overwrite(entries.collect::<Vec<_>>(), find)?;
        let vectors = self.affine().filter(|layer| layer.spectral.is_some());
        let vectors = vectors.flat_map(Affine::vectors).collect::<Vec<_>>();
        let fresh = self.overwrite(vectors, find)?;

        let memory = &mut *self.memory.borrow_mut();
        for layer in self.modules.iter_mut().flat_map(Module::affine_mut) {
            let Some(settings) = layer.spectral else {
                continue;
            };
            if layer
                .vectors()
                .iter()
                .any(|entry| fresh.contains(&entry.key))
            {
                spectral::initialize(&self.backend, memory, layer, settings, seed)?;
            } else {
                let measured = PowerIteration::of(layer, 0);
                self.backend.power_iteration(
                    &[measured],
                    &mut memory.numbers,
                    &mut memory.figures,
                    None,
                )?;
            }
        }
        Ok(lacking)
    }
}

impl Affine {
    /// Its tensors under the names of a layer that is not normalized.
    fn starting_entries(&self) -> Vec<Entry> {
        let plain = Self {
            spectral: None,
            ..self.clone()
        };
        plain.entries()
    }
}
