//! A file or folder of a person's own: what it is is found from its content.

use std::{
    fs::{self, File},
    io::{BufReader, ErrorKind, Read, Seek},
    path::{Path, PathBuf},
};

use super::{
    Error, binary,
    folder::{self, Listing},
    idx::{self, Header, ImageSet},
    records::{Form, Layout, Records},
};

/// Why a part of a gzipped file is left out.
const TRAILING: &str = "what follows the gzip stream";

/// Images as a person has them.
#[derive(Debug)]
pub enum Opened {
    /// Unpacked into memory, and what was left out of the file: "name: reason".
    Set(ImageSet, Option<String>),
    /// In uncompressed files.
    Records(Records),
    /// Files below the folder.
    Folder(PathBuf, Listing),
}

/// Finds out what a path holds and opens it; see [`super`].
///
/// # Errors
/// What cannot be read, is no set of images, or disagrees with its own header or length; the path is named.
pub fn open(path: &Path) -> Result<Opened, Error> {
    let read_error = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let about = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::Missing {
            path: path.to_owned(),
        },
        _ => read_error(error),
    })?;
    if about.is_dir() {
        let batches = folder::cifar10(path)?;
        return if batches.is_empty() {
            Ok(Opened::Folder(path.to_owned(), folder::list(path)?))
        } else {
            Ok(Opened::Records(binary::cifar10(&batches)?))
        };
    }
    // Pipes and devices have no length to check a header against.
    if !about.is_file() {
        return Err(Error::Unknown.of(path));
    }
    let file = File::open(path).map_err(read_error)?;
    opened(path, file, about.len()).map_err(|error| match error {
        Error::Read { .. } => error,
        error => error.of(path),
    })
}

fn opened(path: &Path, mut file: File, length: u64) -> Result<Opened, Error> {
    let read_error = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let mut start = Vec::new();
    (&file)
        .take(idx::START)
        .read_to_end(&mut start)
        .map_err(read_error)?;
    file.rewind().map_err(read_error)?;
    if start.starts_with(&idx::GZIP) {
        let (set, trailing) = idx::unpack(BufReader::new(file), length)?;
        let folder = path.parent().unwrap_or(path);
        let left_out = trailing.then(|| folder::named(path, folder, &TRAILING));
        return Ok(Opened::Set(set, left_out));
    }
    let header = Header::read(&mut file).and_then(|header| {
        header.check(length)?;
        Ok(header)
    });
    match header {
        Ok(header) => Ok(Opened::Records(of_idx(path, file, header))),
        // The start of an IDX file decides: of one that was cut short, the rest may have the length of whole records,
        // and nothing but labels, of which there may be none, would tell. Only the name of an original can.
        Err(error) if idx::plausible(&start) && !binary::named_as_original(path) => {
            Err(match binary::open(path, file, length) {
                Ok(_) => Error::Ambiguous(Box::new(error)),
                Err(_) => error,
            })
        }
        Err(error) => match binary::open(path, file, length) {
            Ok(records) => Ok(Opened::Records(records)),
            Err(_) if matches!(start[..], [0, 0, 8, 3 | 4, ..]) => Err(error),
            Err(wrong) if path.extension().is_some_and(|name| name == "bin") => Err(wrong),
            Err(wrong @ Error::Unnamed) => Err(wrong),
            Err(_) => Err(error),
        },
    }
}

fn of_idx(path: &Path, file: File, header: Header) -> Records {
    let mut records = Records::new(Form {
        height: header.height,
        width: header.width,
        channels: header.channels,
        layout: Layout::Interleaved,
        label: 0,
    });
    records.push(path, file, header.length, header.count);
    records
}
