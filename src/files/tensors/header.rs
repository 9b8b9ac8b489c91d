//! Reading the header of a safetensors file.

use std::{
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use safetensors::tensor::Metadata;

use super::{Error, kind};

/// Longest header in bytes, as in the format's own library.
const MAX_HEADER: u64 = 100_000_000;
/// Bytes of the header's length, which precede it.
const PREFIX: u64 = 8;

/// The header of a safetensors file.
pub(super) struct Header {
    pub metadata: Metadata,
    /// Byte offset of the tensors' data.
    pub start: u64,
    /// Length of the file in bytes.
    pub length: u64,
}

impl Header {
    /// Reads the header of a file; `path` is for error messages.
    ///
    /// # Errors
    /// If reading fails or the header is damaged. If the file has another known format, the error names it.
    pub(super) fn read(file: &mut (impl Read + Seek), path: &Path) -> Result<Self, Error> {
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
        let is_json = file.read(&mut first).map_err(unreadable)? == 1 && first == *b"{";
        file.seek(SeekFrom::Start(PREFIX)).map_err(unreadable)?;
        // The bytes of a valid length may be those of another format: that is considered only if the length is invalid.
        if !is_json || header > (length - PREFIX).min(MAX_HEADER) {
            let mut head = Vec::new();
            file.rewind().map_err(unreadable)?;
            let mut start = file.by_ref().take(kind::HEAD);
            start.read_to_end(&mut head).map_err(unreadable)?;
            if let Some(kind) = kind::identify(&head) {
                return Err(wrong(kind.to_owned()));
            }
            if !is_json && length > PREFIX && header > length - PREFIX {
                return Err(wrong(kind::OTHER.to_owned()));
            }
            file.seek(SeekFrom::Start(PREFIX)).map_err(unreadable)?;
        }
        if header > length - PREFIX {
            let reason = format!("the header promises {header} bytes, the file has {length}");
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
            metadata,
            start: PREFIX + header,
            length,
        })
    }
}
