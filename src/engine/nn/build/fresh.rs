//! Initial weights.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::{
    engine::random::{self, Stream},
    preset::WeightInit,
};

/// How initial weights and biases are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    /// Distribution of the weights.
    pub init: WeightInit,
    /// Seed of the random streams, of which each layer has its own.
    pub seed: u64,
}

impl Fresh {
    /// Draws `weight` = (rows, columns) weights and then `biases` biases, row-major. `index` is the layer's index in
    /// the stream of weights. The fan-in of [`WeightInit::Torch`] is the number of columns.
    pub(super) fn draw(
        self,
        index: u64,
        weight: (usize, usize),
        biases: usize,
    ) -> (Vec<f32>, Vec<f32>) {
        let mut rng = random::generator(self.seed, Stream::Weights, index);
        let count = weight.0 * weight.1;
        match self.init {
            WeightInit::Torch => {
                let bound = 1.0 / (weight.1 as f32).sqrt();
                let mut uniform = |count| {
                    let numbers = std::iter::repeat_with(|| rng.random_range(-bound..bound));
                    numbers.take(count).collect()
                };
                (uniform(count), uniform(biases))
            }
            WeightInit::Normal(deviation) => {
                let numbers = std::iter::repeat_with(|| {
                    let number: f32 = StandardNormal.sample(&mut rng);
                    deviation * number
                });
                (numbers.take(count).collect(), vec![0.0; biases])
            }
        }
    }
}
