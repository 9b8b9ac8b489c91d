//! A checkpoint as bytes.

use std::fmt::Write;

use safetensors::SafeTensorError;
use sha2::{Digest, Sha256};

use super::{CHECKSUM, Checkpoint, POSITION};
use crate::tensors::encode::{Entry, file};

/// The file; the same bytes for the same state and position.
///
/// # Errors
/// A tensor whose data do not fill its shape.
pub fn encode(checkpoint: &Checkpoint) -> Result<Vec<u8>, SafeTensorError> {
    let position = serde_json::to_string(&checkpoint.position)
        .map_err(SafeTensorError::InvalidHeaderDeserialization)?;
    let tensors = checkpoint.state.tensors.iter().cloned();
    let mut entries: Vec<Entry> = tensors.map(Entry::floats).collect();
    entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let parts = entries
        .iter()
        .map(|entry| (&*entry.key, &*entry.shape, &*entry.bytes));
    let sum = checksum(&position, parts);
    file(entries, [(POSITION, position), (CHECKSUM, sum)])
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::checkpoint::tests::checkpoint;

    #[test]
    fn the_same_state_gives_the_same_bytes() {
        let checkpoint = checkpoint(7, 3);
        let first = encode(&checkpoint).unwrap();
        for _ in 0..20 {
            assert_eq!(encode(&checkpoint).unwrap(), first);
        }
    }
}
