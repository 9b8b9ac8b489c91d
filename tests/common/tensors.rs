//! The tensors of a file of weights, parsed independently of the program.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

/// The tensors of a file by key. The file is a length, a JSON header with shapes and offsets by key, and the numbers.
pub struct Weights(pub BTreeMap<String, Tensor>);

#[derive(Debug, PartialEq)]
pub struct Tensor {
    pub shape: Vec<u64>,
    pub bytes: Vec<u8>,
}

impl Weights {
    pub fn read(path: &Path) -> Self {
        let file = fs::read(path).unwrap();
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let (header, data) = file[8..].split_at(length);
        let header: BTreeMap<String, Value> = serde_json::from_slice(header).unwrap();
        let numbers = |value: &Value| -> Vec<u64> {
            let list = value.as_array().unwrap();
            list.iter().map(|n| n.as_u64().unwrap()).collect()
        };
        let tensors = header.iter().filter(|(key, _)| *key != "__metadata__");
        Self(
            tensors
                .map(|(key, about)| {
                    assert_eq!(about["dtype"], "F32", "{key}");
                    let place = numbers(&about["data_offsets"]);
                    let bytes = data[place[0] as usize..place[1] as usize].to_vec();
                    let shape = numbers(&about["shape"]);
                    assert_eq!(shape.iter().product::<u64>() * 4, bytes.len() as u64);
                    (key.clone(), Tensor { shape, bytes })
                })
                .collect(),
        )
    }

    /// All keys in byte order.
    pub fn keys(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub fn numbers(&self, key: &str) -> Vec<f32> {
        let bytes = self.0[key].bytes.chunks_exact(4);
        bytes
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect()
    }
}
