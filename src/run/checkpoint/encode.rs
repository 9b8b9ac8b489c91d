//! A checkpoint as bytes.

use std::{collections::HashMap, fmt::Write};

use safetensors::{Dtype, SafeTensorError, tensor::TensorView};
use sha2::{Digest, Sha256};

use super::{CHECKSUM, Checkpoint, POSITION};
use crate::nn::StateTensor;

/// The file.
///
/// # Errors
/// A tensor whose data do not fill its shape.
pub fn encode(checkpoint: &Checkpoint) -> Result<Vec<u8>, SafeTensorError> {
    let position = serde_json::to_string(&checkpoint.position)
        .map_err(SafeTensorError::InvalidHeaderDeserialization)?;
    let mut tensors: Vec<(&StateTensor, Vec<u8>)> = checkpoint
        .state
        .tensors
        .iter()
        .map(|tensor| (tensor, bytes(&tensor.data)))
        .collect();
    tensors.sort_unstable_by(|(a, _), (b, _)| a.key.cmp(&b.key));
    let parts = tensors
        .iter()
        .map(|(tensor, bytes)| (tensor.key.as_str(), &tensor.shape[..], &bytes[..]));
    let sum = checksum(&position, parts);
    let views = tensors
        .iter()
        .map(|(tensor, bytes)| {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)?;
            Ok((tensor.key.as_str(), view))
        })
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    let about = [
        ("format", "pt".to_owned()),
        (POSITION, position),
        (CHECKSUM, sum),
    ];
    let about: HashMap<_, _> = about.map(|(key, text)| (key.to_owned(), text)).into();
    safetensors::serialize(views, Some(about))
}

fn bytes(data: &[f32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 * data.len());
    data.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
    bytes
}

/// SHA-256 over the position and over tensors (key, shape, bytes) in byte order of their keys.
pub fn checksum<'a>(
    position: &str,
    tensors: impl Iterator<Item = (&'a str, &'a [usize], &'a [u8])>,
) -> String {
    let mut hash = Sha256::new();
    // Lengths before what they are of: no two checkpoints give the same bytes.
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(position.as_bytes());
    for (key, shape, data) in tensors {
        part(key.as_bytes());
        let sizes = shape.iter().flat_map(|&size| (size as u64).to_le_bytes());
        part(&sizes.collect::<Vec<_>>());
        part(data);
    }
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
