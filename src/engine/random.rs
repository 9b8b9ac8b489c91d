//! Independent random streams from one seed.
//!
//! Every draw depends only on (seed, stream, index). There is no state between draws: observing a run does not change it,
//! and a run resumes from its counters.

mod draws;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

pub use draws::Draws;

/// The purpose of a random stream. The numeric values determine all results: they must never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Initial weights; the index is that of the layer, from 0 in G and from 1 << 16 in D.
    Weights = 1,
    /// Start vectors of the power iteration; the index is that of the layer, from 0 in G and from 1 << 16 in D.
    PowerIteration = 2,
    /// Order of the data; the index is the epoch, or for mixtures the batch.
    Data = 3,
    /// Latents of updates of D; the index is the update.
    LatentsD = 4,
    /// Latents of updates of G; the index is the update.
    LatentsG = 5,
    /// Augmentation of real samples; the index is the batch.
    Augmentation = 6,
    /// Draws for scores: latents, real images, patches, directions.
    Scoring = 7,
    /// The fixed latents and the real samples that are displayed.
    FixedSamples = 8,
    /// Noise on D's inputs in updates of D; the index is the update.
    NoiseD = 9,
    /// Noise on D's inputs in updates of G; the index is the update.
    NoiseG = 10,
}

/// The random generator of draw `index` of a stream. After 2³² 32-bit words it would overlap with draw `index + 1`.
pub fn generator(seed: u64, stream: Stream, index: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    rng.set_word_pos(u128::from(index) << 32);
    rng
}

/// `count` standard normal vectors, (latent, count) batch-last. The first vectors do not depend on `count`.
pub fn latents(seed: u64, stream: Stream, index: u64, latent: usize, count: usize) -> Vec<f32> {
    let mut rng = generator(seed, stream, index);
    let mut out = vec![0.0; latent * count];
    for sample in 0..count {
        for feature in 0..latent {
            out[feature * count + sample] = StandardNormal.sample(&mut rng);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_indices_differ_and_repeat() {
        let draw = |seed, stream, index| latents(seed, stream, index, 3, 2);
        let first = draw(0, Stream::LatentsD, 0);
        assert_eq!(first, draw(0, Stream::LatentsD, 0));
        assert_ne!(first, draw(1, Stream::LatentsD, 0));
        assert_ne!(first, draw(0, Stream::LatentsG, 0));
        assert_ne!(first, draw(0, Stream::LatentsD, 1));
    }

    #[test]
    fn the_first_vectors_do_not_depend_on_their_number() {
        let few = latents(7, Stream::FixedSamples, 0, 4, 2);
        let many = latents(7, Stream::FixedSamples, 0, 4, 5);
        for feature in 0..4 {
            assert_eq!(few[feature * 2..][..2], many[feature * 5..][..2]);
        }
    }
}
