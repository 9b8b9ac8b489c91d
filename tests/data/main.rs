//! User data: what is read, skipped or refused, and the memory that malformed files get.

mod archive;
mod array;
mod binary;
mod broken;
mod cut;
mod folder;
mod idx;
#[path = "../common/memory.rs"]
mod memory;
mod sets;

use std::{fs, path::Path};

use sn_tui::{
    engine::data::{Dataset, Error, Sampler},
    preset::{Data, Source},
};

/// Loads the data at a path in this shape.
fn load(path: &Path, shape: (usize, usize, usize)) -> Result<Dataset, Error> {
    Dataset::load(&data(path, shape))
}

fn data(path: &Path, shape: (usize, usize, usize)) -> Data {
    Data::images(Source::Path(path.to_str().unwrap().to_owned()), shape)
}

/// Writes these bytes to a file in its own folder and loads it.
fn file(name: &str, bytes: &[u8], shape: (usize, usize, usize)) -> Result<Dataset, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    load(&path, shape)
}

/// Every image of the set as bytes (channels, height, width), in order.
fn images(dataset: &Dataset) -> Vec<Vec<u8>> {
    let Dataset::Images(images) = dataset else {
        panic!("images expected")
    };
    let all = 0..images.len() as u32;
    all.map(|index| bytes(&images.gather(&[index]).unwrap()))
        .collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    let bytes = values.iter().map(|x| ((x + 1.0) * 127.5).round() as u8);
    bytes.collect()
}

/// The first `count` batches of one image each.
fn epoch(dataset: Dataset, seed: u64, count: u64) -> Vec<Vec<u8>> {
    let mut sampler = Sampler::new(dataset.into(), seed, 1);
    let batches = (0..count).map(|index| sampler.batch(index).unwrap());
    batches.map(|batch| bytes(&batch)).collect()
}
