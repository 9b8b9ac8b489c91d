//! Reading and verifying a checkpoint.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::Path,
};

use super::{CHECKSUM, Checkpoint, POSITION, Position};
use crate::{
    engine::gan::TrainingState,
    files::tensors::{self, TensorFile, encode::Entry, hash::checksum},
    rundir::about::SCHEMA,
};

/// Why a file is not a valid checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// The file is not a safetensors file, or is truncated.
    #[error("it is not a complete safetensors file: {0}")]
    Format(String),
    /// The safetensors file lacks what a checkpoint has.
    #[error("it is a safetensors file, but not a checkpoint of this program")]
    Foreign,
    /// The schema is newer than this program's.
    #[error("it is of a newer program (schema {0}; this one reads {SCHEMA})")]
    Newer(u32),
    /// The checksum does not match.
    #[error("its checksum does not match: it was damaged after it was written")]
    Damaged,
}

impl From<tensors::Error> for Error {
    fn from(error: tensors::Error) -> Self {
        match error {
            tensors::Error::Read { source, .. } => Self::Read(source),
            tensors::Error::Format { reason, .. } | tensors::Error::Index { reason, .. } => {
                Self::Format(reason)
            }
        }
    }
}

/// Reads and verifies a checkpoint. The header and the file length are checked before anything else is read.
///
/// # Errors
/// If the file cannot be read or is not a valid checkpoint.
pub fn read(file: File) -> Result<Checkpoint, Error> {
    verified(file)
}

/// Decodes and verifies the bytes of a checkpoint file.
///
/// # Errors
/// If they are not a valid checkpoint.
pub fn decode(bytes: &[u8]) -> Result<Checkpoint, Error> {
    verified(Cursor::new(bytes))
}

fn verified(file: impl Read + Seek) -> Result<Checkpoint, Error> {
    let file = head(file)?;
    let (text, sum) = texts(&file)?;
    let (text, sum) = (text.to_owned(), sum.to_owned());
    let position = position(&text)?;
    let entries = file.complete()?.entries()?;
    if checksum(&text, &entries) != sum {
        return Err(Error::Damaged);
    }
    let tensors = entries.into_iter().map(Entry::tensor);
    let tensors: Option<_> = tensors.collect();
    Ok(Checkpoint {
        state: TrainingState {
            steps: position.step,
            updates_d: position.updates_d,
            updates_g: position.updates_g,
            tensors: tensors.ok_or(Error::Foreign)?,
        },
        position,
    })
}

/// Reads the position in the header of a checkpoint file, without the tensors and without verifying the checksum.
///
/// # Errors
/// If the file cannot be read or the header is not that of a checkpoint.
pub fn read_position(file: File) -> Result<Position, Error> {
    position(texts(&head(file)?)?.0)
}

/// Reads the header. The path stays empty, as [`Error`] does not contain it.
fn head<R: Read + Seek>(file: R) -> Result<TensorFile<R>, tensors::Error> {
    TensorFile::header(file, Path::new(""))
}

/// The position and the checksum in the header.
fn texts<R: Read + Seek>(file: &TensorFile<R>) -> Result<(&str, &str), Error> {
    let text = |name| file.metadata(name).ok_or(Error::Foreign);
    Ok((text(POSITION)?, text(CHECKSUM)?))
}

fn position(text: &str) -> Result<Position, Error> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|_| Error::Foreign)?;
    match value["schema"].as_u64() {
        Some(schema) if schema > SCHEMA.into() => {
            Err(Error::Newer(u32::try_from(schema).unwrap_or(u32::MAX)))
        }
        _ => serde_json::from_value(value).map_err(|_| Error::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use safetensors::Dtype;

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
                // Some flipped bits change only the spelling of the header, such as one kind of whitespace. Nothing
                // else may pass.
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
    fn truncated_foreign_and_newer_files_have_different_errors() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("step-000007.safetensors");
        let told = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read(File::open(&path).unwrap()).unwrap_err().to_string()
        };
        let whole = encode(&checkpoint(7, 3)).unwrap();
        assert!(told(&whole[..whole.len() - 1]).contains("not a complete safetensors"));
        assert!(told(b"").contains("not a complete safetensors"));
        let tensor = safetensors::tensor::TensorView::new(Dtype::U8, vec![1], &[7]).unwrap();
        let foreign = safetensors::serialize([("weight", tensor)], None).unwrap();
        assert!(told(&foreign).contains("not a checkpoint of this program"));
        let mut newer = checkpoint(7, 3);
        newer.position.schema = 9;
        assert!(told(&encode(&newer).unwrap()).contains("schema 9"));
        // Three gigabytes of zeros are not read.
        let sparse = File::create(&path).unwrap();
        sparse.set_len(3 << 30).unwrap();
        assert!(read(File::open(&path).unwrap()).is_err());
    }

    #[test]
    fn the_header_alone_has_the_position() {
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
        assert!(matches!(lying, Err(Error::Format(_))));
    }
}
