//! Matching the tensors of a file with the layers of a network.

use std::collections::{BTreeMap, BTreeSet};

use super::error::TensorMisfit;
use crate::{files::tensors::TensorFile, preset::Layer};

/// Matches layers with tensors, and collects the tensors that do not fit.
pub(super) struct Matcher<'a> {
    /// Keys of this program, with the keys in the file.
    keys: &'a BTreeMap<String, String>,
    file: &'a TensorFile,
    pub misfits: Vec<TensorMisfit>,
    /// Keys of this program that belong to a layer.
    pub used: BTreeSet<String>,
}

/// A layer and its tensors in a file.
pub(super) struct MatchedLayer {
    pub layer: Layer,
    /// Whether the file's weight has spectral normalization.
    pub normalized: bool,
    /// Name of each tensor (`weight`) with its key in the file.
    pub tensors: Vec<(&'static str, String)>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(keys: &'a BTreeMap<String, String>, file: &'a TensorFile) -> Self {
        Self {
            keys,
            file,
            misfits: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// Finds the tensors of a layer. `prefix` precedes the keys of the network.
    pub(super) fn layer(&mut self, prefix: &str, layer: Layer) -> MatchedLayer {
        let name = format!("{prefix}{}", layer.name);
        let orig = format!("{name}.weight_orig");
        let matrix = layer.weight().map(|weight| weight.matrix().size());
        let normalized = matrix.is_some() && self.keys.contains_key(&orig);
        let mut tensors = Vec::new();
        for (tensor, shape) in layer.tensors() {
            let key = match (tensor, normalized) {
                ("weight", true) => orig.clone(),
                _ => format!("{name}.{tensor}"),
            };
            tensors.extend(self.tensor(&key, shape).map(|key| (tensor, key)));
        }
        if let Some((rows, columns)) = matrix {
            for (tensor, length) in [("weight_u", rows), ("weight_v", columns)] {
                let key = format!("{name}.{tensor}");
                if self.keys.contains_key(&key) {
                    tensors.extend(self.tensor(&key, vec![length]).map(|key| (tensor, key)));
                }
            }
        }
        MatchedLayer {
            layer,
            normalized,
            tensors,
        }
    }

    /// The key in the file of a tensor with this shape and a supported type. `None` after adding a misfit.
    fn tensor(&mut self, key: &str, shape: Vec<usize>) -> Option<String> {
        self.used.insert(key.to_owned());
        let Some(in_file) = self.keys.get(key) else {
            let key = key.to_owned();
            self.misfits.push(TensorMisfit::Missing { key, shape });
            return None;
        };
        let file = self.file;
        let (held, dtype) = file.info(in_file)?;
        let key = in_file.clone();
        if held != shape {
            let (needed, held) = (shape, held.to_vec());
            self.misfits.push(TensorMisfit::Shape { key, needed, held });
        } else if file.shape(in_file).is_none() {
            self.misfits.push(TensorMisfit::Type { key, held: dtype });
        } else {
            return Some(key);
        }
        None
    }
}
