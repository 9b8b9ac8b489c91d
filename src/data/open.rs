//! A file or folder of a person's own: what it is is found from its content.

use std::{
    fs::{self, File},
    io::{BufReader, ErrorKind, Seek},
    path::{Path, PathBuf},
};

use image::ImageFormat;

use super::{
    Error,
    archive::{self, Archive},
    binary, folder,
    idx::{self, Header, ImageSet},
    kind, npy, pickle,
    pictures::Pictures,
    records::{Element, Form, Layout, Records},
    sets::{self, Place},
};
use crate::files::open::plain;

/// Why a part of a gzipped file is left out.
const TRAILING: &str = "what follows the gzip stream";

/// Images as a person has them.
#[derive(Debug)]
pub enum Opened {
    /// Unpacked into memory, and what was left out of the file: "name: reason".
    Set(ImageSet, Option<String>),
    /// In uncompressed files.
    Records(Records),
    /// In a file each, and what was left out: "path: reason".
    Pictures(Pictures, Vec<String>),
}

/// Finds out what a path holds and opens it; see [`super`].
///
/// # Errors
/// What cannot be read, is no set of images, or disagrees with its own header or length; the path is named.
pub fn open(path: &Path) -> Result<Opened, Error> {
    match place(path)? {
        Place::Pictures(listing) => {
            let pictures = Pictures::Folder(path.to_owned(), listing.images);
            Ok(Opened::Pictures(pictures, listing.skipped))
        }
        Place::Batches(_, batches) => batches_of(&batches).map(Opened::Records),
        Place::File(path) => file(&path),
    }
}

/// Where the images of a path are: in this file, or in what is found below this folder.
///
/// # Errors
/// There is nothing, or it cannot be read; a folder without images, or with several sets.
pub fn place(path: &Path) -> Result<Place, Error> {
    let about = fs::metadata(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::Missing {
            path: path.to_owned(),
        },
        _ => unreadable(path, source),
    })?;
    match about.is_dir() {
        true => sets::find(path),
        false => Ok(Place::File(path.to_owned())),
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    Error::Read {
        path: path.to_owned(),
        source,
    }
}

fn file(path: &Path) -> Result<Opened, Error> {
    // Pipes and devices have no length to check a header against.
    let file = plain(path).map_err(|source| unreadable(path, source))?;
    let length = file.metadata().map_err(|source| unreadable(path, source))?;
    opened(path, file, length.len()).map_err(|error| match error {
        Error::Read { .. } => error,
        error => error.of(path),
    })
}

fn opened(path: &Path, mut file: File, length: u64) -> Result<Opened, Error> {
    let read_error = |source| unreadable(path, source);
    let start = folder::start(&file, kind::START).map_err(read_error)?;
    file.rewind().map_err(read_error)?;
    let folder = path.parent().unwrap_or(path);
    if start.starts_with(&idx::GZIP) {
        return match idx::unpack(BufReader::new(&file), length) {
            Ok((set, trailing)) => {
                let left_out = trailing.then(|| folder::named(path, folder, &TRAILING));
                Ok(Opened::Set(set, left_out))
            }
            Err(Error::Unknown) => Err(unknown(path, &start)),
            Err(error) => Err(error),
        };
    }
    if archive::ZIP.iter().any(|zip| start.starts_with(zip)) {
        let (archive, skipped) = Archive::open(path, file, length)?;
        return Ok(Opened::Pictures(Pictures::Archive(archive), skipped));
    }
    if start.starts_with(npy::NPY) {
        let (form, count, place) = npy::Header::read(&mut file)?.records(&file, length)?;
        return Ok(records(path, file, form, place, count));
    }
    if start.first() == Some(&pickle::PICKLE)
        && let Ok(found) = pickle::find(path, &file, length)
    {
        return Ok(records(path, file, pickle::FORM, found.start, found.count));
    }
    let start_of_idx = &start[..start.len().min(idx::START as usize)];
    let header = Header::read(&mut file).and_then(|header| {
        header.check(length)?;
        Ok(header)
    });
    match header {
        Ok(header) => {
            let form = of_idx(&header);
            Ok(records(path, file, form, header.length, header.count))
        }
        // The start of an IDX file decides: of one that was cut short, the rest may have the length of whole records,
        // and nothing but labels, of which there may be none, would tell. Only the name of an original can.
        Err(error) if idx::plausible(start_of_idx) && !binary::named_as_original(path) => {
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
            Err(_) if matches!(error, Error::Unknown) => Err(unknown(path, &start)),
            Err(_) => Err(error),
        },
    }
}

/// What a file is that holds no set.
fn unknown(path: &Path, start: &[u8]) -> Error {
    let by_name = path.extension().and_then(ImageFormat::from_extension);
    if by_name.is_some() || image::guess_format(start).is_ok() {
        let folder = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        return Error::OnePicture(folder.parent().unwrap_or(path).to_owned());
    }
    match kind::of(start) {
        Some((what, advice)) => Error::Other { what, advice },
        None => Error::Unknown,
    }
}

/// CIFAR-10 in several files, of its binary or its Python version.
fn batches_of(paths: &[PathBuf]) -> Result<Records, Error> {
    let of_python = |path: &PathBuf| path.extension().is_none();
    if !paths.iter().all(of_python) {
        return binary::cifar10(paths);
    }
    let mut records = Records::new(pickle::FORM);
    for path in paths {
        let file = plain(path).map_err(|source| unreadable(path, source))?;
        let length = file.metadata().map_err(|source| unreadable(path, source))?;
        let found = pickle::find(path, &file, length.len()).map_err(|error| error.of(path))?;
        records.push(path, file, found.start, found.count);
    }
    Ok(records)
}

fn records(path: &Path, file: File, form: Form, start: u64, count: usize) -> Opened {
    let mut records = Records::new(form);
    records.push(path, file, start, count);
    Opened::Records(records)
}

fn of_idx(header: &Header) -> Form {
    Form {
        height: header.height,
        width: header.width,
        channels: header.channels,
        layout: Layout::Interleaved,
        element: Element::Byte,
        label: 0,
    }
}
