//! Binary files of CIFAR and STL-10.

use std::fs;

use proptest::prelude::*;

use crate::{file, images, load, memory};

const SHAPE: (usize, usize, usize) = (3, 32, 32);

/// Records of CIFAR-10: each image has one value, which counts up.
fn cifar10(count: u8) -> Vec<u8> {
    (0..count)
        .flat_map(|value| [vec![value % 10], vec![value; 3072]].concat())
        .collect()
}

#[test]
fn a_file_is_recognized_by_its_length_and_labels() {
    let ten = file("anything", &cifar10(12), SHAPE).unwrap();
    let hundred: Vec<u8> = (0..5u8)
        .flat_map(|value| [vec![19, 99], vec![value; 3072]].concat())
        .collect();
    let hundred = file("train.bin", &hundred, SHAPE).unwrap();
    for (set, count) in [(ten, 12), (hundred, 5)] {
        let images = images(&set);
        assert_eq!(images.len(), count);
        for (value, image) in images.iter().enumerate() {
            assert_eq!(*image, [value as u8; 3072]);
        }
    }
}

#[test]
fn the_planes_of_stl10_are_stored_by_column() {
    let mut image = vec![0; 3 * 96 * 96];
    // The green channel, column 1, row 2.
    image[9216 + 96 + 2] = 255;
    let set = file(
        "unlabeled_X.bin",
        &[image.clone(), image].concat(),
        (3, 96, 96),
    )
    .unwrap();
    let images = images(&set);
    assert_eq!(images.len(), 2);
    let white = images[1].iter().position(|&byte| byte == 255);
    assert_eq!(white, Some(9216 + 2 * 96 + 1));
}

/// Records whose label and first pixels look like the header of an IDX file.
#[test]
fn records_that_look_like_idx_are_recognized_by_size_or_name() {
    let with_start = |start: &[u8]| {
        let mut bytes = cifar10(2);
        bytes[..start.len()].copy_from_slice(start);
        bytes
    };
    // As IDX, images of 2,570 × 2⁵⁶ pixels.
    let dark = with_start(&[0, 0, 8, 3, 9, 9, 9, 9, 10, 10, 10, 10, 11, 11, 11, 11]);
    // As IDX, images of 10 × 11 pixels.
    let odd = with_start(&[0, 0, 8, 3, 9, 9, 9, 9, 0, 0, 0, 10, 0, 0, 0, 11]);
    assert_eq!(images(&file("anything", &dark, SHAPE).unwrap()).len(), 2);
    let error = file("anything", &odd, SHAPE).unwrap_err().to_string();
    assert!(
        error.contains("promises") && error.contains("data_batch_1.bin"),
        "{error}"
    );
    for name in ["data_batch_1.bin", "test_batch.bin"] {
        assert_eq!(images(&file(name, &odd, SHAPE).unwrap()).len(), 2);
    }
}

#[test]
fn a_length_alone_is_not_stl10() {
    let text = b"Training sets are read to the letter.\n".repeat(1000);
    for bytes in [&text[..27_648], &[200; 2 * 27_648]] {
        let error = file("notes.txt", bytes, (3, 48, 48))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("notes.txt") && error.contains("unlabeled_X.bin"),
            "{error}"
        );
    }
}

#[test]
fn a_folder_of_batches_is_one_set_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let all = cifar10(6);
    let (first, second) = all.split_at(2 * 3073);
    fs::write(folder.path().join("data_batch_2.bin"), second).unwrap();
    fs::write(folder.path().join("data_batch_1.bin"), first).unwrap();
    fs::write(folder.path().join("test_batch.bin"), first).unwrap();
    fs::write(folder.path().join("readme.html"), "<html>").unwrap();
    let set = load(folder.path(), SHAPE).unwrap();
    let values: Vec<u8> = images(&set).iter().map(|image| image[0]).collect();
    assert_eq!(values, [0, 1, 2, 3, 4, 5]);

    for wrong in [&first[..3072], &[], &[&[10], &first[1..]].concat()] {
        fs::write(folder.path().join("data_batch_2.bin"), wrong).unwrap();
        let error = load(folder.path(), SHAPE).unwrap_err().to_string();
        assert!(error.contains("data_batch_2.bin"), "{error}");
    }
}

#[test]
fn invalid_lengths_and_labels_are_errors() {
    let whole = cifar10(3);
    for length in [0, 1, 3072, 3074 - 2, whole.len() - 1] {
        let error = file("data.bin", &whole[..length], SHAPE).unwrap_err();
        assert!(error.to_string().contains("3,073"), "{error}");
    }
    let mut label = whole;
    label[3073] = 10;
    let error = file("data.bin", &label, SHAPE).unwrap_err().to_string();
    assert!(error.contains("record 1 has the label 10"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn mutated_files_are_sets_or_errors(
        edits in prop::collection::vec((0usize..9300, any::<u8>()), 0..6),
        length in 0usize..9300,
    ) {
        let mut bytes = cifar10(3);
        for (at, byte) in edits {
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
        }
        if length % 3 > 0 {
            bytes.resize(length, 1);
        }
        if let Ok(set) = file("mutated", &bytes, SHAPE) {
            prop_assert!(images(&set).len() <= 3);
        }
        memory::assert_small();
    }
}
