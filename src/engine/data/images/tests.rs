use super::*;

fn set(channels: usize, pixels: Vec<u8>) -> ImageSet {
    ImageSet {
        count: pixels.len() / (2 * 2 * channels),
        height: 2,
        width: 2,
        channels,
        pixels,
    }
}

/// The features of every image as bytes.
fn bytes(images: &Images) -> Vec<Vec<u8>> {
    let all = 0..images.len() as u32;
    all.map(|index| {
        let values = images.gather(&[index]).unwrap().into_iter();
        values.map(|x| ((x + 1.0) * 127.5).round() as u8).collect()
    })
    .collect()
}

#[test]
fn features_are_channels_first_and_the_batch_is_last() {
    let colour = set(3, (0..24).collect());
    let images = Images::new(colour, (3, 2, 2)).unwrap();
    let batch = images.gather(&[1, 0]).unwrap();
    let byte =
        |feature: usize, sample: usize| ((batch[feature * 2 + sample] + 1.0) * 127.5).round();
    // Green of the pixel at row 1, column 0 is byte 2 * 3 + 1 of an image and feature 1 * 4 + 2.
    assert_eq!((byte(6, 1), byte(6, 0)), (7.0, 19.0));
}

#[test]
fn values_are_in_minus_one_to_one() {
    let images = Images::new(set(1, vec![0, 255, 0, 255]), (1, 2, 2)).unwrap();
    assert_eq!(images.gather(&[0]).unwrap(), [-1.0, 1.0, -1.0, 1.0]);
}

#[test]
fn sizes_and_channels_are_converted() {
    let gray = Images::new(set(1, vec![10, 10, 10, 10]), (3, 4, 6)).unwrap();
    assert_eq!((gray.len(), gray.features()), (1, 72));
    assert_eq!(bytes(&gray), [[10; 72]]);
    let colour = Images::new(set(3, [255, 0, 0].repeat(4)), (1, 2, 2)).unwrap();
    assert!(
        bytes(&colour)[0]
            .iter()
            .all(|value| (50..60).contains(value))
    );
}

#[test]
fn images_converted_when_read_equal_images_converted_at_once() {
    let colour = set(3, (0..60).collect());
    for shape in [(3, 2, 2), (1, 2, 2), (3, 5, 3), (1, 1, 1)] {
        let at_once = bytes(&Images::new(colour.clone(), shape).unwrap());
        let store = || Store::Set(colour.clone());
        let mut needed =
            Images::of(Target::new(shape, Fit::Crop).unwrap(), 5, store(), vec![]).unwrap();
        for room in [0, 30, MEMORY] {
            needed.cache = Arc::new(Mutex::new(Cache::new(room, Vec::new())));
            assert_eq!(bytes(&needed), at_once, "{shape:?}");
            assert_eq!(bytes(&needed), at_once, "{shape:?}, again");
        }
    }
}

#[test]
fn a_set_too_large_to_convert_is_kept_without_a_copy() {
    let gray = set(1, vec![7; 4 * 2000]);
    let pixels = gray.pixels.as_ptr();
    let images = Images::new(gray, (3, 256, 256)).unwrap();
    assert!(matches!(&*images.store, Store::Set(set) if set.pixels.as_ptr() == pixels));
}

#[test]
fn mirroring_reverses_rows_in_batches_but_not_in_gathered_images() {
    let images = Images::new(set(1, vec![1, 2, 3, 4]), (1, 2, 2)).unwrap();
    let flipping = images.with(Augmentation {
        flip: true,
        dequantize: false,
    });
    let plain = images.gather(&[0]).unwrap();
    assert_eq!(flipping.gather(&[0]).unwrap(), plain);
    let mirrored = [plain[1], plain[0], plain[3], plain[2]];
    let batches: Vec<_> = (0..32)
        .map(|index| flipping.batch(&[0], 5, index).unwrap())
        .collect();
    assert!(
        batches
            .iter()
            .all(|batch| *batch == plain || *batch == mirrored)
    );
    assert!(batches.contains(&plain) && batches.iter().any(|batch| *batch == mirrored));
}

#[test]
fn invalid_shapes_are_refused() {
    for shape in [
        (2, 2, 2),
        (1, 0, 2),
        (1, 2, usize::MAX),
        (3, 1 << 31, 1 << 31),
    ] {
        let result = Images::new(set(1, vec![0; 4]), shape);
        assert!(matches!(result, Err(Error::Target(..))), "{shape:?}");
    }
}
