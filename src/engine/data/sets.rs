//! Finding the set of images in a folder, with many images per file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufReader, Seek},
    path::{Path, PathBuf},
};

use super::{
    Error, archive, binary,
    folder::{self, Listing},
    gzip::Members,
    idx, kind, npy, pickle,
};

/// Most sets that an error names.
const MAX_NAMED: usize = 8;

/// Where the images of a user's path are.
#[derive(Debug)]
pub(super) enum Location {
    /// One image per file.
    Pictures(Listing),
    /// The folder and the batch files of CIFAR-10's training set.
    Batches(PathBuf, Vec<PathBuf>),
    /// One file with many images.
    File(PathBuf),
}

/// Finds the images in a folder: the batch files of CIFAR-10 directly in it, else all pictures below it, else the only
/// file with a set of images below it.
///
/// # Errors
/// If the folder cannot be read, or has no images or several sets.
pub(super) fn find(root: &Path) -> Result<Location, Error> {
    let batches = batches(root)?;
    if !batches.is_empty() {
        return Ok(Location::Batches(root.to_owned(), batches));
    }
    let mut listing = folder::list(root)?;
    if !listing.images.is_empty() {
        for set in listing.sets.iter().filter(|set| set.parent() == Some(root)) {
            let reason =
                "it holds images too, and was ignored; give its path to --data to train on it";
            listing
                .skipped
                .push(folder::with_reason(set, root, &reason));
        }
        return Ok(Location::Pictures(listing));
    }
    let mut found = BTreeMap::new();
    for set in training_sets(&listing.sets) {
        let folder = set.parent().unwrap_or(root).to_owned();
        if is_batch(&set) {
            let batches = self::batches(&folder)?;
            found.insert(folder.clone(), Location::Batches(folder, batches))
        } else {
            found.insert(set.clone(), Location::File(set))
        };
    }
    if found.len() > 1 {
        let names = found
            .keys()
            .map(|path| path.strip_prefix(root).unwrap_or(path));
        let names: Vec<String> = names.map(|name| name.display().to_string()).collect();
        return Err(Error::Several {
            first: names[..names.len().min(MAX_NAMED)].join(", "),
            more: names.len().saturating_sub(MAX_NAMED),
        }
        .of(root));
    }
    match found.pop_first() {
        Some((_, location)) => Ok(location),
        None => Err(no_images(root, &listing)),
    }
}

/// The batch files of CIFAR-10's training set directly in a folder, sorted by name: those of the binary version, or if
/// there are none those of the Python version.
fn batches(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let (binary, other): (Vec<_>, Vec<_>) = folder::files(folder)?
        .into_iter()
        .filter(|path| is_batch(path))
        .partition(|path| path.extension().is_some());
    Ok(if binary.is_empty() { other } else { binary })
}

/// Whether a file has the name of a CIFAR-10 batch: `data_batch_1.bin`, `data_batch_1`.
fn is_batch(path: &Path) -> bool {
    let name = binary::name(path);
    name.strip_prefix("data_batch_")
        .is_some_and(|number| number.ends_with(".bin") || number.parse::<u32>().is_ok())
}

/// Whether a file may hold a set of images, judged by its first bytes `start` or by its original file name.
pub(super) fn holds_images(path: &Path, file: &mut File, start: &[u8]) -> bool {
    let name = binary::name(path);
    let ends = |end| name.ends_with(end);
    let original = is_batch(path) || matches!(&*name, "test_batch" | "train" | "test");
    match start {
        [0, 0, 8, 3 | 4, ..] => idx::plausible(start),
        _ if start.starts_with(npy::NPY) => {
            npy::Header::read(file).is_ok_and(|header| header.is_of_images())
        }
        _ if start.starts_with(&idx::GZIP) => {
            let mut packed = Members::new(BufReader::new(file));
            ends(".gz") && idx::Header::read(&mut packed).is_ok()
        }
        _ if archive::ZIP.iter().any(|zip| start.starts_with(zip)) => ends(".zip"),
        [pickle::PICKLE, ..] => original,
        _ => binary::named_as_original(path) || matches!(&*name, "train.bin" | "test.bin"),
    }
}

/// The sets without test sets that have a training set in the same folder, and without gzipped files that are also there
/// unpacked.
fn training_sets(all: &[PathBuf]) -> Vec<PathBuf> {
    let present: BTreeSet<&PathBuf> = all.iter().collect();
    let starts = |path: &Path, start| binary::name(path).starts_with(start);
    let with_training_set: BTreeSet<Option<&Path>> = all
        .iter()
        .filter(|path| starts(path, "train") || is_batch(path))
        .map(|path| path.parent())
        .collect();
    let is_wanted = |path: &&PathBuf| {
        let tests = starts(path, "test") || starts(path, "t10k");
        let unpacked = path.extension().is_some_and(|end| end == "gz") && {
            present.contains(&path.with_extension(""))
        };
        !(unpacked || tests && with_training_set.contains(&path.parent()))
    };
    all.iter().filter(is_wanted).cloned().collect()
}

/// The error for a folder without images; it names a file that the folder holds instead.
fn no_images(root: &Path, listing: &Listing) -> Error {
    let Some(other) = &listing.other else {
        return Error::NoImages("folder").of(root);
    };
    let name = other.strip_prefix(root).unwrap_or(other).to_owned();
    let start = crate::files::open::plain(other).and_then(|mut file| {
        file.rewind()?;
        folder::start(&file, kind::START)
    });
    match start.ok().and_then(|start| kind::identify(&start)) {
        Some((what, advice)) => Error::Holds { name, what, advice },
        None => Error::HoldsOther(name),
    }
    .of(root)
}
