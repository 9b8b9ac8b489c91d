//! Weights files: written at the end of a run, exported for PyTorch, and read again.
//!
//! A file holds tensors under PyTorch's keys. Its metadata describe the run ([`about`]), so that samples, exports and new
//! runs need no other file.

pub(crate) mod about;
pub(crate) mod error;
pub(crate) mod export;
pub(crate) mod file;
pub(crate) mod find;
pub(crate) mod init;
pub mod layers;
mod matching;
pub(crate) mod network;
pub(crate) mod origin;
mod prefix;

use std::path::PathBuf;

use safetensors::SafeTensorError;

use crate::{
    files::tensors::{
        StateTensor,
        encode::{self, Entry},
        hash,
    },
    rundir::{WriteError, directory::RunDirectory},
};
use about::About;

pub use error::Error;
pub use export::{Export, Form};
pub use file::WeightsFile;
pub use init::Init;
pub use layers::Part;
pub use origin::Origin;

/// An encoded weights file.
#[derive(Clone, Debug)]
pub struct Weights {
    /// The bytes of the safetensors file.
    pub file: Vec<u8>,
    /// SHA-256 of the tensors' bytes (little-endian f32), sorted by key, in lower-case hexadecimal.
    pub sha256: String,
}

/// Encodes `tensors` as a safetensors file with `about` in its metadata.
///
/// # Errors
/// If a tensor has another number of values than its shape says.
pub fn encode(mut tensors: Vec<StateTensor>, about: &About) -> Result<Weights, SafeTensorError> {
    tensors.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let entries: Vec<Entry> = tensors.into_iter().map(Entry::floats).collect();
    Ok(Weights {
        sha256: hash::sha256(&entries),
        file: encode::file(entries, Some((about::KEY, about.text()?)))?,
    })
}

/// Encodes the weights of a run and writes them to its folder. Returns the hash of [`Weights::sha256`], and the path of the
/// file or why it could not be written.
///
/// # Errors
/// If a tensor has another number of values than its shape says.
pub fn write(
    directory: &RunDirectory,
    tensors: Vec<StateTensor>,
    about: &About,
) -> Result<(String, Result<PathBuf, WriteError>), SafeTensorError> {
    let encoded = encode(tensors, about)?;
    let place = directory.weights();
    let written = place
        .write(&encoded.file)
        .map(|()| place.path())
        .map_err(WriteError::saving(&place));
    Ok((encoded.sha256, written))
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::preset::builtin::builtin;

    fn tensor(key: &str, shape: &[usize], data: &[f32]) -> StateTensor {
        StateTensor {
            key: key.into(),
            shape: shape.into(),
            data: data.into(),
        }
    }

    fn encoded(tensors: Vec<StateTensor>) -> Result<Weights, SafeTensorError> {
        encode(
            tensors,
            &About::run("ring", 3, 7, &builtin("ring").unwrap()),
        )
    }

    #[test]
    fn the_file_has_all_tensors_and_the_hash_is_in_order_of_keys() {
        let a = tensor("d.0.bias", &[2], &[1.0, -2.0]);
        let b = tensor("d.10.weight", &[1, 1], &[0.5]);
        let c = tensor("d.2.weight", &[1, 1], &[f32::NAN]);
        let written = encoded(vec![c.clone(), a.clone(), b.clone()]).unwrap();

        let file = SafeTensors::deserialize(&written.file).unwrap();
        assert_eq!(file.len(), 3);
        assert_eq!(file.tensor("d.0.bias").unwrap().shape(), [2]);

        let mut hash = Sha256::new();
        for key in ["d.0.bias", "d.10.weight", "d.2.weight"] {
            hash.update(file.tensor(key).unwrap().data());
        }
        assert_eq!(written.sha256, format!("{:x}", hash.finalize()));
        assert_eq!(written.file, encoded(vec![a, b, c]).unwrap().file);
    }

    #[test]
    fn the_hash_of_known_bytes_is_correct() {
        // printf '\x00\x00\x80\x3f' | sha256sum
        let one = encoded(vec![tensor("w", &[1], &[1.0])]).unwrap();
        assert_eq!(
            one.sha256,
            "e00e5eb9444182f352323374ef4e08ebcb784725fdd4fd612d7730540b3e0c8c"
        );
    }

    #[test]
    fn a_shape_that_does_not_fit_is_an_error() {
        assert!(encoded(vec![tensor("w", &[3], &[1.0])]).is_err());
    }

    #[test]
    fn the_metadata_describe_the_run() {
        let one = encoded(vec![tensor("w", &[1], &[1.0])]).unwrap();
        let (_, header) = SafeTensors::read_metadata(&one.file).unwrap();
        let texts = header.metadata().clone().unwrap();
        assert_eq!(texts["format"], "pt");
        let about = About::find(|name| texts.get(name).map(String::as_str));
        let about = about.unwrap().unwrap();
        assert_eq!((&*about.name, about.seed, about.step), ("ring", 3, 7));
        let settings = crate::preset::parse(&about.settings, "file").unwrap();
        assert_eq!(settings, builtin("ring").unwrap());
    }
}
