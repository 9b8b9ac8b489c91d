//! Where the images of a set are, and how one comes out in the shape of the networks.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use image::{DynamicImage, GrayImage, RgbImage};

use super::{
    Error,
    decode::{decode, fit},
    folder::named,
    idx::ImageSet,
    records::{Records, append_planes},
};

/// The shape of every image of a set, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    channels: usize,
    height: u32,
    width: u32,
}

impl Shape {
    /// (channels, height, width).
    ///
    /// # Errors
    /// Channels other than 1 and 3, a side of 0, or more numbers than can be counted.
    pub fn new((channels, height, width): (usize, usize, usize)) -> Result<Self, Error> {
        let target = || Error::Target(channels, height, width);
        let sides = (u32::try_from(height), u32::try_from(width));
        let (Ok(rows @ 1..), Ok(columns @ 1..), 1 | 3) = (sides.0, sides.1, channels) else {
            return Err(target());
        };
        channels
            .checked_mul(height)
            .and_then(|n| n.checked_mul(width))
            .filter(|&bytes| bytes <= isize::MAX as usize / size_of::<f32>())
            .ok_or_else(target)?;
        Ok(Self {
            channels,
            height: rows,
            width: columns,
        })
    }

    /// Numbers in one image.
    pub fn features(self) -> usize {
        self.channels * self.height as usize * self.width()
    }

    pub fn width(self) -> usize {
        self.width as usize
    }

    /// (channels, height, width).
    pub fn sides(self) -> (usize, u32, u32) {
        (self.channels, self.height, self.width)
    }

    fn is(self, channels: usize, height: usize, width: usize) -> bool {
        (self.channels, self.height as usize, self.width()) == (channels, height, width)
    }
}

/// The images of a set.
#[derive(Debug)]
pub enum Store {
    /// In memory and in their shape: (count, channels, height, width).
    Planes(Vec<u8>),
    /// In memory as they came.
    Set(ImageSet),
    Records(Records),
    /// The folder, and the files in it.
    Folder(PathBuf, Vec<PathBuf>),
}

/// What is remembered about images that are read as needed.
#[derive(Debug)]
pub struct Cache {
    /// Images in their shape; the first to come stay, since every epoch asks for every image once.
    images: HashMap<usize, Box<[u8]>>,
    /// Bytes that may still be taken.
    room: u64,
    /// Files of a folder that turned out to be broken.
    broken: HashSet<usize>,
    /// What the person has not been told yet.
    pub warnings: Vec<String>,
}

impl Cache {
    /// An empty one that holds up to `room` bytes of images.
    pub fn new(room: u64, warnings: Vec<String>) -> Self {
        Self {
            images: HashMap::new(),
            room,
            broken: HashSet::new(),
            warnings,
        }
    }

    fn keep(&mut self, index: usize, planes: &[u8]) {
        if let Some(room) = self.room.checked_sub(planes.len() as u64)
            && self.images.insert(index, planes.into()).is_none()
        {
            self.room = room;
        }
    }
}

impl Store {
    /// Image `index` in its shape, (channels, height, width), in place of what `planes` holds. `scratch` is overwritten.
    ///
    /// A file of a folder that turns out to be broken gives its place to the next that is not.
    ///
    /// # Errors
    /// The disk's; a folder in which no image can be read.
    pub fn read(
        &self,
        index: usize,
        shape: Shape,
        cache: &Mutex<Cache>,
        scratch: &mut Vec<u8>,
        planes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        match self {
            Self::Planes(all) => {
                planes.clear();
                planes.extend_from_slice(&all[index * shape.features()..][..shape.features()]);
                return Ok(());
            }
            Self::Records(records) => {
                let form = records.form();
                if shape.is(form.channels, form.height, form.width) {
                    return records.read(index, scratch, planes);
                }
            }
            Self::Set(_) | Self::Folder(..) => {}
        }
        if let Some(known) = lock(cache).images.get(&index) {
            planes.clear();
            planes.extend_from_slice(known);
            return Ok(());
        }
        match self {
            Self::Planes(_) => {}
            Self::Set(set) => {
                let length = set.height * set.width * set.channels;
                planes.clear();
                let image = &set.pixels[index * length..][..length];
                convert(image, (set.channels, set.height, set.width), shape, planes)?;
            }
            Self::Records(records) => {
                records.read(index, scratch, planes)?;
                let form = records.form();
                let pixels = form.height * form.width;
                scratch.clear();
                scratch.extend(
                    (0..pixels).flat_map(|at| planes.iter().copied().skip(at).step_by(pixels)),
                );
                planes.clear();
                let sides = (form.channels, form.height, form.width);
                convert(scratch, sides, shape, planes)?;
            }
            Self::Folder(root, files) => {
                let image = next_sound(root, files, index, cache)?;
                planes.clear();
                fit(image, shape.sides(), planes);
            }
        }
        lock(cache).keep(index, planes);
        Ok(())
    }
}

/// The first image from `index` on, around the end, that can be decoded. Those that cannot are noted and told once.
fn next_sound(
    root: &Path,
    files: &[PathBuf],
    index: usize,
    cache: &Mutex<Cache>,
) -> Result<DynamicImage, Error> {
    let mut last = String::new();
    for at in (index..files.len()).chain(0..index) {
        if lock(cache).broken.contains(&at) {
            continue;
        }
        match decode(&files[at]) {
            Ok(image) => return Ok(image),
            Err(reason) => {
                last = named(&files[at], root, &reason);
                let mut cache = lock(cache);
                cache.broken.insert(at);
                cache.warnings.push(last.clone());
            }
        }
    }
    let count = files.len();
    Err(Error::AllBroken { count, first: last }.of(root))
}

/// Locks a cache; each of its changes is whole, whatever became of an earlier holder.
pub fn lock(cache: &Mutex<Cache>) -> MutexGuard<'_, Cache> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All images of a set in their shape.
///
/// # Errors
/// Sides that no image has.
pub fn planes_of(set: &ImageSet, shape: Shape) -> Result<Vec<u8>, Error> {
    let mut planes = Vec::with_capacity(set.count * shape.features());
    let length = set.height * set.width * set.channels;
    for image in set.pixels.chunks_exact(length) {
        convert(
            image,
            (set.channels, set.height, set.width),
            shape,
            &mut planes,
        )?;
    }
    Ok(planes)
}

/// Appends an image, (height, width, channels) of the given (channels, height, width), in its shape.
fn convert(
    image: &[u8],
    (channels, height, width): (usize, usize, usize),
    shape: Shape,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    if shape.is(channels, height, width) {
        append_planes(image, channels, out);
        return Ok(());
    }
    let wrong = || Error::Target(channels, height, width);
    let (Ok(rows), Ok(columns)) = (u32::try_from(height), u32::try_from(width)) else {
        return Err(wrong());
    };
    let bytes = image.to_vec();
    let image = match channels {
        1 => GrayImage::from_raw(columns, rows, bytes).map(DynamicImage::ImageLuma8),
        _ => RgbImage::from_raw(columns, rows, bytes).map(DynamicImage::ImageRgb8),
    };
    fit(image.ok_or_else(wrong)?, shape.sides(), out);
    Ok(())
}
