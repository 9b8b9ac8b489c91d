//! Encoding a checkpoint.

use safetensors::SafeTensorError;

use super::{CHECKSUM, Checkpoint, POSITION};
use crate::files::tensors::{
    encode::{Entry, file},
    hash::checksum,
};

/// The bytes of a checkpoint file. They depend only on the checkpoint.
///
/// # Errors
/// If the data of a tensor do not fit its shape.
pub fn encode(checkpoint: &Checkpoint) -> Result<Vec<u8>, SafeTensorError> {
    let position = serde_json::to_string(&checkpoint.position)
        .map_err(SafeTensorError::InvalidHeaderDeserialization)?;
    let tensors = checkpoint.state.tensors.iter().cloned();
    let mut entries: Vec<Entry> = tensors.map(Entry::floats).collect();
    entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let sum = checksum(&position, &entries);
    file(entries, [(POSITION, position), (CHECKSUM, sum)])
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
