//! A set of images in the shape that the networks take.

use std::sync::{Arc, Mutex};

use rand::Rng;
use rayon::prelude::*;

use super::{
    Error,
    augmentation::{Augmentation, scaled},
    fit::Frame,
    idx::ImageSet,
    open::Opened,
    pictures::Pictures,
    sampler::{self, MAX_COUNT},
    store::{Cache, Store, lock, planes_of},
};
use crate::preset::Fit;

/// Sets that take no more than this in their shape, 256 MiB, are brought into it at once and kept in memory. Of larger
/// ones each image is read, decoded and resized when it is asked for, and what cost work is kept up to as many bytes.
const MEMORY: u64 = 256 << 20;

/// Images as bytes, (count, channels, height, width), in memory or read as needed. Clones share them.
#[derive(Clone, Debug)]
pub struct Images {
    frame: Frame,
    count: usize,
    store: Arc<Store>,
    cache: Arc<Mutex<Cache>>,
    augmentation: Augmentation,
}

impl Images {
    /// `set` in the shape (channels, height, width): cropped where its proportions are others, resized with a linear
    /// filter, gray repeated over three channels, colour turned gray by luminance (Rec. 709).
    ///
    /// # Errors
    /// Channels other than 1 and 3, a side of 0, or more pixels than can be counted.
    pub fn new(set: ImageSet, shape: (usize, usize, usize)) -> Result<Self, Error> {
        Self::open(Opened::Set(set, None), shape, Fit::Crop)
    }

    /// What a person's path holds in the shape (channels, height, width), converted as by [`Images::new`] but for other
    /// proportions. Pictures that fit the memory are decoded now, on the threads of the caller's pool.
    ///
    /// # Errors
    /// As [`Images::new`]; more images than can be put in an order; pictures of which none can be read.
    pub fn open(opened: Opened, shape: (usize, usize, usize), fit: Fit) -> Result<Self, Error> {
        let frame = Frame::new(shape, fit)?;
        match opened {
            Opened::Set(set, left_out) => {
                Self::unpacked(set, frame, left_out.into_iter().collect())
            }
            Opened::Records(records) => {
                let count = records.count();
                Self::of(frame, count, Store::Records(records), Vec::new())
            }
            Opened::Pictures(pictures, skipped) => Self::decoded(pictures, frame, skipped),
        }
    }

    fn decoded(pictures: Pictures, frame: Frame, mut skipped: Vec<String>) -> Result<Self, Error> {
        let count = pictures.len();
        if !within_memory(count, frame) {
            return Self::of(frame, count, Store::Pictures(pictures), skipped);
        }
        let decoded: Vec<Result<Vec<u8>, String>> = (0..count)
            .into_par_iter()
            .map(|index| {
                let mut planes = Vec::with_capacity(frame.features());
                frame.take(pictures.decode(index)?, &mut planes);
                Ok(planes)
            })
            .collect();
        let mut planes = Vec::new();
        let mut broken = Vec::new();
        for image in decoded {
            match image {
                Ok(image) => planes.extend(image),
                Err(reason) => broken.push(reason),
            }
        }
        if planes.is_empty() {
            let first = broken.into_iter().next().unwrap_or_default();
            return Err(Error::AllBroken { count, first }.of(pictures.root()));
        }
        skipped.extend(broken);
        let count = planes.len() / frame.features();
        Self::of(frame, count, Store::Planes(planes), skipped)
    }

    fn unpacked(set: ImageSet, frame: Frame, warnings: Vec<String>) -> Result<Self, Error> {
        let count = set.count;
        let store = match within_memory(count, frame) {
            true => Store::Planes(planes_of(&set, frame)?),
            // It may be a gigabyte: moved, not copied.
            false => Store::Set(set),
        };
        Self::of(frame, count, store, warnings)
    }

    fn of(frame: Frame, count: usize, store: Store, warnings: Vec<String>) -> Result<Self, Error> {
        if count == 0 {
            return Err(Error::NoImages("set"));
        }
        if count > MAX_COUNT {
            return Err(Error::TooMany(count as u64));
        }
        Ok(Self {
            frame,
            count,
            store: Arc::new(store),
            cache: Arc::new(Mutex::new(Cache::new(MEMORY, warnings))),
            augmentation: Augmentation::default(),
        })
    }

    /// The same images with other changes on their way into training.
    pub fn with(&self, augmentation: Augmentation) -> Self {
        Self {
            augmentation,
            ..self.clone()
        }
    }

    /// Images in the set.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Numbers in one image.
    pub fn features(&self) -> usize {
        self.frame.features()
    }

    /// The indices of `count` images in a random order; where there are fewer, they repeat.
    pub fn draw(&self, count: usize, rng: &mut impl Rng) -> Vec<u32> {
        let order = sampler::permutation(self.len(), rng);
        order.iter().copied().cycle().take(count).collect()
    }

