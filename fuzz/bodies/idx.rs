//! IDX files of images as MNIST has them, gzipped or not.

use sn_tui::engine::data::idx;

/// Checks that any bytes are refused with a message, or give as many pixels as their header says.
pub fn read(bytes: &[u8]) {
    match idx::parse(bytes) {
        Ok(set) => {
            let count = set.count * set.height * set.width * set.channels;
            assert_eq!(set.pixels.len(), count);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    // The check by which a file is recognized from its start alone must not panic either.
    let _ = idx::plausible(bytes);
}
