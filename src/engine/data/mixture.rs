//! Mixtures of isotropic Gaussians in the plane.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// A mixture of isotropic Gaussians with equal weights. Centres are in data units; network units are data units divided by
/// `scale`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    centres: Vec<[f32; 2]>,
    sigma: f32,
    scale: f32,
}

impl Mixture {
    /// A mixture with centres and standard deviation in data units.
    pub fn new(centres: Vec<[f32; 2]>, sigma: f32, scale: f32) -> Self {
        Self {
            centres,
            sigma,
            scale,
        }
    }

    /// The centres in data units.
    pub fn centres(&self) -> &[[f32; 2]] {
        &self.centres
    }

    /// The standard deviation of each mode in data units.
    pub fn sigma(&self) -> f32 {
        self.sigma
    }

    /// Number of data units in one network unit.
    pub fn scale(&self) -> f32 {
        self.scale
    }

    /// Converts points in data units to a batch in network units, (2, count) batch-last.
    pub fn batch(&self, points: &[[f32; 2]]) -> Vec<f32> {
        let axis = |axis: usize| points.iter().map(move |point| point[axis] / self.scale);
        axis(0).chain(axis(1)).collect()
    }

    /// Draws `count` samples in network units, (2, count) batch-last.
    pub fn sample(&self, rng: &mut impl Rng, count: usize) -> Vec<f32> {
        let mut out = vec![0.0; 2 * count];
        for sample in 0..count {
            let centre = self.centres[rng.random_range(0..self.centres.len() as u32) as usize];
            for (axis, mean) in centre.into_iter().enumerate() {
                let noise: f32 = StandardNormal.sample(rng);
                out[axis * count + sample] = (mean + self.sigma * noise) / self.scale;
            }
        }
        out
    }

    /// Converts a batch in network units, (2, count) batch-last, to points in data units.
    pub fn points(&self, batch: &[f32]) -> Vec<[f32; 2]> {
        let (x, y) = batch.split_at(batch.len() / 2);
        x.iter()
            .zip(y)
            .map(|(x, y)| [x * self.scale, y * self.scale])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::random::{Stream, generator},
        preset::Centres,
    };

    #[test]
    fn samples_surround_all_centres_with_the_given_deviation() {
        let centres = Centres::Grid {
            side: 5,
            spacing: 2.0,
        };
        let mixture = Mixture::new(centres.points(), 0.05, 4.0);
        let batch = mixture.sample(&mut generator(1, Stream::Data, 0), 10_000);
        assert!(batch.iter().all(|x| x.abs() < 1.1), "network units");
        let mut counts = [0; 25];
        let mut squares = 0.0_f64;
        for point in mixture.points(&batch) {
            let cell = point.map(|x| (x / 2.0 + 2.0).round());
            counts[(cell[1] * 5.0 + cell[0]) as usize] += 1;
            for (x, cell) in point.into_iter().zip(cell) {
                squares += f64::from(x - (cell - 2.0) * 2.0).powi(2);
            }
        }
        assert!(counts.iter().all(|count| (300..500).contains(count)));
        let sigma = (squares / 20_000.0).sqrt();
        assert!((sigma - 0.05).abs() < 0.001, "{sigma}");
    }
}
