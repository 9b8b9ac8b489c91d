//! A checkpoint from its file.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use safetensors::{Dtype, SafeTensors};

use super::{CHECKSUM, Checkpoint, POSITION, Position, encode::checksum};
use crate::{gan::TrainingState, nn::StateTensor, run::about::SCHEMA};

/// Longest header that safetensors allows.
const HEADER: u64 = 100_000_000;

/// Why a file is no checkpoint that a run could go on from.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    #[error("it is no whole safetensors file: {0}")]
    Form(String),
    #[error("it is a safetensors file, but no checkpoint of this program")]
    Foreign,
    #[error("it is of a newer program (schema {0}; this one knows {SCHEMA})")]
    Newer(u32),
    #[error("its checksum does not fit: it was damaged after it was written")]
    Damaged,
}

/// Reads and verifies a checkpoint.
///
/// # Errors
/// A file that is missing, torn, damaged or something else.
pub fn read(path: &Path) -> Result<Checkpoint, Problem> {
    decode(&fs::read(path)?)
}

/// The same from the bytes of a file.
///
/// # Errors
/// Those of [`read`].
pub fn decode(bytes: &[u8]) -> Result<Checkpoint, Problem> {
    let form = |error: &dyn std::fmt::Display| Problem::Form(error.to_string());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| form(&error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| form(&error))?;
    let about = header.metadata().as_ref().ok_or(Problem::Foreign)?;
    let (Some(text), Some(sum)) = (about.get(POSITION), about.get(CHECKSUM)) else {
        return Err(Problem::Foreign);
    };
    let position = position(text)?;
    let mut views: Vec<_> = file.iter().collect();
    views.sort_unstable_by_key(|(key, _)| *key);
    let parts = views
        .iter()
        .map(|(key, view)| (*key, view.shape(), view.data()));
    if checksum(text, parts) != *sum {
        return Err(Problem::Damaged);
    }
    let tensors = views
        .iter()
        .map(|(key, view)| match view.dtype() {
            Dtype::F32 => Ok(StateTensor {
                key: (*key).to_owned(),
                shape: view.shape().to_owned(),
                data: view
                    .data()
                    .chunks_exact(4)
                    .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
                    .collect(),
            }),
            _ => Err(Problem::Foreign),
        })
        .collect::<Result<_, _>>()?;
    Ok(Checkpoint {
        state: TrainingState {
            steps: position.step,
            updates_d: position.updates_d,
            updates_g: position.updates_g,
            tensors,
        },
        position,
    })
}

/// Reads where a checkpoint belongs from the head of its file, whose tensors are not looked at.
///
/// # Errors
/// Those of [`read`], as far as the head shows them.
pub fn read_position(path: &Path) -> Result<Position, Problem> {
    let mut file = File::open(path)?;
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > HEADER || length > file.metadata()?.len() {
        return Err(Problem::Form("its header is longer than it is".to_owned()));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header)?;
    let header: serde_json::Value =
        serde_json::from_slice(&header).map_err(|error| Problem::Form(error.to_string()))?;
    match header["__metadata__"][POSITION].as_str() {
        Some(text) => position(text),
        None => Err(Problem::Foreign),
    }
}

fn position(text: &str) -> Result<Position, Problem> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| Problem::Foreign)?;
    match value["schema"].as_u64() {
        Some(schema) if schema > SCHEMA.into() => {
            Err(Problem::Newer(u32::try_from(schema).unwrap_or(u32::MAX)))
        }
        _ => serde_json::from_value(value).map_err(|_| Problem::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::checkpoint::{encode, tests::checkpoint};

    #[test]
    fn what_is_written_is_read_to_the_bit() {
        let written = checkpoint(7, 3);
        let read = decode(&encode(&written).unwrap()).unwrap();
        assert_eq!(read.position, written.position);
        let bits = |state: &TrainingState| -> Vec<(String, Vec<usize>, Vec<u32>)> {
            let tensors = state.tensors.iter();
            tensors
                .map(|t| {
                    (
                        t.key.clone(),
                        t.shape.clone(),
                        t.data.iter().map(|x| x.to_bits()).collect(),
                    )
                })
                .collect()
        };
        assert_eq!(bits(&read.state), bits(&written.state));
    }

    #[test]
    fn no_flipped_bit_passes() {
        let whole = encode(&checkpoint(7, 3)).unwrap();
        for byte in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[byte] ^= 1 << bit;
                // A header may say the same in other bytes, such as a blank for another; nothing else may pass.
                if let Ok(read) = decode(&flipped) {
                    assert_eq!(encode(&read).unwrap().len(), whole.len());
                    assert_eq!(read.position, checkpoint_like(&whole).position);
                }
            }
        }
    }

    fn checkpoint_like(bytes: &[u8]) -> Checkpoint {
        decode(bytes).unwrap()
    }

    #[test]
    fn torn_foreign_and_newer_files_are_told_apart() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("step-000007.safetensors");
        let told = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read(&path).unwrap_err().to_string()
        };
        let whole = encode(&checkpoint(7, 3)).unwrap();
        assert!(told(&whole[..whole.len() - 1]).contains("no whole safetensors"));
        assert!(told(b"").contains("no whole safetensors"));
        let tensor = safetensors::tensor::TensorView::new(Dtype::U8, vec![1], &[7]).unwrap();
        let foreign = safetensors::serialize([("weight", tensor)], None).unwrap();
        assert!(told(&foreign).contains("no checkpoint of this program"));
        let mut newer = checkpoint(7, 3);
        newer.position.schema = 9;
        assert!(told(&encode(&newer).unwrap()).contains("schema 9"));
        fs::remove_file(&path).unwrap();
        assert!(matches!(read(&path), Err(Problem::Read(_))));
    }

    #[test]
    fn the_head_alone_says_where_it_belongs() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x");
        let whole = encode(&checkpoint(7, 3)).unwrap();
        fs::write(&path, &whole).unwrap();
        assert_eq!(
            read_position(&path).unwrap(),
            decode(&whole).unwrap().position
        );
        fs::write(&path, u64::MAX.to_le_bytes()).unwrap();
        assert!(matches!(read_position(&path), Err(Problem::Form(_))));
    }
}
