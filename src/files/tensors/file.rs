//! Reading the tensors of a safetensors file, one at a time.
//!
//! The sizes in the header are checked against the file's length before memory is allocated.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use safetensors::tensor::{Metadata, TensorInfo};
use sha2::{Digest, Sha256};

use super::{encode::Entry, hash::hex, header::Header, number::decoder};
use crate::{files::open, text::wording::unreadable};

/// An error of reading a safetensors file.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum Error {
    #[error("{}", unreadable(path.display(), source))]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is not a safetensors file: {reason}", path.display())]
    Format { path: PathBuf, reason: String },
    #[error("{}: {reason}", path.display())]
    Index { path: PathBuf, reason: String },
}

/// An open safetensors file.
#[derive(Debug)]
pub struct TensorFile<R = File> {
    path: PathBuf,
    file: R,
    /// Length of the file in bytes.
    length: u64,
    metadata: Metadata,
    /// Byte offset of the tensors' data.
    start: u64,
}

impl TensorFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// If the file cannot be read or is not a regular file, the header is damaged, or the file has another length than
    /// the header says.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = open::plain(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::from_reader(file, path)
    }
}

impl<R: Read + Seek> TensorFile<R> {
    /// Reads the header of an open file or of bytes in memory; `path` is for error messages.
    ///
    /// # Errors
    /// If reading fails, the header is damaged, or the file has another length than the header says.
    pub fn from_reader(file: R, path: &Path) -> Result<Self, Error> {
        Self::header(file, path)?.complete()
    }

