//! Images of equal size at fixed positions of uncompressed files, each read when it is needed.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::Error;

/// The order of an image's axes in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// (height, width, channels).
    Interleaved,
    /// (channels, height, width).
    Planes,
    /// (channels, width, height).
    Columns,
}

/// The type of an image's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    Byte,
    /// Little-endian f32, rounded to a byte when read.
    Float(Range),
}

/// The values of black and white in floating-point images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// 0 and 1.
    Unit,
    /// −1 and 1.
    Signed,
    /// 0 and 255.
    Byte,
}

impl Range {
    fn byte(self, value: f32) -> u8 {
        let steps = match self {
            Self::Unit => value * 255.0,
            Self::Signed => (value + 1.0) * 127.5,
            Self::Byte => value,
        };
        steps.round() as u8
    }
}

/// The format of a file's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    pub height: usize,
    pub width: usize,
    /// 1 or 3.
    pub channels: usize,
    pub layout: Layout,
    pub element: Element,
    /// Bytes before the image in each record.
    pub label: u64,
}

impl Form {
    /// Bytes of one image in the file.
    pub fn bytes(&self) -> usize {
        let size = match self.element {
            Element::Byte => 1,
            Element::Float(_) => size_of::<f32>(),
        };
        self.height * self.width * self.channels * size
    }

    /// Bytes of one record.
    pub fn stride(&self) -> u64 {
        self.label + self.bytes() as u64
    }
}

/// Records of one format in one or more files, which stay open.
#[derive(Debug)]
pub struct Records {
    form: Form,
    parts: Vec<Part>,
    count: usize,
}

/// The records of one file.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: File,
    /// Byte offset of the first record.
    start: u64,
    /// Index of the first record in the set.
    first: usize,
}

impl Records {
    /// An empty set of records.
    pub fn new(form: Form) -> Self {
        Self {
            form,
            parts: Vec::new(),
            count: 0,
        }
    }

    /// Adds the `count` records of a file from byte `start` on. The caller has checked the file's length.
    pub fn push(&mut self, path: &Path, file: File, start: u64, count: usize) {
        self.parts.push(Part {
            path: path.to_owned(),
            file,
            start,
            first: self.count,
        });
        self.count += count;
    }

    pub fn form(&self) -> Form {
        self.form
    }

    /// Number of images in all files.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Reads image `index` into `planes` as (channels, height, width). Overwrites `planes` and `scratch`.
    ///
    /// # Errors
    /// If reading fails or the file has become shorter.
    pub fn read(
        &self,
        index: usize,
        scratch: &mut Vec<u8>,
        planes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let part = self.parts.partition_point(|part| part.first <= index) - 1;
        let part = &self.parts[part];
        let record = (index - part.first) as u64;
        let offset = part.start + record * self.form.stride() + self.form.label;
        scratch.resize(self.form.bytes(), 0);
        part.file
            .read_exact_at(scratch, offset)
            .map_err(|source| Error::Read {
                path: part.path.clone(),
                source,
            })?;
        if let Element::Float(range) = self.form.element {
            for at in 0..scratch.len() / size_of::<f32>() {
                let value = scratch[size_of::<f32>() * at..].first_chunk().copied();
                scratch[at] = range.byte(f32::from_le_bytes(value.unwrap_or_default()));
            }
            scratch.truncate(scratch.len() / size_of::<f32>());
        }
        planes.clear();
        let Form {
            height,
            width,
            channels,
            layout,
            ..
        } = self.form;
        match layout {
            Layout::Interleaved => append_planes(scratch, channels, planes),
            Layout::Planes => planes.extend_from_slice(scratch),
            Layout::Columns => {
                for plane in scratch.chunks_exact(height * width) {
                    for row in 0..height {
                        planes.extend(plane.iter().skip(row).step_by(height));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Appends an image (height, width, channels) as (channels, height, width).
pub(super) fn append_planes(image: &[u8], channels: usize, out: &mut Vec<u8>) {
    for channel in 0..channels {
        out.extend(image.iter().skip(channel).step_by(channels));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All images of files that hold these bytes after two unused ones.
    fn images(form: Form, files: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let mut records = Records::new(form);
        for (number, bytes) in files.iter().enumerate() {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, [&[99, 99], &bytes[..]].concat()).unwrap();
            let count = bytes.len() / form.stride() as usize;
            records.push(&path, File::open(&path).unwrap(), 2, count);
        }
        let (mut scratch, mut planes) = (Vec::new(), Vec::new());
        let all = 0..records.count();
        all.map(|index| {
            records.read(index, &mut scratch, &mut planes).unwrap();
            planes.clone()
        })
        .collect()
    }

    #[test]
    fn every_layout_is_converted_to_planes() {
        let form = |layout, label| Form {
            height: 2,
            width: 3,
            channels: 3,
            layout,
            element: Element::Byte,
            label,
        };
        let planes: Vec<u8> = (0..18).collect();
        let at = |c: u8, y: u8, x: u8| c * 6 + y * 3 + x;
        let (mut pixels, mut columns) = (Vec::new(), Vec::new());
        for y in 0..2 {
            for x in 0..3 {
                pixels.extend([0, 1, 2].map(|c| at(c, y, x)));
            }
        }
        for c in 0..3 {
            for x in 0..3 {
                columns.extend([0, 1].map(|y| at(c, y, x)));
            }
        }
        let one = std::slice::from_ref(&planes);
        assert_eq!(images(form(Layout::Interleaved, 0), &[pixels]), one);
        assert_eq!(images(form(Layout::Columns, 0), &[columns]), one);
        let labelled = [&[7], &planes[..], &[8], &planes[..]].concat();
        assert_eq!(
            images(form(Layout::Planes, 1), &[labelled]),
            [planes.clone(), planes]
        );
    }

    #[test]
    fn records_of_several_files_are_concatenated() {
        let form = Form {
            height: 1,
            width: 1,
            channels: 1,
            layout: Layout::Planes,
            element: Element::Byte,
            label: 0,
        };
        let files = [vec![1, 2], vec![], vec![3], vec![4, 5, 6]];
        assert_eq!(images(form, &files).concat(), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_file_that_becomes_shorter_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("short");
        std::fs::write(&path, [1; 4]).unwrap();
        let form = Form {
            height: 2,
            width: 2,
            channels: 1,
            layout: Layout::Planes,
            element: Element::Byte,
            label: 0,
        };
        let mut records = Records::new(form);
        records.push(&path, File::open(&path).unwrap(), 0, 1);
        std::fs::write(&path, [1; 3]).unwrap();
        let error = records
            .read(0, &mut Vec::new(), &mut Vec::new())
            .unwrap_err();
        assert!(error.to_string().contains("short"), "{error}");
    }
}
