//! The binary files of CIFAR-10, CIFAR-100 and STL-10: records without a header, recognized by their length and labels,
//! or if there are no labels by the original file name.
//!
//! A record of CIFAR-10 is a label (0 to 9) and 32×32 RGB bytes, plane after plane; one of CIFAR-100 has two labels
//! (0 to 19, 0 to 99). STL-10's files of images (`*_X.bin`) have 96×96 RGB images without labels, each plane column by
//! column.

use std::{borrow::Cow, fs::File, os::unix::fs::FileExt, path::Path};

use super::{
    Error,
    records::{Element, Form, Layout, Records},
};
use crate::files::open::plain;

pub(super) const CIFAR10: Form = Form {
    height: 32,
    width: 32,
    channels: 3,
    layout: Layout::Planes,
    element: Element::Byte,
    label: 1,
};
const CIFAR100: Form = Form {
    label: 2,
    ..CIFAR10
};
const STL10: Form = Form {
    height: 96,
    width: 96,
    channels: 3,
    layout: Layout::Columns,
    element: Element::Byte,
    label: 0,
};

/// Opens a file of `length` bytes as one of these sets.
///
/// # Errors
/// If the length is not a multiple of a record's, a label is out of range, or the file has the length but not the name of
/// STL-10's images.
pub(super) fn open(path: &Path, file: File, length: u64) -> Result<Records, Error> {
    let mut wrong = Error::Records(length);
    for (form, most) in [
        (CIFAR10, &[9][..]),
        (CIFAR100, &[19, 99][..]),
        (STL10, &[][..]),
    ] {
        let Some(count) = record_count(length, form) else {
            continue;
        };
        match check_labels(path, &file, form, count, most) {
            Ok(()) if most.is_empty() && !named_as_stl10(path) => wrong = Error::Unnamed,
            Ok(()) => {
                let mut records = Records::new(form);
                records.push(path, file, 0, count as usize);
                return Ok(records);
            }
            Err(error) => wrong = error,
        }
    }
    Err(wrong)
}

/// Whether the file has the name of a file in the archives of CIFAR-10 or STL-10.
pub(super) fn named_as_original(path: &Path) -> bool {
    let name = name(path);
    named_as_stl10(path)
        || name == "test_batch.bin"
        || name.starts_with("data_batch_") && name.ends_with(".bin")
}

/// `train_X.bin`, `test_X.bin`, `unlabeled_X.bin`.
fn named_as_stl10(path: &Path) -> bool {
    name(path).ends_with("_X.bin")
}

/// The last component of a path.
pub(super) fn name(path: &Path) -> Cow<'_, str> {
    path.file_name().unwrap_or_default().to_string_lossy()
}

/// Opens files as the batches of CIFAR-10.
///
/// # Errors
/// If a file cannot be read or is not such a batch. The error names the first such file.
pub(super) fn cifar10(paths: &[std::path::PathBuf]) -> Result<Records, Error> {
    let mut records = Records::new(CIFAR10);
    for path in paths {
        let read_error = |source| Error::Read {
            path: path.clone(),
            source,
        };
        let file = plain(path).map_err(read_error)?;
        let length = file.metadata().map_err(read_error)?.len();
        let count = record_count(length, CIFAR10).ok_or_else(|| Error::Records(length).of(path))?;
        check_labels(path, &file, CIFAR10, count, &[9]).map_err(|error| error.of(path))?;
        records.push(path, file, 0, count as usize);
    }
    Ok(records)
}

/// The number of records in a file; `None` if it is empty or its length is not a multiple of a record's.
fn record_count(length: u64, form: Form) -> Option<u64> {
    (length > 0 && length.is_multiple_of(form.stride())).then(|| length / form.stride())
}

/// Checks that the labels of all records are at most `most`, one value for each label of a record.
fn check_labels(
    path: &Path,
    file: &File,
    form: Form,
    count: u64,
    most: &[u8],
) -> Result<(), Error> {
    let mut label = [0; 2];
    let label = &mut label[..most.len()];
    let checked = if label.is_empty() { 0 } else { count };
    for record in 0..checked {
        file.read_exact_at(label, record * form.stride())
            .map_err(|source| Error::Read {
                path: path.to_owned(),
                source,
            })?;
        if let Some((&label, _)) = label.iter().zip(most).find(|(label, most)| label > most) {
            return Err(Error::Label { record, label });
        }
    }
    Ok(())
}
