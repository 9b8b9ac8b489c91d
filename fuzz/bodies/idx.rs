//! A file of images as MNIST has them, gzipped or not.

use sn_tui::data::idx;

/// Any bytes are refused with words, or are as many pixels as their header says.
pub fn read(bytes: &[u8]) {
    match idx::parse(bytes) {
        Ok(set) => {
            let count = set.count * set.height * set.width * set.channels;
            assert_eq!(set.pixels.len(), count);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    // What a file is taken for by its start alone.
    let _ = idx::plausible(bytes);
}
