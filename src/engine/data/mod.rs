//! Data sets: the bundled image sets, files of the user, mixtures of Gaussians.
//!
//! The format of a user's path ([`Source::Path`]) is detected from its content:
//! - an IDX file of unsigned bytes, gzipped or not: (N, H, W) or (N, H, W, C);
//! - a NumPy array, `.npy`;
//! - a binary file of CIFAR-10 or CIFAR-100, recognized by its length and labels, or of STL-10's images, recognized by its
//!   length and name (`*_X.bin`); the Python version of CIFAR;
//! - a zip archive of pictures;
//! - a folder that directly contains `data_batch_*.bin` or `data_batch_*`: the training set of CIFAR-10;
//! - any other folder: the pictures in it and in all folders below, or if there are none, the only set of images below it.
//!
//! Sizes in a file's header are checked against the file's length before memory is allocated. Images of uncompressed
//! files are read when they are drawn; [`images`] says what is kept in memory.
//!
//! Batches are batch-last, `out[feature * batch + sample]`, with the features of an image in the order channels,
//! height, width.

mod archive;
pub(crate) mod augmentation;
mod binary;
mod broken;
pub mod bundled;
mod decode;
pub(crate) mod error;
mod fingerprint;
mod fit;
mod folder;
mod gzip;
pub mod idx;
pub(crate) mod images;
mod jpeg;
mod kind;
pub(crate) mod labels;
pub(crate) mod mixture;
mod npy;
mod open;
mod pickle;
mod pictures;
mod records;
pub(crate) mod sampler;
mod sets;
mod store;
mod tiff;

pub use augmentation::Augmentation;
pub use error::Error;
pub use fingerprint::fingerprint;
pub use images::Images;
pub use mixture::Mixture;
pub use sampler::Sampler;

use crate::{
    engine::random::{Stream, generator},
    preset::{self, Source},
};
use open::Opened;

/// Index of the draw of real samples in [`Stream::FixedSamples`]; the fixed latents have index 0.
const REAL_SAMPLES: u64 = 1;

/// A data set.
#[derive(Clone, Debug)]
pub enum Dataset {
    /// Points of the plane, drawn without end.
    Mixture(Mixture),
    /// A finite set of images.
    Images(Images),
}

impl Dataset {
    /// Loads or builds the data set that `data` describes.
    ///
    /// # Errors
    /// If a file cannot be read, is not a set of images or has another length than its header says; if images cannot have
    /// the shape; if a folder has no readable image.
    pub fn load(data: &preset::Data) -> Result<Self, Error> {
        match data {
            preset::Data::Mixture {
                centres,
                sigma,
                scale,
                noise: _,
            } => Ok(Self::Mixture(Mixture::new(
                centres.points(),
                *sigma,
                *scale,
            ))),
            preset::Data::Images {
                source, shape, fit, ..
            } => {
                let set = |set| Opened::Set(set, None);
                let opened = match source {
                    Source::Digits => set(bundled::digits()?),
                    Source::Fashion => set(bundled::fashion()?),
                    Source::Dolls => set(bundled::dolls()?),
                    Source::Path(path) => open::open(path.as_ref())?,
                };
                let images = Images::open(opened, *shape, *fit)?;
                Ok(Self::Images(images.with(augmentation(data))))
            }
        }
    }

    /// The data set that `to` describes, where this one was loaded from `from`. Images that both share are not loaded again.
    ///
    /// # Errors
    /// If the data set of `to` cannot be loaded, see [`Dataset::load`].
    pub fn changed(&self, from: &preset::Data, to: &preset::Data) -> Result<Self, Error> {
        if from.without_noise() == to.without_noise() {
            return Ok(self.clone());
        }
        match (self, from, to) {
            (
                Self::Images(images),
                preset::Data::Images {
                    source, shape, fit, ..
                },
                preset::Data::Images {
                    source: to_source,
                    shape: to_shape,
                    fit: to_fit,
                    ..
                },
            ) if (source, shape, fit) == (to_source, to_shape, to_fit) => {
                Ok(Self::Images(images.with(augmentation(to))))
            }
            _ => Self::load(to),
        }
    }

    /// Warnings about files that were skipped since the last call: "path: reason", with paths relative to the folder of
    /// the set.
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::Mixture(_) => Vec::new(),
            Self::Images(images) => images.warnings(),
        }
    }

    /// Number of features of a sample.
    pub fn features(&self) -> usize {
        match self {
            Self::Mixture(_) => 2,
            Self::Images(images) => images.features(),
        }
    }

    /// `count` real samples for display, (features, count) batch-last in network units. They depend only on `seed` and the
    /// data set, and are not augmented. A set with fewer images repeats them.
    ///
    /// # Errors
    /// If images can no longer be read.
    pub fn real_samples(&self, seed: u64, count: usize) -> Result<Vec<f32>, Error> {
        let mut rng = generator(seed, Stream::FixedSamples, REAL_SAMPLES);
        match self {
            Self::Mixture(mixture) => Ok(mixture.sample(&mut rng, count)),
            Self::Images(images) => images.gather(&images.draw(count, &mut rng)),
        }
    }
}

fn augmentation(data: &preset::Data) -> Augmentation {
    match *data {
        preset::Data::Mixture { .. } => Augmentation::default(),
        preset::Data::Images {
            flip, dequantize, ..
        } => Augmentation { flip, dequantize },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::{Centres, Data};

    fn images(source: Source, shape: (usize, usize, usize)) -> Dataset {
        Dataset::load(&Data::images(source, shape)).unwrap()
    }

    #[test]
    fn bundled_sets_have_their_sizes_and_the_full_range_of_values() {
        for (source, shape, count) in [
            (Source::Digits, (1, 28, 28), 5000),
            (Source::Fashion, (1, 28, 28), 3000),
            (Source::Dolls, (3, 32, 32), 2000),
        ] {
            let set = images(source, shape);
            let Dataset::Images(inner) = &set else {
                panic!("images expected")
            };
            assert_eq!(inner.len(), count);
            assert_eq!(set.features(), shape.0 * shape.1 * shape.2);
            let samples = set.real_samples(0, 64).unwrap();
            assert_eq!(samples.len(), set.features() * 64);
            assert!(samples.iter().all(|x| (-1.0..=1.0).contains(x)));
            assert!(samples.contains(&-1.0) && samples.iter().any(|&x| x > 0.9));
        }
    }

    #[test]
    fn real_samples_repeat_for_a_seed_and_differ_between_seeds() {
        let set = images(Source::Digits, (1, 28, 28));
        let samples = |seed| set.real_samples(seed, 8).unwrap();
        assert_eq!(samples(3), samples(3));
        assert_ne!(samples(3), samples(4));
    }

    #[test]
    fn a_missing_file_is_named() {
        let source = Source::Path("/nowhere/train-images".into());
        let data = Data::images(source, (1, 28, 28));
        let message = Dataset::load(&data).unwrap_err().to_string();
        assert!(message.contains("/nowhere/train-images"), "{message}");
    }

    #[test]
    fn samples_of_a_mixture_have_two_features() {
        let set = Dataset::load(&Data::Mixture {
            centres: Centres::Ring {
                modes: 8,
                radius: 1.0,
            },
            sigma: 0.01,
            scale: 1.0,
            noise: 0.0,
        })
        .unwrap();
        let samples = set.real_samples(0, 10).unwrap();
        assert_eq!((set.features(), samples.len()), (2, 2 * 10));
    }
}
