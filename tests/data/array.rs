//! NumPy arrays.

use proptest::prelude::*;

use crate::{file, images, memory};

/// A file as NumPy writes it.
pub fn npy(descr: &str, fortran: bool, shape: &[usize], payload: &[u8]) -> Vec<u8> {
    let shape: Vec<String> = shape.iter().map(|side| format!("{side},")).collect();
    let fortran = if fortran { "True" } else { "False" };
    let text = format!(
        "{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': ({}), }}",
        shape.join(" ")
    );
    let length = (text.len() + 11).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{text:<width$}\n", width = length - 1).into_bytes());
    bytes.extend(payload);
    bytes
}

fn floats(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

fn refused(bytes: &[u8]) -> String {
    let error = file("a.npy", bytes, (1, 2, 2)).unwrap_err().to_string();
    assert!(error.contains("a.npy"), "{error}");
    error
}

#[test]
fn bytes_come_in_three_orders() {
    let bytes: Vec<u8> = (0..24).collect();
    let gray = images(&file("a", &npy("|u1", false, &[6, 2, 2], &bytes), (1, 2, 2)).unwrap());
    assert_eq!((gray.len(), &gray[1]), (6, &vec![4, 5, 6, 7]));
    let shape = (3, 2, 2);
    let planes = images(&file("a", &npy("|u1", false, &[2, 3, 2, 2], &bytes), shape).unwrap());
    assert_eq!(planes[1], (12..24).collect::<Vec<u8>>());
    let pixels = images(&file("a", &npy("|u1", false, &[2, 2, 2, 3], &bytes), shape).unwrap());
    assert_eq!(pixels[0], [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    // The images are resized to another shape.
    let small = images(&file("a", &npy("|u1", false, &[2, 2, 2, 3], &bytes), (1, 1, 1)).unwrap());
    assert_eq!(small.len(), 2);
}

#[test]
fn the_range_of_floats_is_found_from_all_of_them() {
    let of = |values: [f32; 4]| npy("<f4", false, &[1, 2, 2], &floats(values));
    for (values, bytes) in [
        ([0.0, 0.5, 1.0, 0.25], [0, 128, 255, 64]),
        ([-1.0, 0.0, 1.0, 0.5], [0, 128, 255, 191]),
        ([0.0, 254.6, 255.0, 3.2], [0, 255, 255, 3]),
        ([-0.75, -0.75, -0.75, -0.75], [32, 32, 32, 32]),
    ] {
        let read = images(&file("a", &of(values), (1, 2, 2)).unwrap());
        assert_eq!(read, [bytes], "{values:?}");
    }
    for values in [
        [0.0; 4],
        [-0.5, 0.5, 0.0, 0.1],
        [0.0, 1.1, 0.5, 0.5],
        [-1.0, 1.0, 1.1, 0.0],
        [-2.1, 2.3, 0.0, 0.0],
        [0.0, 100.0, 20.0, 3.0],
        [0.0, 256.0, 1.0, 1.0],
    ] {
        let error = refused(&of(values));
        assert!(error.contains("black and white"), "{values:?}: {error}");
    }
    for wrong in [f32::NAN, f32::INFINITY] {
        assert!(refused(&of([0.0, 1.0, wrong, 0.5])).contains("not finite"));
    }
}

#[test]
fn other_arrays_are_refused_with_what_to_do() {
    let payload = [200; 96];
    for (descr, fortran, shape, words) in [
        (">f4", false, &[6, 2, 2][..], "big-endian"),
        ("<f8", false, &[3, 2, 2], "astype('uint8')"),
        ("<i8", false, &[3, 2, 2], "type <i8"),
        ("|b1", false, &[24, 2, 2], "type |b1"),
        ("|u1", true, &[24, 2, 2], "Fortran order"),
        ("|u1", false, &[24, 4], "not a shape of images"),
        ("|u1", false, &[2, 4, 3, 4], "not a shape of images"),
        ("|u1", false, &[8, 4, 3], "one picture (H, W, C)"),
        ("|u1", false, &[4, 3, 8, 1], "may be (N, C, H, W) or"),
        ("|u1", false, &[0, 2, 2], "size of 0"),
        ("|u1", false, &[25, 2, 2], "promises 100 bytes"),
        ("|u1", false, &[23, 2, 2], "promises 92 bytes"),
        (
            "|u1",
            false,
            &[usize::MAX, usize::MAX, usize::MAX],
            "promises",
        ),
        ("<f4", false, &[1, 1 << 20, 1 << 20], "promises"),
    ] {
        let error = refused(&npy(descr, fortran, shape, &payload));
        assert!(error.contains(words), "{descr} {shape:?}: {error}");
    }
    for text in [
        &b"\x93NUMPY"[..],
        b"\x93NUMPY\x02\0\xff\xff\xff\xff",
        b"\x93NUMPY\x01\0\x04\0abcd",
    ] {
        assert!(refused(text).contains("its header is damaged"));
    }
    memory::assert_small();
}

/// A sparse file of one image of a terabyte.
#[test]
fn an_absurdly_large_image_gets_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.npy");
    let start = npy("|u1", false, &[1, 1 << 20, 1 << 20], &[]);
    std::fs::write(&path, &start).unwrap();
    let sparse = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    sparse.set_len(start.len() as u64 + (1 << 40)).unwrap();
    let error = crate::load(&path, (1, 2, 2)).unwrap_err().to_string();
    assert!(error.contains("too large"), "{error}");
    memory::assert_small();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn mutated_arrays_are_sets_or_errors(
        edits in prop::collection::vec((0usize..176, any::<u8>()), 1..6),
        cut in 0usize..176,
        fraction: bool,
    ) {
        let descr = if fraction { "<f4" } else { "|u1" };
        let payload = floats((0..12).map(|at| at as f32 / 11.0));
        let shape: &[usize] = if fraction { &[3, 2, 2] } else { &[12, 2, 2] };
        let mut bytes = npy(descr, false, shape, &payload);
        let length = bytes.len();
        for (at, byte) in edits {
            bytes[at % length] = byte;
        }
        bytes.truncate(length - cut % length / 8);
        if let Ok(set) = file("mutated.npy", &bytes, (3, 2, 2)) {
            prop_assert!(images(&set).len() <= bytes.len());
        }
        memory::assert_small();
    }
}
