//! A checkpoint from its file.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    path::Path,
};

use super::{CHECKSUM, Checkpoint, POSITION, Position};
use crate::{
    gan::TrainingState,
    rundir::about::SCHEMA,
    tensors::{self, TensorFile, encode::Entry, hash::checksum},
};

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

impl From<tensors::Error> for Problem {
    fn from(error: tensors::Error) -> Self {
        match error {
            tensors::Error::Read { source, .. } => Self::Read(source),
            tensors::Error::Format { reason, .. } | tensors::Error::Index { reason, .. } => {
                Self::Form(reason)
            }
        }
    }
}

/// Reads and verifies a checkpoint. What its header and its length say is looked at before anything else is read.
///
/// # Errors
/// A file that is torn, damaged or something else.
pub fn read(file: File) -> Result<Checkpoint, Problem> {
    verified(file)
}

/// The same from the bytes of a file.
///
/// # Errors
/// Those of [`read`].
pub fn decode(bytes: &[u8]) -> Result<Checkpoint, Problem> {
    verified(Cursor::new(bytes))
}

fn verified(file: impl Read + Seek) -> Result<Checkpoint, Problem> {
    let file = head(file)?;
    let (text, sum) = texts(&file)?;
    let (text, sum) = (text.to_owned(), sum.to_owned());
    let position = position(&text)?;
    let entries = file.complete()?.entries()?;
    if checksum(&text, &entries) != sum {
        return Err(Problem::Damaged);
    }
    let tensors = entries.into_iter().map(Entry::tensor);
    let tensors: Option<_> = tensors.collect();
    Ok(Checkpoint {
        state: TrainingState {
            steps: position.step,
            updates_d: position.updates_d,
            updates_g: position.updates_g,
            tensors: tensors.ok_or(Problem::Foreign)?,
        },
        position,
    })
}

/// Reads where a checkpoint belongs from the head of its file, whose tensors are not looked at.
///
/// # Errors
/// Those of [`read`], as far as the head shows them.
pub fn read_position(file: File) -> Result<Position, Problem> {
    position(texts(&head(file)?)?.0)
}

/// A file of which the header is read; a [`Problem`] names no path.
fn head<R: Read + Seek>(file: R) -> Result<TensorFile<R>, tensors::Error> {
    TensorFile::header(file, Path::new(""))
}

/// Position and checksum as a header has them.
fn texts<R: Read + Seek>(file: &TensorFile<R>) -> Result<(&str, &str), Problem> {
    let text = |name| file.metadata(name).ok_or(Problem::Foreign);
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
