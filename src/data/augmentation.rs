//! What is done to real images on their way into training.

use rand::Rng;

use crate::random::{Stream, generator};

/// Noise comes in steps of this part of an 8-bit step: fine enough to be even, coarse enough to be added to a byte
/// without rounding.
const FINE: f32 = 1.0 / 65_536.0;

/// Changes to real images, each drawn anew for each batch; see [`preset::Data`](crate::preset::Data).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Augmentation {
    /// Mirror left to right with probability ½.
    pub flip: bool,
    /// Fill the steps between 8-bit values with noise.
    pub dequantize: bool,
}

/// Which images of a batch are mirrored.
#[derive(Debug)]
pub struct Flips(Vec<bool>);

/// The noise of a batch.
#[derive(Debug)]
pub struct Noise<R>(Option<R>);

impl Augmentation {
    /// The draws for the `count` images of batch `index`: a function of seed and index, and either part is the same
    /// with and without the other.
    pub fn draws(self, seed: u64, index: u64, count: usize) -> (Flips, Noise<impl Rng>) {
        let mut rng = generator(seed, Stream::Augmentation, index);
        let flips = (0..count).map(|_| self.flip & rng.random::<bool>());
        let flips = Flips(flips.collect());
        (flips, Noise(self.dequantize.then_some(rng)))
    }
}

impl Flips {
    /// Mirrors the rows, of `width` bytes each, of the image at this place in the batch if it is its turn.
    pub fn apply(&self, place: usize, planes: &mut [u8], width: usize) {
        if self.0[place] {
            planes.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        }
    }
}

impl<R: Rng> Noise<R> {
    /// A byte in network units: in [−1, 1], or with noise in [−1, 1).
    pub fn value(&mut self, byte: u8) -> f32 {
        let Some(rng) = &mut self.0 else {
            return scaled(byte);
        };
        let noise = f32::from(rng.random::<u16>()) * FINE;
        (f32::from(byte) + noise) / 128.0 - 1.0
    }
}

/// A byte in network units, in [−1, 1].
pub fn scaled(byte: u8) -> f32 {
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
            .filter(|&place| {
                let mut planes = [1, 2, 3, 4, 5, 6];
                flips.apply(place, &mut planes, 3);
                assert!([[1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4]].contains(&planes));
                planes[0] == 3
            })
            .count();
        // Four standard deviations.
        assert!((4800..5200).contains(&mirrored), "{mirrored}");
    }

    #[test]
    fn noise_fills_one_step_evenly_and_stays_below_one() {
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
    fn either_part_is_the_same_without_the_other() {
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
