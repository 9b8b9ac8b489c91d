//! What real samples are drawn from: the bundled image sets, files of a person's own, mixtures of Gaussians.
//!
//! Batches are batch-last, `out[feature * batch + sample]`, with the features of an image in the order channels,
//! height, width.

pub mod bundled;
pub mod error;
pub mod idx;
pub mod images;
pub mod labels;
pub mod mixture;
pub mod sampler;

pub use error::Error;
pub use images::Images;
pub use mixture::Mixture;
pub use sampler::Sampler;

use crate::{
    preset::{self, Source},
    random::{Stream, generator},
};

/// Index of the real samples of pictures in [`Stream::FixedSamples`]; 0 is that of the fixed latents.
const REAL_SAMPLES: u64 = 1;

/// A data set, ready to be drawn from.
#[derive(Clone, Debug)]
pub enum Dataset {
    Mixture(Mixture),
    Images(Images),
}

impl Dataset {
    /// Makes or loads what `data` names.
    ///
    /// # Errors
    /// A file that cannot be read, is no set of images, or whose header does not agree with its length; a shape that
    /// images cannot take.
    pub fn load(data: &preset::Data) -> Result<Self, Error> {
        match data {
            preset::Data::Mixture {
                centres,
                sigma,
                scale,
            } => Ok(Self::Mixture(Mixture::new(
                centres.points(),
                *sigma,
                *scale,
            ))),
            preset::Data::Images { source, shape } => {
                let set = match source {
                    Source::Digits => bundled::digits()?,
                    Source::Fashion => bundled::fashion()?,
                    Source::Dolls => bundled::dolls()?,
                    Source::Path(path) => idx::open(path.as_ref())?,
                };
                Ok(Self::Images(Images::new(&set, *shape)?))
            }
        }
    }

    /// Numbers in one sample.
    pub fn features(&self) -> usize {
        match self {
            Self::Mixture(_) => 2,
            Self::Images(images) => images.features(),
        }
    }

    /// `count` real samples to look at, (features, count) in network units, the same for every run of this seed. They
    /// are drawn apart from training. A set with fewer images repeats them.
    pub fn real_samples(&self, seed: u64, count: usize) -> Vec<f32> {
        let mut rng = generator(seed, Stream::FixedSamples, REAL_SAMPLES);
        match self {
            Self::Mixture(mixture) => mixture.sample(&mut rng, count),
            Self::Images(images) => images.gather(&images.draw(count, &mut rng)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::{Centres, Data};

    fn images(source: Source, shape: (usize, usize, usize)) -> Dataset {
        Dataset::load(&Data::Images { source, shape }).unwrap()
    }

    #[test]
    fn the_bundled_sets_have_their_sizes_and_fill_the_range() {
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
            let samples = set.real_samples(0, 64);
            assert_eq!(samples.len(), set.features() * 64);
            assert!(samples.iter().all(|x| (-1.0..=1.0).contains(x)));
            assert!(samples.contains(&-1.0) && samples.iter().any(|&x| x > 0.9));
        }
    }

    #[test]
    fn real_samples_repeat_for_a_seed_and_differ_between_seeds() {
        let set = images(Source::Digits, (1, 28, 28));
        assert_eq!(set.real_samples(3, 8), set.real_samples(3, 8));
        assert_ne!(set.real_samples(3, 8), set.real_samples(4, 8));
    }

    #[test]
    fn a_missing_file_is_named() {
        let data = Data::Images {
            source: Source::Path("/nowhere/train-images".into()),
            shape: (1, 28, 28),
        };
        let message = Dataset::load(&data).unwrap_err().to_string();
        assert!(message.contains("/nowhere/train-images"), "{message}");
    }

    #[test]
    fn mixtures_are_two_numbers_a_sample() {
        let set = Dataset::load(&Data::Mixture {
            centres: Centres::Ring {
                modes: 8,
                radius: 1.0,
            },
            sigma: 0.01,
            scale: 1.0,
        })
        .unwrap();
        assert_eq!((set.features(), set.real_samples(0, 10).len()), (2, 2 * 10));
    }
}
