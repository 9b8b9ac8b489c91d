//! Storage of the images of a set, and their conversion to the shape of the networks.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use image::{DynamicImage, GrayImage, RgbImage};

use super::{
    Error,
    fit::Target,
    idx::ImageSet,
    pictures::Pictures,
    records::{Records, append_planes},
};

/// The images of a set.
#[derive(Debug)]
pub(super) enum Store {
    /// Converted images in memory, (count, channels, height, width).
    Planes(Vec<u8>),
    /// Images in memory, in their original shape.
    Set(ImageSet),
    /// Images at fixed positions of uncompressed files.
    Records(Records),
    /// One image per file.
    Pictures(Pictures),
}

/// A cache of images that are converted when they are read.
#[derive(Debug)]
pub(super) struct Cache {
    /// Converted images. The first ones stay: every epoch reads every image once, so that no other choice is better.
    images: HashMap<usize, Box<[u8]>>,
    /// Free space in bytes.
    free: u64,
    /// Indices of broken pictures.
    broken: HashSet<usize>,
    /// Warnings that have not been shown yet.
    pub warnings: Vec<String>,
}

impl Cache {
    /// An empty cache for up to `capacity` bytes of images.
    pub(super) fn new(capacity: u64, warnings: Vec<String>) -> Self {
        Self {
            images: HashMap::new(),
            free: capacity,
            broken: HashSet::new(),
            warnings,
        }
    }

    fn keep(&mut self, index: usize, planes: &[u8]) {
        if let Some(free) = self.free.checked_sub(planes.len() as u64)
            && self.images.insert(index, planes.into()).is_none()
        {
            self.free = free;
        }
    }
}

impl Store {
    /// Reads image `index` into `planes`, converted to (channels, height, width) of `target`. Overwrites `planes` and
    /// `scratch`. A broken picture is replaced by the next readable one.
    ///
    /// # Errors
    /// If reading fails, or no picture of the set can be read.
    pub(super) fn read(
        &self,
        index: usize,
        target: Target,
        cache: &Mutex<Cache>,
        scratch: &mut Vec<u8>,
        planes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        match self {
            Self::Planes(all) => {
                planes.clear();
                planes.extend_from_slice(&all[index * target.features()..][..target.features()]);
                return Ok(());
            }
            Self::Records(records) => {
                let form = records.form();
                if target.matches(form.channels, form.height, form.width) {
                    return records.read(index, scratch, planes);
                }
            }
            Self::Set(_) | Self::Pictures(_) => {}
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
                convert(image, (set.channels, set.height, set.width), target, planes)?;
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
                convert(scratch, sides, target, planes)?;
            }
            Self::Pictures(pictures) => {
                let image = next_readable(pictures, index, cache)?;
                planes.clear();
                target.append(image, planes);
            }
        }
        lock(cache).keep(index, planes);
        Ok(())
    }
}

/// The first picture from `index` on, with wrap-around, that can be decoded. Each broken picture gives one warning.
fn next_readable(
    pictures: &Pictures,
    index: usize,
    cache: &Mutex<Cache>,
) -> Result<DynamicImage, Error> {
    let count = pictures.len();
    let mut first = String::new();
    for at in (index..count).chain(0..index) {
        if lock(cache).broken.contains(&at) {
            continue;
        }
        match pictures.decode(at) {
            Ok(image) => return Ok(image),
            Err(broken) => {
                let mut cache = lock(cache);
                cache.broken.insert(at);
                first = broken.to_string();
                cache.warnings.push(first.clone());
            }
        }
    }
    Err(Error::AllBroken { count, first }.of(pictures.root()))
}

/// Locks a cache. A poisoned lock is fine: no change of the cache can be left half done.
pub(super) fn lock(cache: &Mutex<Cache>) -> MutexGuard<'_, Cache> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All images of a set converted to the shape of `target`, (count, channels, height, width).
///
/// # Errors
/// If the set's images are too large to convert.
pub(super) fn planes_of(set: &ImageSet, target: Target) -> Result<Vec<u8>, Error> {
    let mut planes = Vec::with_capacity(set.count * target.features());
    let length = set.height * set.width * set.channels;
    for image in set.pixels.chunks_exact(length) {
        convert(
            image,
            (set.channels, set.height, set.width),
            target,
            &mut planes,
        )?;
    }
    Ok(planes)
}

/// Converts an image of the given (channels, height, width), whose bytes are in the order (height, width, channels), and
/// appends it to `out`.
fn convert(
    image: &[u8],
    (channels, height, width): (usize, usize, usize),
    target: Target,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    if target.matches(channels, height, width) {
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
    target.append(image.ok_or_else(wrong)?, out);
    Ok(())
}
