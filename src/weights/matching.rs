//! Which tensors of a file are those of a network.

use std::collections::{BTreeMap, BTreeSet};

use super::error::TensorMisfit;
use crate::{preset::Layer, tensors::TensorFile};

/// What a network wants of a file, and what is wrong with what is there.
pub struct Wanted<'a> {
    /// As networks here have them, and as they stand in the file.
    keys: &'a BTreeMap<String, String>,
    file: &'a TensorFile,
    pub misfits: Vec<TensorMisfit>,
    pub used: BTreeSet<String>,
}

/// A layer, whether it is normalized, and its tensors with their keys in the file.
pub type Planned = (Layer, bool, Vec<(&'static str, String)>);

impl<'a> Wanted<'a> {
    pub fn of(keys: &'a BTreeMap<String, String>, file: &'a TensorFile) -> Self {
        Self {
            keys,
            file,
            misfits: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// What of the file is of this layer, the network's keys having `prefix` before them.
    pub fn layer(&mut self, prefix: &str, layer: Layer) -> Planned {
        let place = format!("{prefix}{}", layer.name);
        let orig = format!("{place}.weight_orig");
        let matrix = layer.weight().map(|weight| weight.matrix().size());
        let normalized = matrix.is_some() && self.keys.contains_key(&orig);
        let mut tensors = Vec::new();
        for (name, shape) in layer.tensors() {
            let key = match (name, normalized) {
                ("weight", true) => orig.clone(),
                _ => format!("{place}.{name}"),
            };
            tensors.extend(self.tensor(&key, shape).map(|key| (name, key)));
        }
        if let Some((rows, columns)) = matrix {
            for (name, length) in [("weight_u", rows), ("weight_v", columns)] {
                let key = format!("{place}.{name}");
                if self.keys.contains_key(&key) {
                    tensors.extend(self.tensor(&key, vec![length]).map(|key| (name, key)));
                }
            }
        }
        (layer, normalized, tensors)
    }

    /// The key in the file of a tensor that is as it must be.
    fn tensor(&mut self, key: &str, shape: Vec<usize>) -> Option<String> {
        self.used.insert(key.to_owned());
        let Some(stands) = self.keys.get(key) else {
            let key = key.to_owned();
            self.misfits.push(TensorMisfit::Missing { key, shape });
            return None;
        };
        let file = self.file;
        let (held, dtype) = file.info(stands)?;
        let key = stands.clone();
        if held != shape {
            let (needed, held) = (shape, held.to_vec());
            self.misfits.push(TensorMisfit::Shape { key, needed, held });
        } else if file.shape(stands).is_none() {
            self.misfits.push(TensorMisfit::Type { key, held: dtype });
        } else {
            return Some(key);
        }
        None
    }
}
