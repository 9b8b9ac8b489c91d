//! A set of images in the shape of the networks.

use std::sync::{Arc, Mutex};

use rand::Rng;
use rayon::prelude::*;

use super::{
    Error,
    augmentation::{Augmentation, scaled},
    broken::Broken,
    fit::Target,
    idx::ImageSet,
    open::Opened,
    pictures::Pictures,
    sampler::{self, MAX_COUNT},
    store::{Cache, Store, lock, planes_of},
};
use crate::preset::Fit;

/// Memory for converted images, 256 MiB. A set that fits is converted at once and kept in memory. Images of a larger set
/// are read, decoded and resized when they are drawn; a cache of this size keeps the converted ones.
const MEMORY: u64 = 256 << 20;

/// A set of images as bytes, (channels, height, width) each, in memory or read when needed. Clones share the images.
#[derive(Clone, Debug)]
pub struct Images {
    target: Target,
    count: usize,
    store: Arc<Store>,
    cache: Arc<Mutex<Cache>>,
    augmentation: Augmentation,
}

impl Images {
    /// Converts `set` to the shape (channels, height, width): images of other proportions are cropped, then resized with a
    /// linear filter; gray is repeated over three channels, colour is converted to gray by luminance (Rec. 709).
    ///
    /// # Errors
    /// If channels are not 1 or 3, a side is 0, or an image has more pixels than memory can address.
    pub fn new(set: ImageSet, shape: (usize, usize, usize)) -> Result<Self, Error> {
        Self::open(Opened::Set(set, None), shape, Fit::Crop)
    }

    /// Converts opened images to the shape (channels, height, width), see [`Images::new`]; `fit` says how images of other
    /// proportions are converted. Pictures that fit into memory are decoded at once, on the caller's rayon pool.
    ///
    /// # Errors
    /// If the shape is invalid (see [`Images::new`]), there are more than 2^27 images, or no picture can be read.
    pub fn open(opened: Opened, shape: (usize, usize, usize), fit: Fit) -> Result<Self, Error> {
        let target = Target::new(shape, fit)?;
        match opened {
            Opened::Set(set, warning) => Self::unpacked(set, target, warning.into_iter().collect()),
            Opened::Records(records) => {
                let count = records.count();
                Self::of(target, count, Store::Records(records), Vec::new())
            }
            Opened::Pictures(pictures, skipped) => Self::decoded(pictures, target, skipped),
        }
    }

    fn decoded(
        pictures: Pictures,
        target: Target,
        mut skipped: Vec<String>,
    ) -> Result<Self, Error> {
        let count = pictures.len();
        if !within_memory(count, target) {
            return Self::of(target, count, Store::Pictures(pictures), skipped);
        }
        let decoded: Vec<Result<Vec<u8>, Broken>> = (0..count)
            .into_par_iter()
            .map(|index| {
                let mut planes = Vec::with_capacity(target.features());
                target.append(pictures.decode(index)?, &mut planes);
                Ok(planes)
            })
            .collect();
        let mut planes = Vec::new();
        let mut broken = Vec::new();
        for image in decoded {
            match image {
                Ok(image) => planes.extend(image),
                Err(error) => broken.push(error.to_string()),
            }
        }
        if planes.is_empty() {
            let first = broken.into_iter().next().unwrap_or_default();
            return Err(Error::AllBroken { count, first }.of(pictures.root()));
        }
        skipped.extend(broken);
        let count = planes.len() / target.features();
        Self::of(target, count, Store::Planes(planes), skipped)
    }

    fn unpacked(set: ImageSet, target: Target, warnings: Vec<String>) -> Result<Self, Error> {
        let count = set.count;
        let store = if within_memory(count, target) {
            Store::Planes(planes_of(&set, target)?)
        } else {
            // Moved, not copied: it may have 1 GiB.
            Store::Set(set)
        };
        Self::of(target, count, store, warnings)
    }

    fn of(
        target: Target,
        count: usize,
        store: Store,
        warnings: Vec<String>,
    ) -> Result<Self, Error> {
        if count == 0 {
            return Err(Error::NoImages("set"));
        }
        if count > MAX_COUNT {
            return Err(Error::TooMany(count as u64));
        }
        Ok(Self {
            target,
            count,
            store: Arc::new(store),
            cache: Arc::new(Mutex::new(Cache::new(MEMORY, warnings))),
            augmentation: Augmentation::default(),
        })
    }

    /// These images with another augmentation.
    pub fn with(&self, augmentation: Augmentation) -> Self {
        Self {
            augmentation,
            ..self.clone()
        }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Number of features of an image.
    pub fn features(&self) -> usize {
        self.target.features()
    }

    /// `count` indices of images from a random permutation, which is repeated if there are fewer images.
    pub fn draw(&self, count: usize, rng: &mut impl Rng) -> Vec<u32> {
        let order = sampler::permutation(self.len(), rng);
        order.iter().copied().cycle().take(count).collect()
    }

    /// Warnings "path: reason" about files that were skipped since the last call.
    pub fn warnings(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.cache).warnings)
    }

    /// The images at the indices `chosen` without augmentation, in [−1, 1], (features, chosen) batch-last.
    ///
    /// # Errors
    /// If reading fails or no picture can be read.
    pub fn gather(&self, chosen: &[u32]) -> Result<Vec<f32>, Error> {
        self.columns(chosen, |_, _| {}, scaled)
    }

    /// The images at the indices `chosen` with the augmentation of batch `index`, in [−1, 1], (features, chosen)
    /// batch-last.
    ///
    /// # Errors
    /// If reading fails or no picture can be read.
    pub fn batch(&self, chosen: &[u32], seed: u64, index: u64) -> Result<Vec<f32>, Error> {
        if self.augmentation == Augmentation::default() {
            return self.gather(chosen);
        }
        let (flips, mut noise) = self.augmentation.draws(seed, index, chosen.len());
        let flip = |sample, planes: &mut [u8]| flips.apply(sample, planes, self.target.width());
        self.columns(chosen, flip, |byte| noise.value(byte))
    }

    /// Reads images, applies `change` to the bytes of each sample, and converts bytes with `value`.
    fn columns(
        &self,
        chosen: &[u32],
        change: impl Fn(usize, &mut [u8]),
        mut value: impl FnMut(u8) -> f32,
    ) -> Result<Vec<f32>, Error> {
        let mut out = vec![0.0; self.features() * chosen.len()];
        let mut planes = Vec::with_capacity(self.features());
        let mut scratch = Vec::new();
        for (sample, &index) in chosen.iter().enumerate() {
            let index = index as usize;
            self.store
                .read(index, self.target, &self.cache, &mut scratch, &mut planes)?;
            change(sample, &mut planes);
            for (feature, &byte) in planes.iter().enumerate() {
                out[feature * chosen.len() + sample] = value(byte);
            }
        }
        Ok(out)
    }
}

/// Whether `count` converted images fit into [`MEMORY`].
fn within_memory(count: usize, target: Target) -> bool {
    let bytes = (count as u64).checked_mul(target.features() as u64);
    bytes.is_some_and(|bytes| bytes <= MEMORY)
}

#[cfg(test)]
mod tests;
