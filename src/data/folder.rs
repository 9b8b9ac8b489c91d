//! Image files below a folder.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs::{self, File, Metadata},
    io::Read,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use image::ImageFormat;

use super::Error;
use crate::text::one_line;

/// Bytes at the start of a file by which its format is known.
const MAGIC: u64 = 64;

/// What stands below a folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// Files that look like images, by name or content, in the order of their paths below the folder.
    pub images: Vec<PathBuf>,
    /// What could not be looked at: "path: reason".
    pub skipped: Vec<String>,
}

/// Looks through a folder and all folders in it. Symbolic links are followed, each folder is entered once; names that
/// start with a dot are left out, as are files that look like no image.
///
/// # Errors
/// The folder itself cannot be read.
pub fn list(root: &Path) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let mut entered = HashSet::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        match enter(&folder, &mut entered) {
            Ok(entries) => {
                // The last in line is the next to be entered.
                for path in entries.into_iter().rev() {
                    look(path, root, &mut listing, &mut waiting);
                }
            }
            Err(source) if folder == root => {
                return Err(Error::Read {
                    path: folder,
                    source,
                });
            }
            Err(error) => listing.skipped.push(named(&folder, root, &error)),
        }
    }
    listing.images.sort();
    Ok(listing)
}

/// The visible entries of a folder by name; none where it has been entered before.
fn enter(folder: &Path, entered: &mut HashSet<(u64, u64)>) -> std::io::Result<Vec<PathBuf>> {
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

fn look(path: PathBuf, root: &Path, listing: &mut Listing, waiting: &mut Vec<PathBuf>) {
    let known = path.extension().and_then(ImageFormat::from_extension);
    match fs::metadata(&path) {
        Ok(about) if about.is_dir() => waiting.push(path),
        Ok(about) if known.is_some() || shows_an_image(&path, &about) => listing.images.push(path),
        Ok(_) => {}
        Err(error) => listing.skipped.push(named(&path, root, &error)),
    }
}

/// Whether a file without an image's name has an image's content.
fn shows_an_image(path: &Path, about: &Metadata) -> bool {
    let mut start = Vec::new();
    about.is_file()
        && File::open(path)
            .and_then(|file| file.take(MAGIC).read_to_end(&mut start))
            .is_ok()
        && image::guess_format(&start).is_ok()
}

/// "path below the folder: reason" in one line.
pub fn named(path: &Path, root: &Path, reason: &dyn std::fmt::Display) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    one_line(&format!("{}: {reason}", path.display())).into_owned()
}

/// The files of CIFAR-10's training set, `data_batch_*.bin`, right in this folder, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub fn cifar10(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = enter(folder, &mut HashSet::new()).map_err(|source| Error::Read {
        path: folder.to_owned(),
        source,
    })?;
    let is_batch = |name: &OsStr| {
        let name = name.to_string_lossy();
        name.starts_with("data_batch_") && name.ends_with(".bin")
    };
    let batches = entries.into_iter();
    Ok(batches
        .filter(|path| path.file_name().is_some_and(is_batch))
        .collect())
}
