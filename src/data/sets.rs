//! Sets of images that lie in a folder, in files that hold many each.

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

/// Most sets that are named where one has to be chosen.
const NAMED: usize = 8;

/// Where the images of a person's path are.
#[derive(Debug)]
pub enum Place {
    /// In many files of one each.
    Pictures(Listing),
    /// In the parts of CIFAR-10's training set, in this folder.
    Batches(PathBuf, Vec<PathBuf>),
    /// In this file.
    File(PathBuf),
}

/// Finds the images in a folder: the training set of CIFAR-10 right in it, else all pictures below it, else the one set
/// below it.
///
/// # Errors
/// The folder cannot be read; it holds no images, or several sets.
pub fn find(root: &Path) -> Result<Place, Error> {
    let batches = batches(root)?;
    if !batches.is_empty() {
        return Ok(Place::Batches(root.to_owned(), batches));
    }
    let mut listing = folder::list(root)?;
    if !listing.images.is_empty() {
        for set in listing.sets.iter().filter(|set| set.parent() == Some(root)) {
            let reason = "it holds images too, and is left out; give it by itself to learn from it";
            listing.skipped.push(folder::named(set, root, &reason));
        }
        return Ok(Place::Pictures(listing));
    }
    let mut found = BTreeMap::new();
    for set in training_sets(&listing.sets) {
        let folder = set.parent().unwrap_or(root).to_owned();
        match batch(&set) {
            true => {
                let batches = self::batches(&folder)?;
                found.insert(folder.clone(), Place::Batches(folder, batches))
            }
            false => found.insert(set.clone(), Place::File(set)),
        };
    }
    if found.len() > 1 {
        let names = found
            .keys()
            .map(|path| path.strip_prefix(root).unwrap_or(path));
        let names: Vec<String> = names.map(|name| name.display().to_string()).collect();
        return Err(Error::Several {
            first: names[..names.len().min(NAMED)].join(", "),
            more: names.len().saturating_sub(NAMED),
        }
        .of(root));
    }
    match found.pop_first() {
        Some((_, place)) => Ok(place),
        None => Err(nothing(root, &listing)),
    }
}

/// The parts of CIFAR-10's training set right in a folder, in the order of their names: those of its binary version, or
/// else of the Python version.
fn batches(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let (binary, other): (Vec<_>, Vec<_>) = folder::files(folder)?
        .into_iter()
        .filter(|path| batch(path))
        .partition(|path| path.extension().is_some());
    Ok(match binary.is_empty() {
        false => binary,
        true => other,
    })
}

/// `data_batch_1.bin`, `data_batch_1`.
fn batch(path: &Path) -> bool {
    let name = binary::name(path);
    name.strip_prefix("data_batch_")
        .is_some_and(|rest| rest.ends_with(".bin") || rest.parse::<u32>().is_ok())
}

/// Whether a file that starts so may hold a set of images, by its header or by the name that it has in its archive.
pub fn holds_images(path: &Path, file: &mut File, start: &[u8]) -> bool {
    let name = binary::name(path);
    let ends = |end| name.ends_with(end);
    let original = batch(path) || matches!(&*name, "test_batch" | "train" | "test");
    match start {
        [0, 0, 8, 3 | 4, ..] => idx::plausible(start),
        _ if start.starts_with(npy::NPY) => {
            npy::Header::read(file).is_ok_and(|it| it.is_of_images())
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

/// The sets without what else lies in their folders: the part for tests beside that for training, and packed what is also
/// there unpacked.
fn training_sets(all: &[PathBuf]) -> Vec<PathBuf> {
    let there: BTreeSet<&PathBuf> = all.iter().collect();
    let starts = |path: &Path, start| binary::name(path).starts_with(start);
    let trained: BTreeSet<Option<&Path>> = all
        .iter()
        .filter(|path| starts(path, "train") || batch(path))
        .map(|path| path.parent())
        .collect();
    let wanted = |path: &&PathBuf| {
        let tests = starts(path, "test") || starts(path, "t10k");
        let unpacked = path.extension().is_some_and(|end| end == "gz") && {
            there.contains(&path.with_extension(""))
        };
        !(unpacked || tests && trained.contains(&path.parent()))
    };
    all.iter().filter(wanted).cloned().collect()
}

/// Says what lies in a folder without images.
fn nothing(root: &Path, listing: &Listing) -> Error {
    let Some(other) = &listing.other else {
        return Error::NoImages("folder").of(root);
    };
    let name = other.strip_prefix(root).unwrap_or(other).to_owned();
    let start = crate::files::open::plain(other).and_then(|mut file| {
        file.rewind()?;
        folder::start(&file, kind::START)
    });
    match start.ok().and_then(|start| kind::of(&start)) {
        Some((what, advice)) => Error::Holds { name, what, advice },
        None => Error::HoldsOther(name),
    }
    .of(root)
}
