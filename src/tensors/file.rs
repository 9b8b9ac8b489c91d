//! Tensors of a safetensors file, read one at a time.
//!
//! Everything the header promises is held against the length of the file before anything of its size is allocated.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use safetensors::tensor::{Metadata, TensorInfo};
use sha2::{Digest, Sha256};

use super::{encode::Entry, hash::hex, kind, number::decoder};

use crate::{files::open, text::wording::unreadable};

/// Longer headers are refused, as by the format's own library.
const MAX_HEADER: u64 = 100_000_000;
/// Bytes before the header: its length.
const PREFIX: u64 = 8;

/// Why tensors cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", unreadable(path.display(), source))]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no safetensors file: {reason}", path.display())]
    Format { path: PathBuf, reason: String },
    #[error("{}: {reason}", path.display())]
    Index { path: PathBuf, reason: String },
}

/// An open safetensors file.
#[derive(Debug)]
pub struct TensorFile<R = File> {
    path: PathBuf,
    file: R,
    /// Its length in bytes.
    length: u64,
    metadata: Metadata,
    /// Where the tensors' bytes begin.
    start: u64,
}

impl TensorFile {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    /// A file that cannot be read, is no regular file, or whose header is damaged or promises other tensors than the
    /// file holds.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = open::plain(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::of(file, path)
    }
}

impl<R: Read + Seek> TensorFile<R> {
    /// Reads the header of an open file, or of bytes; `path` is for messages.
    ///
    /// # Errors
    /// Those of [`TensorFile::open`].
    pub fn of(file: R, path: &Path) -> Result<Self, Error> {
        Self::head(file, path)?.whole()
    }

    /// A file of which no more than the header is sound: its tensors may be missing.
    ///
    /// # Errors
    /// A file that cannot be read, or whose header is damaged.
    pub fn head(mut file: R, path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let wrong = |reason: String| Error::Format {
            path: path.to_owned(),
            reason,
        };
        let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        file.rewind().map_err(unreadable)?;
        let mut prefix = [0; PREFIX as usize];
        if length < PREFIX {
            return Err(wrong(format!("it is {length} bytes long")));
        }
        file.read_exact(&mut prefix).map_err(unreadable)?;
        let header = u64::from_le_bytes(prefix);
        let mut first = [0];
        let begins = file.read(&mut first).map_err(unreadable)? == 1 && first == *b"{";
        file.seek(SeekFrom::Start(PREFIX)).map_err(unreadable)?;
        // A header's length may look like the beginning of anything: what fits is believed first.
        if !begins || header > (length - PREFIX).min(MAX_HEADER) {
            let mut head = Vec::new();
            file.rewind().map_err(unreadable)?;
            let mut beginning = file.by_ref().take(kind::HEAD);
            beginning.read_to_end(&mut head).map_err(unreadable)?;
            if let Some(kind) = kind::of(&head) {
                return Err(wrong(kind.to_owned()));
            }
            if !begins && length > PREFIX && header > length - PREFIX {
                return Err(wrong(kind::OTHER.to_owned()));
            }
            file.seek(SeekFrom::Start(PREFIX)).map_err(unreadable)?;
        }
        if header > length - PREFIX {
            let reason = format!("the header promises {header} bytes of itself in {length}");
            return Err(wrong(reason));
        }
        if header > MAX_HEADER {
            return Err(wrong(format!("a header of {header} bytes is too long")));
        }
        let mut text = vec![0; header as usize];
        file.read_exact(&mut text).map_err(unreadable)?;
        let metadata: Metadata = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("the header is damaged: {error}")))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
            metadata,
            start: PREFIX + header,
        })
    }

    /// The same file, where it holds what its header promises.
    ///
    /// # Errors
    /// More or fewer bytes than that.
    pub fn whole(self) -> Result<Self, Error> {
        let (promised, held) = (self.metadata.data_len() as u64, self.length - self.start);
        match promised == held {
            true => Ok(self),
            false => Err(Error::Format {
                path: self.path,
                reason: format!(
                    "the header promises {promised} bytes of tensors, the file holds {held}"
                ),
            }),
        }
    }

    /// A text of the header's metadata.
    pub fn about(&self, name: &str) -> Option<&str> {
        let texts = self.metadata.metadata().as_ref()?;
        texts.get(name).map(String::as_str)
    }

    /// The keys of all tensors, in no order that means anything.
    pub fn keys(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    /// The shape of a tensor whose numbers can be read.
    pub fn shape(&self, key: &str) -> Option<&[usize]> {
        let info = self.metadata.info(key)?;
        decoder(info.dtype).map(|_| &*info.shape)
    }

    /// The shape of a tensor and the name of its type, whatever that is.
    pub fn info(&self, key: &str) -> Option<(&[usize], String)> {
        let TensorInfo { shape, dtype, .. } = self.metadata.info(key)?;
        Some((shape, format!("{dtype:?}")))
    }

    /// The numbers of a tensor of type f64, f32, f16, bf16, or of 8 bits (E4M3, E5M2), row-major; none of another.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&mut self, key: &str) -> Result<Option<Vec<f64>>, Error> {
        let dtype = self.metadata.info(key).map(|info| info.dtype);
        let Some((size, decode)) = dtype.and_then(decoder) else {
            return Ok(None);
        };
        let bytes = self.bytes(key)?;
        Ok(bytes.map(|bytes| bytes.chunks_exact(size).map(decode).collect()))
    }

    /// The bytes of a tensor of any type.
    ///
    /// # Errors
    /// The disk's.
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

    /// All tensors with their bytes, in byte order of their keys.
    ///
    /// # Errors
    /// The disk's.
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

    /// SHA-256 over the bytes of the tensors of these keys, in byte order of the keys, in lower-case hexadecimal.
    ///
    /// # Errors
    /// The disk's.
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
    fn lies_are_named() {
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
    fn what_it_is_instead_is_said() {
        let message = reason(b"GGUF\x03\0\0\0 and more");
        assert!(message.contains("GGUF"), "{message}");
    }

    /// 640 is how a pickle begins, 0x0280.
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
    fn what_is_no_file_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let folder = TensorFile::open(home.path()).unwrap_err().to_string();
        assert!(folder.contains("a folder, not a plain file"), "{folder}");
        let gone = TensorFile::open(&home.path().join("gone")).unwrap_err();
        assert!(gone.to_string().starts_with("cannot read"), "{gone}");
    }
}