    /// Reads only the header of an open file: its tensors may be missing. [`TensorFile::complete`] checks that they are
    /// there.
    ///
    /// # Errors
    /// If reading fails or the header is damaged.
    pub fn header(mut file: R, path: &Path) -> Result<Self, Error> {
        let Header {
            metadata,
            start,
            length,
        } = Header::read(&mut file, path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
            metadata,
            start,
        })
    }

    /// Checks that the file holds exactly the tensors of its header.
    ///
    /// # Errors
    /// If the file has more or fewer bytes than the header says.
    pub fn complete(self) -> Result<Self, Error> {
        let (promised, held) = (self.metadata.data_len() as u64, self.length - self.start);
        if promised == held {
            Ok(self)
        } else {
            Err(Error::Format {
                path: self.path,
                reason: format!(
                    "the header promises {promised} bytes of tensors, the file holds {held}"
                ),
            })
        }
    }

    /// The text of this name in the header's metadata.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        let texts = self.metadata.metadata().as_ref()?;
        texts.get(name).map(String::as_str)
    }

    /// The keys of all tensors, in no particular order.
    pub fn keys(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    /// The shape of a tensor; `None` if it is missing or [`TensorFile::read`] does not support its type.
    pub fn shape(&self, key: &str) -> Option<&[usize]> {
        let info = self.metadata.info(key)?;
        decoder(info.dtype).map(|_| &*info.shape)
    }

    /// The shape of a tensor of any type, and the name of the type.
    pub fn info(&self, key: &str) -> Option<(&[usize], String)> {
        let TensorInfo { shape, dtype, .. } = self.metadata.info(key)?;
        Some((shape, format!("{dtype:?}")))
    }

    /// The numbers of a tensor of type f64, f32, f16, bf16, or f8 (E4M3, E5M2), row-major; `None` if it is missing or has
    /// another type.
    ///
    /// # Errors
    /// If reading fails.
    pub fn read(&mut self, key: &str) -> Result<Option<Vec<f64>>, Error> {
        let dtype = self.metadata.info(key).map(|info| info.dtype);
        let Some((size, decode)) = dtype.and_then(decoder) else {
            return Ok(None);
        };
        let bytes = self.bytes(key)?;
        Ok(bytes.map(|bytes| bytes.chunks_exact(size).map(decode).collect()))
    }

    /// The bytes of a tensor of any type; `None` if it is missing.
    ///
    /// # Errors
    /// If reading fails.
    pub fn bytes(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(info) = self.metadata.info(key) else {
            return Ok(None);
        };
        let (from, to) = info.data_offsets;
        let unreadable = |source| Error::Read {
            path: self.path.clone(),
            source,
        };
        self.file
            .seek(SeekFrom::Start(self.start + from as u64))
            .map_err(unreadable)?;
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(to - from)
            .map_err(|_| unreadable(io::ErrorKind::OutOfMemory.into()))?;
        self.file
            .by_ref()
            .take((to - from) as u64)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() != to - from {
            return Err(unreadable(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(Some(bytes))
    }

    /// All tensors with their bytes, sorted by key.
    ///
    /// # Errors
    /// If reading fails.
    pub fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for (key, info) in self.metadata.tensors() {
            let (dtype, shape) = (info.dtype, info.shape.clone());
            entries.push(Entry {
                bytes: Vec::new(),
                key,
                dtype,
                shape,
            });
        }
        entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        for entry in &mut entries {
            entry.bytes = self.bytes(&entry.key)?.unwrap_or_default();
        }
        Ok(entries)
    }

    /// SHA-256 of the bytes of the tensors with these keys, sorted by key, in lower-case hexadecimal.
    ///
    /// # Errors
    /// If reading fails.
    pub fn sha256(&mut self, mut keys: Vec<&str>) -> Result<String, Error> {
        keys.sort_unstable();
        let mut hash = Sha256::new();
        for key in keys {
            hash.update(self.bytes(key)?.unwrap_or_default());
        }
        Ok(hex(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(bytes: &[u8]) -> String {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("x.safetensors");
        std::fs::write(&path, bytes).unwrap();
        TensorFile::open(&path).unwrap_err().to_string()
    }

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u64).to_le_bytes();
        [&length, header.as_bytes(), data].concat()
    }

    #[test]
    fn damaged_files_are_refused_with_a_reason() {
        let tensor = |shape: &str, end: u64| {
            format!(r#"{{"weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,{end}]}}}}"#)
        };
        for (bytes, words) in [
            (b"short".to_vec(), "5 bytes long"),
            (b"PK\x03\x04 and so on".to_vec(), "torch.save"),
            (b"(latent: 64, batch: 8)".to_vec(), "it is text"),
            (
                b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(),
                "does not begin as one",
            ),
            (
                (1u64 << 60).to_le_bytes().to_vec(),
                "promises 1152921504606846976 bytes",
            ),
            (file("{]", &[]), "damaged"),
            (
                file(&tensor("[1,1]", 4), &[0; 3]),
                "promises 4 bytes of tensors, the file holds 3",
            ),
            (
                file(&tensor("[1000000000,1]", 4_000_000_000), &[0; 8]),
                "holds 8",
            ),
            (file(&tensor("[4,4]", 4), &[0; 4]), "damaged"),
            (
                file(&tensor("[4294967296,4294967296]", 4), &[0; 4]),
                "damaged",
            ),
        ] {
            let message = reason(&bytes);
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn files_of_other_formats_are_named() {
        let message = reason(b"GGUF\x03\0\0\0 and more");
        assert!(message.contains("GGUF"), "{message}");
    }

    /// A header of 640 bytes starts like a pickle: 0x0280.
    #[test]
    fn a_header_of_any_length_is_read() {
        let tensor = r#"{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        for length in [640, 896, 0x4b50] {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("x.safetensors");
            let header = format!("{tensor:length$}");
            std::fs::write(&path, file(&header, &[0; 4])).unwrap();
            assert_eq!(TensorFile::open(&path).unwrap().keys(), ["weight"]);
        }
    }

    #[test]
    fn folders_and_missing_files_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = TensorFile::open(home.path()).unwrap_err().to_string();
        assert!(folder.contains("a folder, not a plain file"), "{folder}");
        let gone = TensorFile::open(&home.path().join("gone")).unwrap_err();
        assert!(gone.to_string().starts_with("cannot read"), "{gone}");
    }
}
