//! Networks that start from weights made elsewhere.

use super::{
    Network,
    backend::{Backend, Result},
    layer::Affine,
    module::Module,
    spectral::{self, Iteration},
    state::Entry,
};

impl<B: Backend> Network<B> {
    /// Takes over every tensor that `find` has under its name: `0.weight` (the raw one of a layer that is normalized),
    /// `0.bias`, `0.weight_u` and `0.weight_v`, `2.running_mean`, …. A layer for which it has not both vectors gets fresh
    /// ones from `seed`, warmed up on the new weight. Gives back the names of the tensors that it lacks, or has in
    /// another size: those stay what they were.
    ///
    /// # Errors
    /// Those of the device.
    pub fn start_from<'a>(
        &mut self,
        find: impl Fn(&str) -> Option<&'a [f32]> + Copy,
        seed: u64,
    ) -> Result<Vec<String>> {
        let entries = self.parts().flat_map(|module| match module {
            Module::Affine(layer) => layer.start(),
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
                spectral::begin(&self.backend, memory, layer, settings, seed)?;
            } else {
                let measured = Iteration::of(layer, 0);
                self.backend.iterate(
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
    /// The tensors to start from, under the names of a layer that is not normalized.
    fn start(&self) -> Vec<Entry> {
        let plain = Self {
            spectral: None,
            ..self.clone()
        };
        plain.entries()
    }
}
