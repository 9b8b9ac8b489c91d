//! Parsing of reference files, and comparisons with their tensors.

use std::{collections::BTreeMap, path::PathBuf};

/// A tensor in PyTorch's layout.
#[derive(Clone, Debug)]
pub struct Reference {
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}

/// The tensors of a file by key.
pub struct File(BTreeMap<String, Reference>);

impl File {
    pub fn open(name: &str) -> Self {
        let folder = std::env::var_os("SN_TUI_GOLDEN").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
            PathBuf::from,
        );
        let path = folder.join(format!("{name}.safetensors"));
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.iter().map(|(key, view)| {
            let (numbers, _) = view.data().as_chunks::<4>();
            let reference = Reference {
                shape: view.shape().to_vec(),
                data: numbers.iter().map(|&x| f32::from_le_bytes(x)).collect(),
            };
            (key.to_owned(), reference)
        });
        Self(tensors.collect())
    }

    pub fn find(&self, key: &str) -> Option<&Reference> {
        self.0.get(key)
    }

    pub fn get(&self, key: &str) -> &Reference {
        self.find(key).unwrap_or_else(|| panic!("no tensor {key}"))
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The distinct parts of the keys before the first slash.
    pub fn cases(&self) -> Vec<&str> {
        let mut cases: Vec<_> = self
            .keys()
            .filter_map(|key| Some(key.split_once('/')?.0))
            .collect();
        cases.dedup();
        assert!(!cases.is_empty());
        cases
    }
}

impl Reference {
    /// The numbers of a (batch, …) tensor as (features, batch).
    pub fn batch_last(&self) -> Vec<f32> {
        let batch = self.shape[0];
        let features = self.data.len() / batch;
        (0..features * batch)
            .map(|i| self.data[i % batch * features + i / batch])
            .collect()
    }

    /// Checks max|a − b| ≤ tolerance · max(max|b|, 0.01) for numbers in PyTorch's order.
    pub fn assert_close(&self, what: &str, numbers: &[f32], tolerance: f32) {
        assert_close(what, numbers, &self.data, tolerance);
    }

    /// Checks max|a − b| ≤ tolerance · max(max|b|, 0.01) for activations (features, batch).
    pub fn assert_activations(&self, what: &str, numbers: &[f32], tolerance: f32) {
        assert_close(what, numbers, &self.batch_last(), tolerance);
    }
}

fn assert_close(what: &str, numbers: &[f32], reference: &[f32], tolerance: f32) {
    assert_eq!(numbers.len(), reference.len(), "{what}: length");
    let largest = |x: &mut dyn Iterator<Item = f32>| {
        x.fold(
            0.0f32,
            |a, b| if b.is_nan() { f32::NAN } else { a.max(b.abs()) },
        )
    };
    let size = largest(&mut reference.iter().copied()).max(0.01);
    let error = largest(&mut numbers.iter().zip(reference).map(|(a, b)| a - b));
    assert!(
        error <= tolerance * size,
        "{what}: differs by {error:e} where {:e} is allowed",
        tolerance * size
    );
}
