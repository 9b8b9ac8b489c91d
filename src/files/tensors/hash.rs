//! Hashes of tensors, in lower-case hexadecimal.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::encode::Entry;

/// SHA-256 of the concatenated bytes of these tensors.
pub(crate) fn sha256(tensors: &[Entry]) -> String {
    let mut hash = Sha256::new();
    tensors.iter().for_each(|entry| hash.update(&entry.bytes));
    hex(hash)
}

/// SHA-256 of a text and of key, shape and bytes of these tensors. Lengths are hashed too, so that different inputs never
/// give the same hashed bytes.
pub(crate) fn checksum(text: &str, tensors: &[Entry]) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(text.as_bytes());
    for Entry {
        key, shape, bytes, ..
    } in tensors
    {
        part(key.as_bytes());
        let sizes = shape.iter().flat_map(|&size| (size as u64).to_le_bytes());
        part(&sizes.collect::<Vec<_>>());
        part(bytes);
    }
    hex(hash)
}

/// A finished hash in lower-case hexadecimal.
pub(super) fn hex(hash: Sha256) -> String {
    let bytes = hash.finalize();
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