    /// What was skipped since the last call, "path: reason" each.
    pub fn warnings(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.cache).warnings)
    }

    /// The images at these indices in [−1, 1], as they are, (features, chosen) batch-last.
    ///
    /// # Errors
    /// The disk's; pictures of which none can be read any more.
    pub fn gather(&self, chosen: &[u32]) -> Result<Vec<f32>, Error> {
        self.columns(chosen, |_, _| {}, scaled)
    }

    /// The images at these indices as batch `index` of training, (features, chosen) batch-last in [−1, 1]: mirrored and
    /// dequantized where that is asked for.
    ///
    /// # Errors
    /// As [`Images::gather`].
    pub fn batch(&self, chosen: &[u32], seed: u64, index: u64) -> Result<Vec<f32>, Error> {
        if self.augmentation == Augmentation::default() {
            return self.gather(chosen);
        }
        let (flips, mut noise) = self.augmentation.draws(seed, index, chosen.len());
        let flip = |place, planes: &mut [u8]| flips.apply(place, planes, self.frame.width());
        self.columns(chosen, flip, |byte| noise.value(byte))
    }

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
                .read(index, self.frame, &self.cache, &mut scratch, &mut planes)?;
            change(sample, &mut planes);
            for (feature, &byte) in planes.iter().enumerate() {
                out[feature * chosen.len() + sample] = value(byte);
            }
        }
        Ok(out)
    }
}

fn within_memory(count: usize, frame: Frame) -> bool {
    let bytes = (count as u64).checked_mul(frame.features() as u64);
    bytes.is_some_and(|bytes| bytes <= MEMORY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(channels: usize, pixels: Vec<u8>) -> ImageSet {
        ImageSet {
            count: pixels.len() / (2 * 2 * channels),
            height: 2,
            width: 2,
            channels,
            pixels,
        }
    }

    /// Every image of the set as bytes, feature by feature.
    fn bytes(images: &Images) -> Vec<Vec<u8>> {
        let all = 0..images.len() as u32;
        all.map(|index| {
            let values = images.gather(&[index]).unwrap().into_iter();
            values.map(|x| ((x + 1.0) * 127.5).round() as u8).collect()
        })
        .collect()
    }

    #[test]
    fn channels_come_first_and_the_batch_last() {
        let colour = set(3, (0..24).collect());
        let images = Images::new(colour, (3, 2, 2)).unwrap();
        let batch = images.gather(&[1, 0]).unwrap();
        let byte =
            |feature: usize, sample: usize| ((batch[feature * 2 + sample] + 1.0) * 127.5).round();
        // Green of the pixel at row 1, column 0 is byte 2 * 3 + 1 of an image and feature 1 * 4 + 2.
        assert_eq!((byte(6, 1), byte(6, 0)), (7.0, 19.0));
    }

    #[test]
    fn the_range_is_minus_one_to_one() {
        let images = Images::new(set(1, vec![0, 255, 0, 255]), (1, 2, 2)).unwrap();
        assert_eq!(images.gather(&[0]).unwrap(), [-1.0, 1.0, -1.0, 1.0]);
    }

    #[test]
    fn sizes_and_channels_are_converted() {
        let gray = Images::new(set(1, vec![10, 10, 10, 10]), (3, 4, 6)).unwrap();
        assert_eq!((gray.len(), gray.features()), (1, 72));
        assert_eq!(bytes(&gray), [[10; 72]]);
        let colour = Images::new(set(3, [255, 0, 0].repeat(4)), (1, 2, 2)).unwrap();
        assert!(
            bytes(&colour)[0]
                .iter()
                .all(|value| (50..60).contains(value))
        );
    }

    #[test]
    fn what_is_converted_as_needed_is_what_is_converted_at_once() {
        let colour = set(3, (0..60).collect());
        for shape in [(3, 2, 2), (1, 2, 2), (3, 5, 3), (1, 1, 1)] {
            let at_once = bytes(&Images::new(colour.clone(), shape).unwrap());
            let store = || Store::Set(colour.clone());
            let mut needed =
                Images::of(Frame::new(shape, Fit::Crop).unwrap(), 5, store(), vec![]).unwrap();
            for room in [0, 30, MEMORY] {
                needed.cache = Arc::new(Mutex::new(Cache::new(room, Vec::new())));
                assert_eq!(bytes(&needed), at_once, "{shape:?}");
                assert_eq!(bytes(&needed), at_once, "{shape:?}, again");
            }
        }
    }

    #[test]
    fn a_set_too_large_to_convert_is_kept_without_a_copy() {
        let gray = set(1, vec![7; 4 * 2000]);
        let pixels = gray.pixels.as_ptr();
        let images = Images::new(gray, (3, 256, 256)).unwrap();
        assert!(matches!(&*images.store, Store::Set(set) if set.pixels.as_ptr() == pixels));
    }

    #[test]
    fn mirroring_turns_rows_and_changes_nothing_that_is_looked_at() {
        let images = Images::new(set(1, vec![1, 2, 3, 4]), (1, 2, 2)).unwrap();
        let flipping = images.with(Augmentation {
            flip: true,
            dequantize: false,
        });
        let plain = images.gather(&[0]).unwrap();
        assert_eq!(flipping.gather(&[0]).unwrap(), plain);
        let mirrored = [plain[1], plain[0], plain[3], plain[2]];
        let batches: Vec<_> = (0..32)
            .map(|index| flipping.batch(&[0], 5, index).unwrap())
            .collect();
        assert!(
            batches
                .iter()
                .all(|batch| *batch == plain || *batch == mirrored)
        );
        assert!(batches.contains(&plain) && batches.iter().any(|batch| *batch == mirrored));
    }

    #[test]
    fn shapes_no_image_has_are_refused() {
        for shape in [
            (2, 2, 2),
            (1, 0, 2),
            (1, 2, usize::MAX),
            (3, 1 << 31, 1 << 31),
        ] {
            let result = Images::new(set(1, vec![0; 4]), shape);
            assert!(matches!(result, Err(Error::Target(..))), "{shape:?}");
        }
    }
}
