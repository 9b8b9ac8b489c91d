//! IDX files.

use std::{fs, io::Write};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use sn_tui::engine::data::Dataset;

use crate::{epoch, file, images, load, memory};

pub fn idx(sizes: &[u32], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    sizes
        .iter()
        .for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(payload);
    bytes
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gray_and_colour_gzipped_or_not_are_the_same_images() {
    let payload: Vec<u8> = (0..48).collect();
    for (sizes, shape) in [
        (&[8, 3, 2][..], (1, 3, 2)),
        (&[8, 2, 1, 3], (3, 2, 1)),
        (&[2, 2, 4, 3], (1, 5, 3)),
        (&[8, 3, 2], (3, 2, 2)),
    ] {
        let plain = idx(sizes, &payload);
        let read = images(&file("images", &plain, shape).unwrap());
        let unpacked = images(&file("images.gz", &gzip(&plain), shape).unwrap());
        assert_eq!(read, unpacked);
        assert_eq!(read.len(), sizes[0] as usize);
        assert_eq!(read[0].len(), shape.0 * shape.1 * shape.2);
    }
}

#[test]
fn an_epoch_is_every_image_once_and_repeats_for_its_seed() {
    let payload: Vec<u8> = (0..100).collect();
    let load = || file("images", &idx(&[100, 1, 1], &payload), (1, 1, 1)).unwrap();
    let first = epoch(load(), 3, 100);
    assert_eq!(first, epoch(load(), 3, 100));
    assert_ne!(first, epoch(load(), 4, 100));
    let mut sorted = first.concat();
    sorted.sort_unstable();
    assert_eq!(sorted, payload);
}

#[test]
fn wrong_headers_are_errors_that_name_the_file() {
    for (sizes, held) in [
        (&[1_000_000, 64, 64][..], 100),
        (&[u32::MAX, u32::MAX, u32::MAX], 100),
        (&[1, 65_536, 65_536], 100),
        (&[1, 40_000, 40_000, 3], 0),
        (&[2, 5, 5], 49),
        (&[2, 5, 5], 51),
        (&[0, 5, 5], 0),
        (&[2, 5, 5, 2], 100),
        (&[10], 10),
        (&[1, 1, 1, 1, 1], 1),
    ] {
        let plain = idx(sizes, &vec![200; held]);
        for (name, bytes) in [("plain", plain.clone()), ("packed", gzip(&plain))] {
            let error = file(name, &bytes, (1, 28, 28)).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("IDX"), "{error}");
        }
    }
    memory::assert_small();
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let plain = idx(&[4, 3, 3], &[200; 36]);
    for whole in [plain.clone(), gzip(&plain)] {
        for length in 0..whole.len() {
            let result = file("cut", &whole[..length], (1, 3, 3));
            assert!(result.is_err(), "cut at {length}");
        }
    }
}

/// A truncated file may have a length of whole records of another format: its start decides.
#[test]
fn a_file_cut_to_whole_records_of_another_format_is_an_error() {
    for (sizes, length) in [
        // Ten images of STL-10, eight records of CIFAR-10, four of CIFAR-100.
        (&[60_000, 28, 28][..], 276_480),
        (&[60_000, 28, 28], 24_584),
        (&[60_000, 28, 28], 12_296),
        (&[10_000, 32, 32, 3], 3073),
        (&[60_000], 27_648),
        (&[5, 60_000, 28, 28, 1], 27_648),
    ] {
        let mut bytes = idx(sizes, &[]);
        bytes.resize(length, 0);
        for name in ["train-images-idx3-ubyte", "cut.bin"] {
            let error = file(name, &bytes, (1, 28, 28)).unwrap_err().to_string();
            assert!(
                error.contains(name) && error.contains("the IDX header"),
                "{error}"
            );
            if sizes.len() == 3 {
                let held = (length - 16).to_string();
                assert!(error.contains("promises 47040000"), "{error}");
                assert!(error.contains(&held) && error.contains("again"), "{error}");
            }
        }
    }
}

#[test]
fn data_after_a_gzip_stream_is_ignored_with_a_warning() {
    let packed = gzip(&idx(&[2, 1, 1], &[3, 4]));
    for rest in [&[0; 100][..], b"junk"] {
        let set = file("images.gz", &[&packed, rest].concat(), (1, 1, 1)).unwrap();
        assert_eq!(images(&set), [[3], [4]]);
        assert_eq!(set.warnings(), ["images.gz: what follows the gzip stream"]);
    }
    let set = file("images.gz", &packed, (1, 1, 1)).unwrap();
    assert!(set.warnings().is_empty());
}

#[test]
fn a_set_larger_than_the_cache_is_read_as_needed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse");
    // A sparse file of 100,000 images of 28×28, the last one white.
    let header = idx(&[100_000, 28, 28], &[]);
    let length = header.len() as u64 + 100_000 * 784;
    let sparse = fs::File::create(&path).unwrap();
    (&sparse).write_all(&header).unwrap();
    sparse.set_len(length).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, &[255; 784], length - 784).unwrap();

    let dataset = load(&path, (3, 128, 128)).unwrap();
    let Dataset::Images(images) = &dataset else {
        panic!("images expected")
    };
    assert_eq!(images.len(), 100_000);
    let ends = images.gather(&[0, 99_999]).unwrap();
    assert!(ends.chunks_exact(2).all(|pair| pair == [-1.0, 1.0]));
    memory::assert_small();

    // The file shrinks while it is in use.
    sparse.set_len(length - 784 - 1).unwrap();
    let kept = images.gather(&[99_999]).unwrap();
    assert!(kept.iter().all(|&value| value == 1.0));
    let error = images.gather(&[99_998]).unwrap_err().to_string();
    assert!(error.contains(path.to_str().unwrap()), "{error}");
    let error = load(&path, (1, 28, 28)).unwrap_err().to_string();
    assert!(error.contains("promises 78400000"), "{error}");
}

proptest! {
    #[test]
    fn mutated_files_are_sets_or_errors(
        edits in prop::collection::vec((0usize..80, any::<u8>()), 1..6),
        cut in 0usize..80,
        packed: bool,
    ) {
        let mut bytes = idx(&[4, 2, 2, 3], &(0..48).collect::<Vec<u8>>());
        if packed {
            bytes = gzip(&bytes);
        }
        let length = bytes.len();
        for (at, byte) in edits {
            bytes[at % length] = byte;
        }
        bytes.truncate(length - cut % length / 8);
        if let Ok(dataset) = file("mutated", &bytes, (3, 2, 2)) {
            prop_assert!(images(&dataset).len() <= bytes.len());
        }
        memory::assert_small();
    }
}
