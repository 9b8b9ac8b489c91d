//! Batches of real samples, as a function of their index.

use std::sync::Arc;

use rand::Rng;

use super::{Dataset, Error};
use crate::engine::random::{Stream, generator};

/// Most images in a data set: two permutations of them take 1 GiB.
pub(super) const MAX_COUNT: usize = 1 << 27;

/// Draws batches from a data set, for one seed and batch size. It caches permutations of the data but has no position.
#[derive(Clone, Debug)]
pub struct Sampler {
    dataset: Arc<Dataset>,
    seed: u64,
    batch: usize,
    /// (epoch, permutation) of the last two epochs used: a batch may contain the end of one epoch and the start of the
    /// next.
    orders: Vec<(u64, Vec<u32>)>,
}

impl Sampler {
    /// Draws batches of `batch` samples from the random stream of `seed`.
    pub fn new(dataset: Arc<Dataset>, seed: u64, batch: usize) -> Self {
        Self {
            dataset,
            seed,
            batch,
            orders: Vec::with_capacity(2),
        }
    }

    /// Batch `index`, (features, batch) batch-last in network units. It depends only on `index`, the data set, the seed and
    /// the batch size.
    ///
    /// Each epoch is another permutation of the images. Sample j of the batch is at position index·batch + j of the
    /// concatenated epochs.
    ///
    /// # Errors
    /// If images can no longer be read.
    pub fn batch(&mut self, index: u64) -> Result<Vec<f32>, Error> {
        let dataset = Arc::clone(&self.dataset);
        match &*dataset {
            Dataset::Mixture(mixture) => {
                let mut rng = generator(self.seed, Stream::Data, index);
                Ok(mixture.sample(&mut rng, self.batch))
            }
            Dataset::Images(images) => {
                let count = images.len() as u64;
                let first = index.wrapping_mul(self.batch as u64);
                let chosen: Vec<u32> = (0..self.batch as u64)
                    .map(|j| {
                        let position = first.wrapping_add(j);
                        self.order(position / count, images.len())[(position % count) as usize]
                    })
                    .collect();
                images.batch(&chosen, self.seed, index)
            }
        }
    }

    fn order(&mut self, epoch: u64, count: usize) -> &[u32] {
        let known = self.orders.iter().position(|(known, _)| *known == epoch);
        let at = known.unwrap_or_else(|| {
            if self.orders.len() == 2 {
                self.orders.remove(0);
            }
            let order = permutation(count, &mut generator(self.seed, Stream::Data, epoch));
            self.orders.push((epoch, order));
            self.orders.len() - 1
        });
        &self.orders[at].1
    }
}

/// A random permutation of 0..count (Fisher–Yates).
pub(crate) fn permutation(count: usize, rng: &mut impl Rng) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    for last in (1..count).rev() {
        order.swap(last, rng.random_range(0..=last as u32) as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::data::{Images, Mixture, idx::ImageSet};

    /// Images of one pixel with different values.
    fn pixels(count: u8) -> Arc<Dataset> {
        let set = ImageSet {
            count: count.into(),
            height: 1,
            width: 1,
            channels: 1,
            pixels: (0..count).collect(),
        };
        Arc::new(Dataset::Images(Images::new(set, (1, 1, 1)).unwrap()))
    }

    fn bytes(batch: &[f32]) -> Vec<u8> {
        batch
            .iter()
            .map(|x| ((x + 1.0) * 127.5).round() as u8)
            .collect()
    }

    #[test]
    fn each_epoch_has_each_image_once_in_another_order() {
        for batch in [7, 10, 64, 250] {
            let mut sampler = Sampler::new(pixels(100), 5, batch);
            let sequence: Vec<u8> = (0..)
                .flat_map(|index| bytes(&sampler.batch(index).unwrap()))
                .take(400)
                .collect();
            let mut orders: Vec<&[u8]> = sequence.chunks(100).collect();
            for order in &orders {
                let mut sorted = order.to_vec();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..100).collect::<Vec<u8>>());
            }
            orders.dedup();
            assert_eq!(orders.len(), 4);
        }
    }

    #[test]
    fn a_batch_does_not_depend_on_earlier_batches() {
        let mixture = Mixture::new(vec![[0.0, 1.0], [1.0, 0.0]], 0.1, 1.0);
        for dataset in [pixels(20), Arc::new(Dataset::Mixture(mixture))] {
            let mut forth = Sampler::new(dataset.clone(), 9, 8);
            let expected: Vec<_> = (0..12).map(|index| forth.batch(index).unwrap()).collect();
            let mut back = Sampler::new(dataset.clone(), 9, 8);
            for index in (0..12).rev() {
                assert_eq!(back.batch(index).unwrap(), expected[index as usize]);
            }
            let other_seed = Sampler::new(dataset, 10, 8).batch(3).unwrap();
            assert_ne!(other_seed, expected[3]);
        }
    }
}
