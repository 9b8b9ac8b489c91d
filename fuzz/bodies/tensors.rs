//! Safetensors files.

use std::{
    io::{Seek, Write},
    path::Path,
};

use sn_tui::files::tensors::TensorFile;

/// Checks that any file is refused with a message, or that each of its tensors is as long as its shape says.
pub fn read(bytes: &[u8]) {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    let mut file = match TensorFile::from_reader(file, Path::new("fuzzed.safetensors")) {
        Ok(file) => file,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    for key in file.keys() {
        assert!(file.info(&key).is_some(), "{key}");
        let count = file
            .shape(&key)
            .map(|shape| shape.iter().product::<usize>());
        let numbers = file.read(&key).unwrap().map(|numbers| numbers.len());
        assert_eq!(numbers, count, "{key}");
        let length = file.bytes(&key).unwrap().map(|bytes| bytes.len());
        assert!(length.is_some_and(|length| length <= bytes.len()), "{key}");
    }
}
