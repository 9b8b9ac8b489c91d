//! Small changes of valid files and texts.

use proptest::{collection::vec, prelude::*};

/// A change of one place in a text or file.
#[derive(Clone, Debug)]
pub enum Mutation {
    Flip(usize, u8),
    Replace(usize, Vec<u8>),
    Cut(usize, usize),
    Repeat(usize, usize),
}

/// Generates a change of one place.
pub fn mutation() -> impl Strategy<Value = Mutation> {
    let word = prop_oneof![
        vec(any::<u8>(), 0..8),
        prop_oneof![
            Just("999999999999999999"),
            Just("-1"),
            Just("NaN"),
            Just("1e400"),
            Just("(("),
            Just("\"\""),
            Just("[[[[[[[["),
            Just("null"),
            Just("journal:9"),
            Just("rewind"),
            Just("\n"),
        ]
        .prop_map(|word: &str| word.as_bytes().to_vec()),
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        (any::<usize>(), word).prop_map(|(at, word)| Mutation::Replace(at, word)),
        (any::<usize>(), 1_usize..40).prop_map(|(at, length)| Mutation::Cut(at, length)),
        (any::<usize>(), 1_usize..200).prop_map(|(at, length)| Mutation::Repeat(at, length)),
    ]
}

/// The bytes after these changes, applied in order.
pub fn mutated(bytes: &[u8], mutations: &[Mutation]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for mutation in mutations {
        let length = bytes.len().max(1);
        match mutation {
            Mutation::Flip(at, bits) => {
                if let Some(byte) = bytes.get_mut(at % length) {
                    *byte ^= bits;
                }
            }
            Mutation::Replace(at, word) => {
                let at = (at % length).min(bytes.len());
                let end = (at + word.len()).min(bytes.len());
                bytes.splice(at..end, word.iter().copied());
            }
            Mutation::Cut(at, count) => {
                let at = (at % length).min(bytes.len());
                let end = (at + count).min(bytes.len());
                bytes.drain(at..end);
            }
            Mutation::Repeat(at, count) => {
                let at = (at % length).min(bytes.len());
                let end = (at + count).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
    bytes
}
