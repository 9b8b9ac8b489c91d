//! A parser for NumPy files.

use std::{fs, path::Path};

/// The shape and numbers of a file of single-precision numbers.
pub fn read(path: &Path) -> (Vec<usize>, Vec<f32>) {
    let file = fs::read(path).unwrap();
    assert_eq!(&file[..8], b"\x93NUMPY\x01\x00");
    let length = usize::from(u16::from_le_bytes([file[8], file[9]]));
    let (header, data) = file[10..].split_at(length);
    let header = std::str::from_utf8(header).unwrap();
    assert!(header.contains("'<f4'") && header.contains("'fortran_order': False"));
    let (_, shape) = header.split_once('(').unwrap();
    let (shape, _) = shape.split_once(')').unwrap();
    let shape: Vec<usize> = shape
        .split(',')
        .map(|side| side.trim().parse().unwrap())
        .collect();
    let numbers = data
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes(four.try_into().unwrap()));
    let numbers: Vec<f32> = numbers.collect();
    assert_eq!(numbers.len(), shape.iter().product::<usize>());
    (shape, numbers)
}
