//! Recognizing files that are not a set of images, by their first bytes, with advice for the user.

/// Bytes at the start of a file that identify its kind.
pub(super) const START: usize = 600;

const UNPACK: &str = "unpack it and give what comes out of it";
const ARRAY: &str =
    "save its images as a uint8 array (N, H, W, C) with numpy.save, or as a folder of pictures";
const FETCH: &str =
    "the data were not fetched with it; do that (git lfs pull), or download them again";

/// (offset, bytes at the offset, the kind of file, advice).
const KINDS: &[(usize, &[u8], &str, &str)] = &[
    (257, b"ustar", "a tar archive", UNPACK),
    (0, b"\x1f\x8b", "a gzipped file that is not IDX", UNPACK),
    (0, b"BZh", "a file packed by bzip2", UNPACK),
    (0, b"\xfd7zXZ\0", "a file packed by xz", UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a file packed by zstd", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (0, b"Rar!", "a RAR archive", UNPACK),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", ARRAY),
    (512, b"\x89HDF\r\n\x1a\n", "a MATLAB file", ARRAY),
    (0, b"MATLAB 5.0", "a MATLAB file", ARRAY),
    (0, b"PAR1", "a Parquet file", ARRAY),
    (0, b"ARROW1", "an Arrow file", ARRAY),
    (16, b"\xde\xc0\xef\xbe", "an LMDB database", ARRAY),
    (0, b"SQLite format 3\0", "an SQLite database", ARRAY),
    (
        0,
        b"\x80",
        "a Python pickle without the images of CIFAR",
        ARRAY,
    ),
    (
        8,
        b"{\"",
        "a file of weights (safetensors)",
        "it holds no images",
    ),
    (0, b"%PDF", "a PDF document", "it holds no images"),
    (0, b"version https://git-lfs", "a pointer of git-lfs", FETCH),
    (
        0,
        b"<!DOCTYPE",
        "a web page",
        "this is not the data set; download it again",
    ),
    (
        0,
        b"<html",
        "a web page",
        "this is not the data set; download it again",
    ),
];

/// The kind of a file that starts with these bytes, and advice; `None` if it is unknown.
pub(super) fn identify(start: &[u8]) -> Option<(&'static str, &'static str)> {
    let fits = |&&(offset, bytes, ..): &&(usize, &[u8], _, _)| {
        start
            .get(offset..)
            .is_some_and(|start| start.starts_with(bytes))
    };
    let found = KINDS.iter().find(fits)?;
    Some((found.2, found.3))
}
