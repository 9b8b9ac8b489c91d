//! Where the images of a set are, and how one comes out in the shape of the networks.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use image::{DynamicImage, GrayImage, RgbImage};

use super::{
    Error,
    fit::Frame,
    idx::ImageSet,
    pictures::Pictures,
    records::{Records, append_planes},
};

/// The images of a set.
#[derive(Debug)]
pub enum Store {
    /// In memory and in their shape: (count, channels, height, width).
    Planes(Vec<u8>),
    /// In memory as they came.
    Set(ImageSet),
    Records(Records),
    Pictures(Pictures),
}

/// What is remembered about images that are read as needed.
#[derive(Debug)]
pub struct Cache {
    /// Images in their shape; the first to come stay, since every epoch asks for every image once.
    images: HashMap<usize, Box<[u8]>>,
    /// Bytes that may still be taken.
    room: u64,
    /// Pictures that turned out to be broken.
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
    /// A picture that turns out to be broken gives its place to the next that is not.
    ///
    /// # Errors
    /// The disk's; pictures of which none can be read.
    pub fn read(
        &self,
        index: usize,
        frame: Frame,
        cache: &Mutex<Cache>,
        scratch: &mut Vec<u8>,
        planes: &mut Vec<u8>,
    ) -> Result<(), Error> {
        match self {
            Self::Planes(all) => {
                planes.clear();
                planes.extend_from_slice(&all[index * frame.features()..][..frame.features()]);
                return Ok(());
            }
            Self::Records(records) => {
                let form = records.form();
                if frame.is(form.channels, form.height, form.width) {
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
                convert(image, (set.channels, set.height, set.width), frame, planes)?;
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
                convert(scratch, sides, frame, planes)?;
            }
            Self::Pictures(pictures) => {
                let image = next_sound(pictures, index, cache)?;
                planes.clear();
                frame.take(image, planes);
            }
        }
        lock(cache).keep(index, planes);
        Ok(())
    }
}

/// The first picture from `index` on, around the end, that can be decoded. Those that cannot are noted and told once.
fn next_sound(
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
                cache.warnings.push(broken.clone());
                first = broken;
            }
        }
    }
    Err(Error::AllBroken { count, first }.of(pictures.root()))
}

/// Locks a cache; each of its changes is whole, whatever became of an earlier holder.
pub fn lock(cache: &Mutex<Cache>) -> MutexGuard<'_, Cache> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All images of a set in their shape.
///
/// # Errors
/// Sides that no image has.
pub fn planes_of(set: &ImageSet, frame: Frame) -> Result<Vec<u8>, Error> {
    let mut planes = Vec::with_capacity(set.count * frame.features());
    let length = set.height * set.width * set.channels;
    for image in set.pixels.chunks_exact(length) {
        convert(
            image,
            (set.channels, set.height, set.width),
            frame,
            &mut planes,
        )?;
    }
    Ok(planes)
}

/// Appends an image, (height, width, channels) of the given (channels, height, width), in its shape.
fn convert(
    image: &[u8],
    (channels, height, width): (usize, usize, usize),
    frame: Frame,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    if frame.is(channels, height, width) {
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
    frame.take(image.ok_or_else(wrong)?, out);
    Ok(())
}
