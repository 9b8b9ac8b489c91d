//! What can be wrong with data.

use std::{io, path::PathBuf};

/// What can be given, for a person who has nothing at hand.
const WANTED: &str = "Give --data PATH: the folder cifar-10-batches-bin out of CIFAR-10's archive \
    cifar-10-binary.tar.gz, unlabeled_X.bin out of STL-10's archive stl10_binary.tar.gz, an IDX file as MNIST's \
    train-images-idx3-ubyte.gz, or a folder of images";

/// Why a data set cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot read {}: there is no such file or folder. {WANTED}", path.display())]
    Missing { path: PathBuf },
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: Box<Error> },
    #[error(
        "not a set of images that can be read: expected an IDX file (gzipped or not) of unsigned bytes, (N, H, W) or (N, H, W, C), as MNIST's train-images-idx3-ubyte; CIFAR-10's or STL-10's binary file; a folder of CIFAR-10's data_batch_*.bin, or of images. Archives have to be unpacked first"
    )]
    Unknown,
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
        "the IDX header promises {promised} bytes of images, the file holds {held}: it was cut short or damaged, copy or download it again"
    )]
    Length { promised: String, held: String },
    #[error("the IDX header names images of {count}×{height}×{width}×{channels}: {reason}")]
    Shape {
        count: usize,
        height: usize,
        width: usize,
        channels: usize,
        reason: &'static str,
    },
    #[error(
        "{0} bytes are no whole number of records: CIFAR-10's have 3,073 bytes, CIFAR-100's 3,074, STL-10's 27,648"
    )]
    Records(u64),
    #[error(
        "{0}. Should these be records of CIFAR-10 or STL-10 all the same, give the file the name that it has in its archive (data_batch_1.bin, train_X.bin)"
    )]
    Ambiguous(Box<Error>),
    #[error(
        "this has the length of STL-10's images, which have no header or label to be known by: give the file the name that it has in its archive (train_X.bin, test_X.bin, unlabeled_X.bin)"
    )]
    Unnamed,
    #[error(
        "record {record} has the label {label}: these are no records of CIFAR-10, whose labels are 0 to 9"
    )]
    Label { record: u64, label: u8 },
    #[error("there are {0} images, more than can be put in an order (2^27)")]
    TooMany(u64),
    #[error("there is no image in this folder")]
    NoImages,
    #[error("none of the {count} images can be read; the first is {first}")]
    AllBroken { count: usize, first: String },
    #[error(
        "images cannot take the shape {0}×{1}×{2}: channels are 1 or 3, height and width at least 1"
    )]
    Target(usize, usize, usize),
}

impl Error {
    /// This about a file.
    pub(super) fn of(self, path: &std::path::Path) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: Box::new(self),
        }
    }
}
