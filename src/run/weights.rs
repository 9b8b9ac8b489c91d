//! The weights file of a run.

use std::{collections::HashMap, fmt::Write};

use safetensors::{Dtype, SafeTensorError, tensor::TensorView};
use sha2::{Digest, Sha256};

use super::engine::StateTensor;

/// A weights file, ready to be written.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The bytes of the safetensors file.
    pub file: Vec<u8>,
    /// SHA-256 over the tensors' bytes (little-endian f32) in byte order of their keys, in lower-case hexadecimal.
    pub sha256: String,
}

/// Encodes `tensors` as a safetensors file.
///
/// # Errors
/// A tensor whose data do not fill its shape.
pub fn encode(mut tensors: Vec<StateTensor>) -> Result<Weights, SafeTensorError> {
    tensors.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| tensor.data.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let mut hash = Sha256::new();
    bytes.iter().for_each(|bytes| hash.update(bytes));

    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|(tensor, bytes)| {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)?;
            Ok((tensor.key.as_str(), view))
        })
        .collect::<Result<Vec<_>, SafeTensorError>>()?;
    // One entry only: the order of a map's entries is not fixed, the file's bytes are.
    let about = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = safetensors::serialize(views, Some(about))?;
    let sha256 = hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Ok(Weights { file, sha256 })
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::*;

    fn tensor(key: &str, shape: &[usize], data: &[f32]) -> StateTensor {
        StateTensor {
            key: key.into(),
            shape: shape.into(),
            data: data.into(),
        }
    }

    #[test]
    fn the_file_holds_the_tensors_and_the_hash_follows_the_keys() {
        let a = tensor("d.0.bias", &[2], &[1.0, -2.0]);
        let b = tensor("d.10.weight", &[1, 1], &[0.5]);
        let c = tensor("d.2.weight", &[1, 1], &[f32::NAN]);
        let encoded = encode(vec![c.clone(), a.clone(), b.clone()]).unwrap();

        let file = SafeTensors::deserialize(&encoded.file).unwrap();
        assert_eq!(file.len(), 3);
        assert_eq!(file.tensor("d.0.bias").unwrap().shape(), [2]);

        let mut hash = Sha256::new();
        for key in ["d.0.bias", "d.10.weight", "d.2.weight"] {
            hash.update(file.tensor(key).unwrap().data());
        }
        assert_eq!(encoded.sha256, format!("{:x}", hash.finalize()));
        assert_eq!(encoded.file, encode(vec![a, b, c]).unwrap().file);
    }

    #[test]
    fn the_hash_of_known_bytes() {
        // printf '\x00\x00\x80\x3f' | sha256sum
        let one = encode(vec![tensor("w", &[1], &[1.0])]).unwrap();
        assert_eq!(
            one.sha256,
            "e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c"
        );
    }

    #[test]
    fn a_shape_that_does_not_fit_is_an_error() {
        assert!(encode(vec![tensor("w", &[3], &[1.0])]).is_err());
    }
}
