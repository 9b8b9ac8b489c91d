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

/// Bytes at the start of a file by which its format is known.
pub const MAGIC: usize = 64;
/// Most files with sets of images that are noted.
const MAX_SETS: usize = 1000;

/// What stands below a folder.
#[derive(Debug, Default)]
pub struct Listing {
    /// Files that look like images, by name or content, in the order of their paths below the folder.
    pub images: Vec<PathBuf>,
    /// Files that may hold a set of images each, in the order of their paths.
    pub sets: Vec<PathBuf>,
    /// The first of all other files.
    pub other: Option<PathBuf>,
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
    listing.sets.sort();
    Ok(listing)
}

/// The visible entries of a folder by name; none where it has been entered before.
fn enter(folder: &Path, entered: &mut HashSet<(u64, u64)>) -> io::Result<Vec<PathBuf>> {
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
        Ok(_) if known.is_some() => listing.images.push(path),
        Ok(about) if about.is_file() => match held(&path) {
            Held::Image => listing.images.push(path),
            Held::Set if listing.sets.len() < MAX_SETS => listing.sets.push(path),
            _ if listing.other.is_none() => listing.other = Some(path),
            _ => {}
        },
        Ok(_) => {}
        Err(error) => listing.skipped.push(named(&path, root, &error)),
    }
}

/// What a file without an image's name holds.
enum Held {
    Image,
    Set,
    Other,
}

fn held(path: &Path) -> Held {
    let look = || -> io::Result<Held> {
        let mut file = plain(path)?;
        let start = start(&file, MAGIC)?;
        file.rewind()?;
        Ok(match image::guess_format(&start) {
            Ok(_) => Held::Image,
            Err(_) if sets::holds_images(path, &mut file, &start) => Held::Set,
            Err(_) => Held::Other,
        })
    };
    look().unwrap_or(Held::Other)
}

/// Up to so many bytes of a file.
///
/// # Errors
/// The disk's.
pub fn start(file: &File, bytes: usize) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.take(bytes as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// "path below the folder: reason" in one line.
pub fn named(path: &Path, root: &Path, reason: &dyn std::fmt::Display) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    one_line(&format!("{}: {reason}", path.display())).into_owned()
}

/// The visible entries right in a folder, in the order of their names.
///
/// # Errors
/// The folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    enter(folder, &mut HashSet::new()).map_err(|source| Error::Read {
        path: folder.to_owned(),
        source,
    })
}
