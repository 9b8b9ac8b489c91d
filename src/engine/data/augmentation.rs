//! Augmentation of real images for training: mirroring and dequantization.

use rand::Rng;

use crate::engine::random::{Stream, generator};

/// Resolution of dequantization noise, in 8-bit steps. A byte plus noise of this resolution has 24 bits, which f32
/// represents without rounding.
const FINE: f32 = 1.0 / 65_536.0;

/// Random changes to real images, drawn for each batch; see [`preset::Data`](crate::preset::Data).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Augmentation {
    /// Mirror left to right with probability ½.
    pub flip: bool,
    /// Add uniform noise of one 8-bit step.
    pub dequantize: bool,
}

/// For each image of a batch whether it is mirrored.
#[derive(Debug)]
pub struct Flips(Vec<bool>);

/// Dequantization noise for a batch; `None` if it is off.
#[derive(Debug)]
pub struct Noise<R>(Option<R>);

impl Augmentation {
    /// The random draws for the `count` images of batch `index`. They depend only on `seed` and `index`; flips and noise
    /// do not depend on each other.
    pub fn draws(self, seed: u64, index: u64, count: usize) -> (Flips, Noise<impl Rng>) {
        let mut rng = generator(seed, Stream::Augmentation, index);
        let flips = (0..count).map(|_| self.flip & rng.random::<bool>());
        let flips = Flips(flips.collect());
        (flips, Noise(self.dequantize.then_some(rng)))
    }
}

impl Flips {
    /// Mirrors an image with rows of `width` bytes if the batch's image `index` is to be mirrored.
    pub fn apply(&self, index: usize, planes: &mut [u8], width: usize) {
        if self.0[index] {
            planes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        }
    }
}

impl<R: Rng> Noise<R> {
    /// A byte in network units: in [−1, 1] without noise, in [−1, 1) with noise.
    pub fn value(&mut self, byte: u8) -> f32 {
        let Some(rng) = &mut self.0 else {
            return scaled(byte);
        };
        let noise = f32::from(rng.random::<u16>()) * FINE;
        (f32::from(byte) + noise) / 128.0 - 1.0
    }
}

/// A byte in network units, in [−1, 1].
pub(crate) fn scaled(byte: u8) -> f32 {
    f32::from(byte) / 127.5 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Augmentation = Augmentation {
        flip: true,
        dequantize: true,
    };

    #[test]
    fn half_of_the_images_are_mirrored() {
        let (flips, _) = BOTH.draws(3, 7, 10_000);
        let mirrored = (0..10_000)
            .filter(|&index| {
                let mut planes = [1, 2, 3, 4, 5, 6];
                flips.apply(index, &mut planes, 3);
                assert!([[1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4]].contains(&planes));
                planes[0] == 3
            })
            .count();
        // Four standard deviations.
        assert!((4800..5200).contains(&mirrored), "{mirrored}");
    }

    #[test]
    fn noise_is_uniform_over_one_step() {
        let (_, mut noise) = BOTH.draws(3, 7, 1);
        for byte in [0, 100, 255] {
            let mut counts = [0; 8];
            for _ in 0..8000 {
                let part = (noise.value(byte) + 1.0) * 128.0 - f32::from(byte);
                assert!((0.0..1.0).contains(&part), "{part}");
                counts[(part * 8.0) as usize] += 1;
            }
            // Four standard deviations.
            let even = counts.iter().all(|count| (870..1130).contains(count));
            assert!(even, "{counts:?}");
        }
    }

    #[test]
    fn flips_and_noise_do_not_depend_on_each_other() {
        let flip = Augmentation {
            dequantize: false,
            ..BOTH
        };
        let noise = Augmentation {
            flip: false,
            ..BOTH
        };
        let (flips, mut with) = BOTH.draws(1, 2, 64);
        assert_eq!(flip.draws(1, 2, 64).0.0, flips.0);
        let (none, mut without) = noise.draws(1, 2, 64);
        assert_eq!(with.value(9), without.value(9));
        assert!(none.0.iter().all(|&mirrored| !mirrored));
        assert_ne!(BOTH.draws(1, 3, 64).0.0, flips.0);
        assert_eq!(Augmentation::default().draws(1, 2, 64).1.value(0), -1.0);
    }
}
