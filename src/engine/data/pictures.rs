//! The picture files of a set, in a folder or an archive.

use std::path::{Path, PathBuf};

use image::DynamicImage;

use super::{
    archive::Archive,
    broken::Broken,
    decode::{decode, decode_file},
};

/// Picture files, numbered in the order of their paths.
#[derive(Debug)]
pub enum Pictures {
    /// The folder, and the files below it.
    Folder(PathBuf, Vec<PathBuf>),
    Archive(Archive),
}

impl Pictures {
    /// Number of files. Some of them may be broken.
    pub fn len(&self) -> usize {
        match self {
            Self::Folder(_, files) => files.len(),
            Self::Archive(archive) => archive.len(),
        }
    }

    /// The path of the folder or the archive.
    pub fn root(&self) -> &Path {
        match self {
            Self::Folder(root, _) => root,
            Self::Archive(archive) => archive.path(),
        }
    }

    /// Reads and decodes file `index`.
    ///
    /// # Errors
    /// If the file is broken; the error has its path relative to the folder or in the archive.
    pub fn decode(&self, index: usize) -> Result<DynamicImage, Broken> {
        match self {
            Self::Folder(root, files) => {
                let path = &files[index];
                Broken::at(path, root, decode_file(path))
            }
            Self::Archive(archive) => {
                let name = archive.name(index);
                let image = archive.read(index).and_then(|bytes| decode(&bytes, name));
                Broken::at(name, Path::new(""), image)
            }
        }
    }
}
