//! Opening a user's file or folder of images. Its format is detected from its content.

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
    sets::{self, Location},
};
use crate::files::open::plain;

/// The warning about bytes after a gzip stream, which are ignored.
const TRAILING: &str = "what follows the gzip stream";

/// Opened images.
#[derive(Debug)]
pub enum Opened {
    /// Images unpacked into memory, and a warning "name: reason" if a part of the file was ignored.
    Set(ImageSet, Option<String>),
    /// Images at fixed positions of uncompressed files.
    Records(Records),
    /// One image per file, and a warning "path: reason" for each skipped file.
    Pictures(Pictures, Vec<String>),
}

/// Detects the format of a path and opens it; see [`super`].
///
/// # Errors
/// If the path cannot be read, is not a set of images, or its length disagrees with its header. The error names the path.
pub(super) fn open(path: &Path) -> Result<Opened, Error> {
    match locate(path)? {
        Location::Pictures(listing) => {
            let pictures = Pictures::Folder(path.to_owned(), listing.images);
            Ok(Opened::Pictures(pictures, listing.skipped))
        }
        Location::Batches(_, batches) => open_batches(&batches).map(Opened::Records),
        Location::File(path) => open_file(&path),
    }
}

/// Where the images of a path are: in the file itself, or in files below the folder.
///
/// # Errors
/// If the path does not exist or cannot be read, or if a folder has no images or several sets.
pub(super) fn locate(path: &Path) -> Result<Location, Error> {
    let about = fs::metadata(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::Missing {
            path: path.to_owned(),
        },
        _ => unreadable(path, source),
    })?;
    if about.is_dir() {
        sets::find(path)
    } else {
        Ok(Location::File(path.to_owned()))
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    Error::Read {
        path: path.to_owned(),
        source,
    }
}

fn open_file(path: &Path) -> Result<Opened, Error> {
    // Only regular files: pipes and devices have no length to check a header against.
    let file = plain(path).map_err(|source| unreadable(path, source))?;
    let length = file.metadata().map_err(|source| unreadable(path, source))?;
    open_content(path, file, length.len()).map_err(|error| match error {
        Error::Read { .. } => error,
        error => error.of(path),
    })
}

fn open_content(path: &Path, mut file: File, length: u64) -> Result<Opened, Error> {
    let read_error = |source| unreadable(path, source);
    let start = folder::start(&file, kind::START).map_err(read_error)?;
    file.rewind().map_err(read_error)?;
    let folder = path.parent().unwrap_or(path);
    if start.starts_with(&idx::GZIP) {
        return match idx::unpack(BufReader::new(&file), length) {
            Ok((set, trailing)) => {
                let warning = trailing.then(|| folder::with_reason(path, folder, &TRAILING));
                Ok(Opened::Set(set, warning))
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
        let (form, count, start) = npy::Header::read(&mut file)?.records(&file, length)?;
        return Ok(records(path, file, form, start, count));
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
            let form = idx_form(&header);
            Ok(records(path, file, form, header.length, header.count))
        }
        // A plausible IDX header takes precedence: a truncated IDX file may have the length of whole CIFAR-10 or STL-10
        // records, and only labels could tell the two apart. STL-10 has no labels, so its original file name decides.
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

/// The error for a file that is not a set of images.
fn unknown(path: &Path, start: &[u8]) -> Error {
    let by_name = path.extension().and_then(ImageFormat::from_extension);
    if by_name.is_some() || image::guess_format(start).is_ok() {
        let folder = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        return Error::OnePicture(folder.parent().unwrap_or(path).to_owned());
    }
    match kind::identify(start) {
        Some((what, advice)) => Error::Other { what, advice },
        None => Error::Unknown,
    }
}

/// Opens the batch files of CIFAR-10, in its binary or its Python version.
fn open_batches(paths: &[PathBuf]) -> Result<Records, Error> {
    let is_python = |path: &PathBuf| path.extension().is_none();
    if !paths.iter().all(is_python) {
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

fn idx_form(header: &Header) -> Form {
    Form {
        height: header.height,
        width: header.width,
        channels: header.channels,
        layout: Layout::Interleaved,
        element: Element::Byte,
        label: 0,
    }
}
