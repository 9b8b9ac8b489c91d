//! Pictures in a zip archive, each unpacked when it is read.
//!
//! The archive is not trusted: an entry unpacks to at most its declared size and at most 64 MiB, entries may not share
//! data, and the checksum of each entry is verified.

use std::{
    ffi::OsStr,
    fmt::Display,
    fs::File,
    io::Read,
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
};

use flate2::read::DeflateDecoder;
use image::ImageFormat;
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive,
    ZipArchiveEntryWayfinder, ZipFileHeaderRecord, ZipLocator,
};

use super::{
    Error,
    broken::Reason,
    folder::{MAGIC, with_reason},
};
use crate::files::open::bounded;

/// Signatures at the start of an archive: of a local file header, and of the end record of an empty archive.
pub(super) const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// Bytes at the end of an archive that are searched for its end record: the record (22 bytes) and the longest comment.
const MAX_END: u64 = 22 + 65_535;
/// Most bytes that an entry may unpack to.
const MAX_UNPACKED: u64 = 64 << 20;

/// An archive of pictures.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    zip: ZipArchive<FileReader>,
    /// Sorted by name.
    pictures: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: PathBuf,
    location: ZipArchiveEntryWayfinder,
    deflated: bool,
}

impl Archive {
    /// Reads the directory of an archive of `length` bytes. Also returns a warning "name: reason" for each entry that has
    /// the name of a picture and cannot be read.
    ///
    /// # Errors
    /// If the directory is damaged, entries share data, or there is no picture.
    pub fn open(path: &Path, file: File, length: u64) -> Result<(Self, Vec<String>), Error> {
        let damaged = |error: &dyn Display| Error::Archive(error.to_string());
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let zip = ZipLocator::new()
            .max_search_space(MAX_END)
            .locate_in_file(file, &mut buffer)
            .map_err(|(_, error)| damaged(&error))?;
        let mut archive = Self {
            path: path.to_owned(),
            zip,
            pictures: Vec::new(),
        };
        let (mut skipped, mut other) = (Vec::new(), None);
        let mut unnamed = Vec::new();
        let mut entries = archive.zip.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(|error| damaged(&error))? {
            let name = PathBuf::from(OsStr::from_bytes(entry.file_path().as_bytes()));
            if entry.is_dir() || hidden(&name) {
                continue;
            }
            let has_picture_name = name
                .extension()
                .and_then(ImageFormat::from_extension)
                .is_some();
            match readable(&entry) {
                Ok(deflated) => {
                    let location = entry.wayfinder();
                    let entry = Entry {
                        name,
                        location,
                        deflated,
                    };
                    if has_picture_name {
                        archive.pictures.push(entry);
                    } else {
                        unnamed.push(entry);
                    }
                }
                Err(reason) if has_picture_name => {
                    skipped.push(with_reason(&name, Path::new(""), &reason));
                }
                Err(_) => other = other.or(Some(name)),
            }
        }
        for entry in unnamed {
            if archive.has_image_content(&entry) {
                archive.pictures.push(entry);
            } else {
                other = other.or(Some(entry.name));
            }
        }
        if archive.pictures.is_empty() {
            return Err(match (skipped.is_empty(), other) {
                (false, _) => Error::AllBroken {
                    count: skipped.len(),
                    first: skipped.swap_remove(0),
                },
                (true, Some(other)) => Error::NoPictures(other),
                (true, None) => Error::NoImages("archive"),
            });
        }
        let packed = archive
            .pictures
            .iter()
            .map(|entry| u128::from(entry.location.compressed_size_hint()));
        if packed.sum::<u128>() > length.into() {
            return Err(Error::Archive("its entries share their data".to_owned()));
        }
        archive.pictures.sort_by(|a, b| a.name.cmp(&b.name));
        Ok((archive, skipped))
    }

    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.pictures.len()
    }

    /// The path of the archive.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of picture `index` in the archive.
    pub fn name(&self, index: usize) -> &Path {
        &self.pictures[index].name
    }

    /// The unpacked bytes of picture `index`.
    ///
    /// # Errors
    /// If the entry is too large or damaged.
    pub fn read(&self, index: usize) -> Result<Vec<u8>, Reason> {
        let entry = &self.pictures[index];
        let promised = entry.location.uncompressed_size_hint();
        if promised > MAX_UNPACKED {
            return Err(Reason::Unpacked(promised));
        }
        Ok(bounded(self.unpacked(entry)?, MAX_UNPACKED)?)
    }

    /// A reader of an entry's unpacked bytes. It checks length and checksum at the end.
    fn unpacked<'a>(&'a self, entry: &Entry) -> Result<Box<dyn Read + 'a>, rawzip::Error> {
        let found = self.zip.get_entry(entry.location)?;
        Ok(if entry.deflated {
            Box::new(found.verifying_reader(DeflateDecoder::new(found.reader())))
        } else {
            Box::new(found.verifying_reader(found.reader()))
        })
    }

    /// Whether an entry starts like an image file.
    fn has_image_content(&self, entry: &Entry) -> bool {
        let mut start = Vec::new();
        let read = self.unpacked(entry).map(|unpacked| {
            // Damage after the first bytes is reported when the picture is read.
            let _ = unpacked.take(MAGIC as u64).read_to_end(&mut start);
        });
        read.is_ok() && image::guess_format(&start).is_ok()
    }
}

/// Whether a component of the path starts with a dot.
fn hidden(name: &Path) -> bool {
    name.components().any(|part| match part {
        Component::Normal(part) => part.as_encoded_bytes().starts_with(b"."),
        _ => false,
    })
}

/// Whether an entry is deflated (true) or stored (false).
///
/// # Errors
/// If the entry cannot be read; the reason.
fn readable(entry: &ZipFileHeaderRecord) -> Result<bool, &'static str> {
    match entry.compression_method() {
        _ if entry.flags().is_encrypted() => Err("it is encrypted"),
        _ if entry.mode().is_symlink() => Err("it is a link"),
        CompressionMethod::STORE => Ok(false),
        CompressionMethod::DEFLATE => Ok(true),
        _ => Err("its compression method is not deflate: create the archive again with `zip -r`"),
    }
}
