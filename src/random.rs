//! Separate random streams, all from one seed.
//!
//! Every draw is a function of (seed, stream, index) alone: nothing is carried from one draw to the next, so looking
//! at a run cannot disturb it, and a run resumes from its counters.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// What a stream of random numbers is for. The numbers are part of the results: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Initial weights; the index is the layer's, G's from 0 and D's from 1 << 16.
    Weights = 1,
    /// Start vectors of the power iteration; indices as for weights.
    PowerIteration = 2,
    /// Order of the data; the index is the epoch's, or the batch's for mixtures.
    Data = 3,
    /// Latents of D updates; the index is the update's.
    LatentsD = 4,
    /// Latents of G updates; the index is the update's.
    LatentsG = 5,
    /// Augmentation of real samples; the index is the batch's.
    Augmentation = 6,
    /// Samples that scores are computed from.
    Scoring = 7,
    /// The fixed latents and real samples of pictures.
    FixedSamples = 8,
    /// Noise on what D sees in D updates; the index is the update's.
    NoiseD = 9,
    /// Noise on what D sees in G updates; the index is the update's.
    NoiseG = 10,
}

/// The generator of draw `index` of a stream. Up to 2³² 32-bit words can be taken before it meets its neighbour's.
pub fn generator(seed: u64, stream: Stream, index: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    rng.set_word_pos((index as u128) << 32);
    rng
}

/// `count` standard normal vectors of length `latent`, batch-last: (latent, count). The first vectors do not depend
/// on `count`.
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
