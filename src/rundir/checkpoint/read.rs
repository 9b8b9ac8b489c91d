//! A checkpoint from its file.

use std::{
    fs::File,
    io::{self, Read, Seek},
};

use safetensors::{Dtype, SafeTensors, tensor::Metadata};

use super::{CHECKSUM, Checkpoint, POSITION, Position, encode::checksum};
use crate::{gan::TrainingState, rundir::about::SCHEMA, tensors::StateTensor};

/// Longer headers are none of this program's: a tensor takes up a hundred bytes of it.
const HEADER: u64 = 16 << 20;
/// Bytes before the header: its length.
const PREFIX: u64 = 8;

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

/// Reads and verifies a checkpoint. What its header and its length say is looked at before anything else is read.
///
/// # Errors
/// A file that is torn, damaged or something else.
pub fn read(mut file: File) -> Result<Checkpoint, Problem> {
    let length = file.metadata()?.len();
    let (header, start) = head(&mut file)?;
    let (text, _) = texts(&header)?;
    position(text)?;
    let promised = start + header.data_len() as u64;
    if promised != length {
        let message = format!("its header promises {promised} bytes, and it has {length}");
        return Err(Problem::Form(message));
    }
    file.rewind()?;
    let mut bytes = Vec::new();
    let room = usize::try_from(length).unwrap_or(usize::MAX);
    bytes
        .try_reserve_exact(room)
        .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    file.take(length).read_to_end(&mut bytes)?;
    decode(&bytes)
}

/// The same from the bytes of a file.
///
/// # Errors
/// Those of [`read`].
pub fn decode(bytes: &[u8]) -> Result<Checkpoint, Problem> {
    let form = |error: &dyn std::fmt::Display| Problem::Form(error.to_string());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| form(&error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| form(&error))?;
    let (text, sum) = texts(&header)?;
    let position = position(text)?;
    let mut views: Vec<_> = file.iter().collect();
    views.sort_unstable_by_key(|(key, _)| *key);
    let parts = views
        .iter()
        .map(|(key, view)| (*key, view.shape(), view.data()));
    if checksum(text, parts) != sum {
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
pub fn read_position(mut file: File) -> Result<Position, Problem> {
    let (header, _) = head(&mut file)?;
    position(texts(&header)?.0)
}

/// The header of a file, and where its tensors begin.
fn head(file: &mut File) -> Result<(Metadata, u64), Problem> {
    let length = file.metadata()?.len();
    let mut prefix = [0; PREFIX as usize];
    if length < PREFIX {
        return Err(Problem::Form(format!("it has {length} bytes")));
    }
    file.read_exact(&mut prefix)?;
    let header = u64::from_le_bytes(prefix);
    if header > length - PREFIX {
        return Err(Problem::Form("its header is longer than it is".to_owned()));
    }
    if header > HEADER {
        let message = format!("a header of {header} bytes is too long");
        return Err(Problem::Form(message));
    }
    let mut text = Vec::new();
    file.take(header).read_to_end(&mut text)?;
    let metadata =
        serde_json::from_slice(&text).map_err(|error| Problem::Form(error.to_string()))?;
    Ok((metadata, PREFIX + header))
}

/// Position and checksum as a header has them.
fn texts(header: &Metadata) -> Result<(&str, &str), Problem> {
    let texts = header.metadata().as_ref().ok_or(Problem::Foreign)?;
    let text = |name| texts.get(name).map(String::as_str).ok_or(Problem::Foreign);
    Ok((text(POSITION)?, text(CHECKSUM)?))
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
    use std::fs;

    use super::*;
    use crate::rundir::checkpoint::{encode, tests::checkpoint};

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
            read(File::open(&path).unwrap()).unwrap_err().to_string()
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
        // Three gigabytes without a byte of a checkpoint are not read.
        let sparse = File::create(&path).unwrap();
        sparse.set_len(3 << 30).unwrap();
        assert!(read(File::open(&path).unwrap()).is_err());
    }

    #[test]
    fn the_head_alone_says_where_it_belongs() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x");
        let whole = encode(&checkpoint(7, 3)).unwrap();
        fs::write(&path, &whole).unwrap();
        assert_eq!(
            read_position(File::open(&path).unwrap()).unwrap(),
            decode(&whole).unwrap().position
        );
        fs::write(&path, u64::MAX.to_le_bytes()).unwrap();
        let lying = read_position(File::open(&path).unwrap());
        assert!(matches!(lying, Err(Problem::Form(_))));
    }
}
