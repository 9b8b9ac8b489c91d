//! Errors of data sets.

use std::{io, path::PathBuf};

use crate::text::wording::unreadable;

/// Advice for an error: the accepted formats.
const WANTED: &str = "Give --data PATH: a folder or a zip archive of pictures, the folder cifar-10-batches-bin out of \
    CIFAR-10's archive cifar-10-binary.tar.gz, unlabeled_X.bin out of STL-10's archive stl10_binary.tar.gz, an IDX file \
    as MNIST's train-images-idx3-ubyte.gz, or a NumPy array as a .npy file";

/// An error of loading or reading a data set.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum Error {
    #[error("{}", unreadable(path.display(), source))]
    Read { path: PathBuf, source: io::Error },
    #[error("{}. {WANTED}", unreadable(path.display(), "there is no such file or folder"))]
    Missing { path: PathBuf },
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: Box<Error> },
    #[error(
        "not a set of images that can be read: expected an IDX file (gzipped or not) of unsigned bytes, (N, H, W) or (N, H, W, C), as MNIST's train-images-idx3-ubyte; CIFAR-10's, CIFAR-100's or STL-10's binary file; a NumPy array (.npy); a zip archive of pictures; or a folder of one of these, or of pictures"
    )]
    Unknown,
    #[error("this is {what}: {advice}")]
    Other {
        what: &'static str,
        advice: &'static str,
    },
    #[error("this is one picture, and a data set has many: give the folder that contains it, {}", .0.display())]
    OnePicture(PathBuf),
    #[error("there are several sets of images in this folder: {first}{}. Give one of them", and_more(.more))]
    Several { first: String, more: usize },
    #[error("there is no image in this folder; {} is {what}: {advice}", name.display())]
    Holds {
        name: PathBuf,
        what: &'static str,
        advice: &'static str,
    },
    #[error("there is no image in this folder; {} is neither an image nor a set of images. {WANTED}", .0.display())]
    HoldsOther(PathBuf),
    #[error("the NumPy array cannot be read: {0}")]
    Npy(String),
    #[error(
        "this is a Python pickle without the images of CIFAR, a uint8 array (N, 3072): save images as a uint8 array (N, H, W, C) with numpy.save, or take the binary version of CIFAR-10, cifar-10-binary.tar.gz"
    )]
    Pickle,
    #[error("the zip archive cannot be read: {0}")]
    Archive(String),
    #[error("there is no picture in this archive; {} is not a picture: unpack the archive and give its contents", .0.display())]
    NoPictures(PathBuf),
    #[error("the gzip stream is damaged: {0}")]
    Gzip(io::Error),
    #[error(
        "the gzip stream promises {0} bytes of images: unpack it first, then they are read as needed"
    )]
    Packed(String),
    #[error("the IDX header names element type 0x{0:02x}; images are unsigned bytes (0x08)")]
    ElementType(u8),
    #[error(
        "the IDX header names {0} dimensions; images have 3, (N, H, W), or 4, (N, H, W, C); labels have 1"
    )]
    Dimensions(u8),
    #[error(
        "the {of} header promises {promised} bytes of images, the file holds {held}: it was cut short or damaged, copy or download it again"
    )]
    Length {
        of: &'static str,
        promised: String,
        held: String,
    },
    #[error("the IDX header names images of {count}×{height}×{width}×{channels}: {reason}")]
    Shape {
        count: usize,
        height: usize,
        width: usize,
        channels: usize,
        reason: &'static str,
    },
    #[error(
        "{0} bytes are not a whole number of records: CIFAR-10's have 3,073 bytes, CIFAR-100's 3,074, STL-10's 27,648"
    )]
    Records(u64),
    #[error(
        "{0}. If these are records of CIFAR-10 or STL-10, give the file the name that it has in its archive (data_batch_1.bin, train_X.bin)"
    )]
    Ambiguous(Box<Error>),
    #[error(
        "this has the length of STL-10's images, which have no header or labels to recognize them by: give the file the name that it has in its archive (train_X.bin, test_X.bin, unlabeled_X.bin)"
    )]
    Unnamed,
    #[error(
        "record {record} has the label {label}: these are not records of CIFAR-10, whose labels are 0 to 9"
    )]
    Label { record: u64, label: u8 },
    #[error("there are {0} images, more than the limit of 2^27")]
    TooMany(u64),
    #[error("there is no image in this {0}")]
    NoImages(&'static str),
    #[error("none of the {count} images can be read; the first is {first}")]
    AllBroken { count: usize, first: String },
    #[error(
        "images cannot take the shape {0}×{1}×{2}: channels are 1 or 3, height and width at least 1"
    )]
    Target(usize, usize, usize),
}

fn and_more(count: &usize) -> String {
    match count {
        0 => String::new(),
        count => format!(" and {count} more"),
    }
}

impl Error {
    /// Adds the path of the file to the error.
    pub(super) fn of(self, path: &std::path::Path) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: Box::new(self),
        }
    }
}
