//! Image files below a folder.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read, Seek},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use image::ImageFormat;

use super::{Error, sets};
use crate::{files::open::plain, text::one_line};

/// Bytes at the start of a file that identify its format.
pub(super) const MAGIC: usize = 64;
/// Most files with sets of images that are listed.
const MAX_SETS: usize = 1000;

/// The files below a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Images, recognized by name or content, sorted by path.
    pub images: Vec<PathBuf>,
    /// Files that may hold a set of images, sorted by path.
    pub sets: Vec<PathBuf>,
    /// The first file of another kind.
    pub other: Option<PathBuf>,
    /// Warnings "path: reason" about files and folders that could not be read.
    pub skipped: Vec<String>,
}

/// Lists the files in a folder and all its subfolders. Symbolic links are followed; each folder is entered once. Names
/// that start with a dot are ignored.
///
/// # Errors
/// If the folder itself cannot be read. Unreadable subfolders are in [`Listing::skipped`].
pub(super) fn list(root: &Path) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let mut entered = HashSet::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        match entries(&folder, &mut entered) {
            Ok(entries) => {
                // `waiting` is a stack: reversed, folders are entered in order.
                for path in entries.into_iter().rev() {
                    classify(path, root, &mut listing, &mut waiting);
                }
            }
            Err(source) if folder == root => {
                return Err(Error::Read {
                    path: folder,
                    source,
                });
            }
            Err(error) => listing.skipped.push(with_reason(&folder, root, &error)),
        }
    }
    listing.images.sort();
    listing.sets.sort();
    Ok(listing)
}

/// The visible entries of a folder, sorted; empty if the folder has been entered before.
fn entries(folder: &Path, entered: &mut HashSet<(u64, u64)>) -> io::Result<Vec<PathBuf>> {
    let about = fs::metadata(folder)?;
    if !entered.insert((about.dev(), about.ino())) {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Adds a path to the list of its kind, or a folder to `waiting`.
fn classify(path: PathBuf, root: &Path, listing: &mut Listing, waiting: &mut Vec<PathBuf>) {
    let known = path.extension().and_then(ImageFormat::from_extension);
    match fs::metadata(&path) {
        Ok(about) if about.is_dir() => waiting.push(path),
        Ok(_) if known.is_some() => listing.images.push(path),
        Ok(about) if about.is_file() => match content(&path) {
            Content::Image => listing.images.push(path),
            Content::Set if listing.sets.len() < MAX_SETS => listing.sets.push(path),
            _ if listing.other.is_none() => listing.other = Some(path),
            _ => {}
        },
        Ok(_) => {}
        Err(error) => listing.skipped.push(with_reason(&path, root, &error)),
    }
}

/// The content of a file, by its first bytes.
enum Content {
    Image,
    Set,
    Other,
}

/// The content of a file; `Other` if it cannot be read.
fn content(path: &Path) -> Content {
    let read = || -> io::Result<Content> {
        let mut file = plain(path)?;
        let start = start(&file, MAGIC)?;
        file.rewind()?;
        Ok(match image::guess_format(&start) {
            Ok(_) => Content::Image,
            Err(_) if sets::holds_images(path, &mut file, &start) => Content::Set,
            Err(_) => Content::Other,
        })
    };
    read().unwrap_or(Content::Other)
}

/// The next `bytes` bytes of a file, or fewer at its end.
///
/// # Errors
/// If reading fails.
pub(super) fn start(file: &File, bytes: usize) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.take(bytes as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// "path: reason" in one line, with the path relative to `root`.
pub(super) fn with_reason(path: &Path, root: &Path, reason: &dyn std::fmt::Display) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    one_line(&format!("{}: {reason}", path.display())).into_owned()
}

/// The visible entries directly in a folder, sorted by name.
///
/// # Errors
/// If the folder cannot be read.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    entries(folder, &mut HashSet::new()).map_err(|source| Error::Read {
        path: folder.to_owned(),
        source,
    })
}
