//! Networks as named tensors, with PyTorch's names and shapes.

use std::ops::Range;

use super::{
    Network,
    backend::{Backend, Result},
    layer::{Affine, BatchNorm},
    module::Module,
    spectral,
};
use crate::{engine::spectral::power, files::tensors::StateTensor, preset::NormalizedLayer};

/// Settings of a layer that has u and v and is not normalized.
const IDLE: NormalizedLayer = NormalizedLayer {
    enabled: false,
    iterations: 0,
    layer_gain: 1.0,
};

/// A tensor's name within its network, its shape, and its range among the network's values.
pub(super) struct Entry {
    pub key: String,
    pub shape: Vec<usize>,
    pub place: Range<usize>,
}

impl Entry {
    fn new(layer: &str, name: &str, shape: Vec<usize>, place: &Range<usize>) -> Self {
        Self {
            key: format!("{layer}.{name}"),
            shape,
            place: place.clone(),
        }
    }

    fn column(layer: &str, name: &str, place: &Range<usize>) -> Self {
        Self::new(layer, name, vec![place.len()], place)
    }
}

impl Affine {
    /// Weight and bias. A normalized layer has `weight_orig`, `weight_u` and `weight_v` in place of `weight`.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let shape = self.product.weight_shape();
        let mut entries = Vec::new();
        if self.is_normalized() {
            entries.push(Entry::new(&self.name, "weight_orig", shape, &self.weight));
            entries.extend(self.vectors());
        } else {
            entries.push(Entry::new(&self.name, "weight", shape, &self.weight));
        }
        let bias = self.bias.as_ref();
        entries.extend(bias.map(|bias| Entry::column(&self.name, "bias", bias)));
        entries
    }

    /// u and v.
    pub(super) fn vectors(&self) -> [Entry; 2] {
        [("weight_u", &self.u), ("weight_v", &self.v)]
            .map(|(name, place)| Entry::column(&self.name, name, place))
    }
}

impl BatchNorm {
    pub(super) fn entries(&self) -> [Entry; 4] {
        [
            ("weight", &self.gamma),
            ("bias", &self.beta),
            ("running_mean", &self.mean),
            ("running_var", &self.variance),
        ]
        .map(|(name, place)| Entry::column(&self.name, name, place))
    }
}

impl<B: Backend> Network<B> {
    fn entries(&self) -> Vec<Entry> {
        let of = |module: &Module| match module {
            Module::Affine(layer) => layer.entries(),
            Module::BatchNorm(norm) => norm.entries().into(),
            _ => Vec::new(),
        };
        self.leaves().flat_map(of).collect()
    }

    /// Downloads all values. Layers index them by their ranges.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn numbers(&self) -> Result<Vec<f32>> {
        let memory = self.memory.borrow();
        self.backend
            .read(&memory.numbers, 0..self.sections.length())
    }

    /// Downloads all trainable values as the network computes with them, in the order of [`Network::parameters`]: the
    /// weight of a normalized layer is layer_gain·W/σ with σ = uᵀWv, or W if σ is zero or not finite.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn in_use(&self) -> Result<Vec<f32>> {
        let mut numbers = self.numbers()?;
        for layer in self.affine() {
            let Some(settings) = layer.spectral.filter(|settings| settings.enabled) else {
                continue;
            };
            let [weight, u, v] = [&layer.weight, &layer.u, &layer.v].map(|it| &numbers[it.clone()]);
            let sigma = power::sigma(weight, &layer.product.layout(), u, v);
            if let Some(factor) = power::factor(sigma, settings.layer_gain) {
                let weight = &mut numbers[layer.weight.clone()];
                weight.iter_mut().for_each(|w| *w *= factor);
            }
        }
        let parameters = self.parameters().into_iter();
        Ok(parameters
            .flat_map(|parameter| &numbers[parameter.place])
            .copied()
            .collect())
    }

    fn read(&self, prefix: &str, entries: Vec<Entry>) -> Result<Vec<StateTensor>> {
        let numbers = self.numbers()?;
        let tensor = |entry: Entry| StateTensor {
            key: format!("{prefix}.{}", entry.key),
            shape: entry.shape,
            data: numbers[entry.place].to_vec(),
        };
        Ok(entries.into_iter().map(tensor).collect())
    }

    /// Overwrites each tensor for which `find` returns a slice of the right length. Returns the keys of the others.
    pub(super) fn overwrite<'a>(
        &self,
        entries: impl IntoIterator<Item = Entry>,
        find: impl Fn(&str) -> Option<&'a [f32]>,
    ) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        let memory = &mut *self.memory.borrow_mut();
        memory.weights_changed();
        for Entry { key, place, .. } in entries {
            match find(&key).filter(|data| data.len() == place.len()) {
                Some(data) => self.backend.write(&mut memory.numbers, place.start, data)?,
                None => missing.push(key),
            }
        }
        Ok(missing)
    }

    /// All tensors, with keys `prefix.NAME` where NAME is PyTorch's. Normalized layers have `weight_orig`, `weight_u`
    /// and `weight_v`.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn state(&self, prefix: &str) -> Result<Vec<StateTensor>> {
        self.read(prefix, self.entries())
    }

    /// Overwrites every tensor of [`Network::state`] for which `find` has values under its key. Returns the keys that
    /// `find` lacks or has with another length.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn load<'a>(
        &mut self,
        prefix: &str,
        find: impl Fn(&str) -> Option<&'a [f32]>,
    ) -> Result<Vec<String>> {
        let full = |key: &str| format!("{prefix}.{key}");
        let missing = self.overwrite(self.entries(), |key| find(&full(key)))?;
        Ok(missing.iter().map(|key| full(key)).collect())
    }

    /// u and v of the layers that have them and are not normalized, as `prefix.LAYER.weight_u` and
    /// `prefix.LAYER.weight_v`. [`Network::state`] leaves them out.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn idle_vectors(&self, prefix: &str) -> Result<Vec<StateTensor>> {
        let idle = |layer: &&Affine| layer.spectral.is_some_and(|settings| !settings.enabled);
        let entries = self.affine().filter(idle).flat_map(Affine::vectors);
        let entries: Vec<_> = entries.collect();
        if entries.is_empty() {
            Ok(Vec::new())
        } else {
            self.read(prefix, entries)
        }
    }

    /// Overwrites the vectors that [`Network::idle_vectors`] returns. A layer without u and v gets them if `find` has
    /// both. Returns the keys that `find` lacks or has with another length.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn load_idle_vectors<'a>(
        &mut self,
        prefix: &str,
        find: impl Fn(&str) -> Option<&'a [f32]>,
    ) -> Result<Vec<String>> {
        let full = |key: &str| format!("{prefix}.{key}");
        let mut entries = Vec::new();
        {
            let memory = &mut *self.memory.borrow_mut();
            for layer in self.modules.iter_mut().flat_map(Module::affine_mut) {
                let vectors = layer.vectors();
                let both = vectors
                    .iter()
                    .all(|entry| find(&full(&entry.key)).is_some());
                if layer.spectral.is_none() && both {
                    spectral::initialize(&self.backend, memory, layer, IDLE, 0)?;
                }
                if layer.spectral.is_some_and(|settings| !settings.enabled) {
                    entries.extend(vectors);
                }
            }
        }
        let missing = self.overwrite(entries, |key| find(&full(key)))?;
        Ok(missing.iter().map(|key| full(key)).collect())
    }
}
