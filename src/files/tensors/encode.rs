//! Encoding safetensors files.
//!
//! The format's own library takes metadata as an unordered map, and its output differs between calls. The files of a run
//! must be reproducible.

use std::collections::BTreeMap;

use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::Serialize;

use crate::files::tensors::StateTensor;

/// The header is padded to a multiple of this many bytes.
const ALIGNMENT: usize = 8;

/// A tensor with its bytes.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Name in the file.
    pub key: String,
    /// Type of the numbers in `bytes`.
    pub dtype: Dtype,
    /// Lengths of the dimensions, the slowest first.
    pub shape: Vec<usize>,
    /// Little-endian, row-major.
    pub bytes: Vec<u8>,
}

impl Entry {
    /// A tensor of type f32.
    pub fn floats(tensor: StateTensor) -> Self {
        Self {
            key: tensor.key,
            dtype: Dtype::F32,
            shape: tensor.shape,
            bytes: tensor.data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        }
    }

    /// The tensor with its numbers; `None` if its type is not f32.
    pub fn tensor(self) -> Option<StateTensor> {
        let (words, []) = self.bytes.as_chunks() else {
            return None;
        };
        (self.dtype == Dtype::F32).then(|| StateTensor {
            data: words.iter().map(|word| f32::from_le_bytes(*word)).collect(),
            key: self.key,
            shape: self.shape,
        })
    }

    /// An integer as a tensor without dimensions.
    pub fn count(key: String, count: i64) -> Self {
        Self {
            key,
            dtype: Dtype::I64,
            shape: Vec::new(),
            bytes: count.to_le_bytes().to_vec(),
        }
    }
}

#[derive(Serialize)]
struct Place<'a> {
    dtype: Dtype,
    shape: &'a [usize],
    data_offsets: (usize, usize),
}

/// The bytes of a file with these tensors. Integers come first, so that all data are aligned; then tensors are sorted by
/// key. `about` are texts for the metadata; `format`: `pt`, by which PyTorch recognizes its files, is added.
///
/// # Errors
/// If a tensor has another number of bytes than its shape says, or a key occurs twice.
pub fn file<'a>(
    entries: Vec<Entry>,
    about: impl IntoIterator<Item = (&'a str, String)>,
) -> Result<Vec<u8>, SafeTensorError> {
    let format = ("format", "pt".to_owned());
    file_without_format(entries, about.into_iter().chain([format]))
}

/// The bytes of a file as by [`file()`], without `format` in the metadata.
///
/// # Errors
/// If a tensor has another number of bytes than its shape says, or a key occurs twice.
pub fn file_without_format<'a>(
    mut entries: Vec<Entry>,
    about: impl IntoIterator<Item = (&'a str, String)>,
) -> Result<Vec<u8>, SafeTensorError> {
    entries.sort_by(|a, b| {
        let wide = |entry: &Entry| entry.dtype != Dtype::I64;
        wide(a).cmp(&wide(b)).then_with(|| a.key.cmp(&b.key))
    });
    let texts: BTreeMap<&str, String> = about.into_iter().collect();
    let mut header = BTreeMap::from([("__metadata__", serde_json::to_value(texts)?)]);
    let mut end = 0;
    for entry in &entries {
        let place = Place {
            dtype: entry.dtype,
            shape: &entry.shape,
            data_offsets: (end, end + entry.bytes.len()),
        };
        end = place.data_offsets.1;
        if header
            .insert(&entry.key, serde_json::to_value(place)?)
            .is_some()
        {
            return Err(SafeTensorError::TensorNotFound(format!(
                "{} is there twice",
                entry.key
            )));
        }
    }
    let mut text = serde_json::to_vec(&header)?;
    text.resize(text.len().next_multiple_of(ALIGNMENT), b' ');
    let mut file = Vec::with_capacity(8 + text.len() + end);
    file.extend((text.len() as u64).to_le_bytes());
    file.extend(text);
    entries.iter().for_each(|entry| file.extend(&entry.bytes));
    // The format's own library validates the result.
    SafeTensors::read_metadata(&file)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_first_and_tensors_survive_a_round_trip() {
        let tensor = |key: &str, data: Vec<f32>| {
            Entry::floats(StateTensor {
                key: key.to_owned(),
                shape: vec![data.len()],
                data,
            })
        };
        let entries = vec![
            tensor("b", vec![1.0, 2.0, 3.0]),
            Entry::count("z".to_owned(), 7),
            tensor("a", Vec::new()),
        ];
        let bytes = file(entries.clone(), Some(("weights", "\"ü\n".to_owned()))).unwrap();
        let read = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(read.tensor("z").unwrap().data(), 7i64.to_le_bytes());
        assert_eq!(read.tensor("z").unwrap().shape(), [0usize; 0]);
        assert_eq!(read.tensor("b").unwrap().data(), entries[0].bytes);
        let (start, header) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(start % ALIGNMENT, 0);
        assert_eq!(header.info("z").unwrap().data_offsets, (0, 8));
        assert_eq!(header.metadata().as_ref().unwrap()["weights"], "\"ü\n");

        assert!(file(vec![entries[0].clone(), entries[0].clone()], None).is_err());
        let mut short = entries[0].clone();
        short.bytes.pop();
        assert!(file(vec![short], None).is_err());
    }
}
