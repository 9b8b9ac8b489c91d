//! Batch normalization with its activation, a channel at a time: one pass over it for its sums, one for its result.

use rayon::prelude::*;

use super::{
    Host,
    below::Finish,
    buffers::{self, Buffer},
    pointwise::{combine, normalize},
    slab::{channel, for_each_part},
};
use crate::{
    nn::{
        backend::Below,
        layer::{BatchNorm, EPSILON},
    },
    simd::sums::{dot_shifted, square_distance, sum},
};

/// Numbers that are read twice in a row for their mean and their spread.
const RUN: usize = 1 << 10;

/// Mean and biased variance of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    pub mean: f32,
    pub variance: f32,
}

impl Moments {
    /// Of these numbers: runs have theirs in two passes, and are joined as Chan, Golub & LeVeque (1979) do.
    fn of<'a>(parts: impl Iterator<Item = &'a [f32]>) -> Self {
        let (mut count, mut mean, mut squares) = (0.0f64, 0.0f64, 0.0f64);
        for run in parts.flat_map(|part| part.chunks(RUN)) {
            let length = run.len() as f64;
            let middle = sum(run) / length;
            // The mean as rounded is not quite the middle: its square distances count that too much.
            let offset = middle - f64::from(middle as f32);
            let own = square_distance(run, middle as f32) - offset * offset * length;
            let apart = middle - mean;
            let total = count + length;
            squares += own + apart * apart * count * length / total;
            mean += apart * length / total;
            count = total;
        }
        Self {
            mean: mean as f32,
            variance: (squares / count).max(0.0) as f32,
        }
    }

    /// 1/√(variance + ε)
    fn inverse(self) -> f32 {
        1.0 / (self.variance + EPSILON).sqrt()
    }
}

/// Moments as a backend hands them about: all means, then all variances.
fn of_buffer(numbers: &[f32], channels: usize) -> Vec<Moments> {
    let (means, variances) = numbers.split_at(channels);
    let pairs = means.iter().zip(variances);
    pairs
        .map(|(&mean, &variance)| Moments { mean, variance })
        .collect()
}

/// See [`crate::nn::Backend::normalize`].
pub fn forward(
    norm: &BatchNorm,
    numbers: &[f32],
    x: &[f32],
    batch: usize,
    statistics: Option<&mut Buffer>,
) -> (Buffer, Buffer) {
    let channels = norm.channels;
    let mut kept = buffers::take(2 * channels);
    let (means, variances) = kept.split_at_mut(channels);
    if let Some(statistics) = statistics {
        let moments: Vec<Moments> = (0..channels)
            .into_par_iter()
            .map(|index| Moments::of(channel(x, channels, batch, index)))
            .collect();
        let count = x.len() / channels;
        let unbias = count as f32 / (count.max(2) - 1) as f32;
        let [mean, variance] = &norm.batch;
        for (index, moments) in moments.iter().enumerate() {
            (means[index], variances[index]) = (moments.mean, moments.variance);
            statistics[mean.start + index] = moments.mean;
            statistics[variance.start + index] = moments.variance * unbias;
        }
    } else {
        means.copy_from_slice(&numbers[norm.mean.clone()]);
        variances.copy_from_slice(&numbers[norm.variance.clone()]);
    }
    let moments = of_buffer(&kept, channels);
    let (gamma, beta) = (&numbers[norm.gamma.clone()], &numbers[norm.beta.clone()]);
    let mut y = buffers::take(x.len());
    for_each_part(&mut y, channels, batch, |channel, offset, y| {
        let factor = gamma[channel] * moments[channel].inverse();
        let line = (moments[channel].mean, factor, beta[channel]);
        normalize(y, &x[offset..][..y.len()], line, norm.activation);
    });
    (y, kept)
}

/// A backward pass from `upstream`, the gradient of γ·x̂ + β.
pub struct Backward<'a> {
    pub norm: &'a BatchNorm,
    pub gamma: &'a [f32],
    pub x: &'a [f32],
    pub moments: &'a [f32],
    /// Whether the moments do not depend on x.
    pub constant: bool,
    pub upstream: &'a [f32],
    pub batch: usize,
}

impl Backward<'_> {
    /// The gradient of x where it is wanted, and those of γ and β where there is room for them.
    pub fn run(
        &self,
        below: Option<Below<Host>>,
        gradients: Option<&mut Buffer>,
    ) -> Option<Buffer> {
        let channels = self.norm.channels;
        let moments = of_buffer(self.moments, channels);
        let sums: Vec<(f64, f64)> = (0..channels)
            .into_par_iter()
            .map(|index| {
                let parts = |numbers| channel(numbers, channels, self.batch, index);
                let along = parts(self.upstream)
                    .zip(parts(self.x))
                    .map(|(g, x)| dot_shifted(g, x, moments[index].mean));
                let along = along.sum::<f64>() * f64::from(moments[index].inverse());
                (along, parts(self.upstream).map(sum).sum::<f64>())
            })
            .collect();
        if let Some(gradients) = gradients {
            for (index, &(along, total)) in sums.iter().enumerate() {
                gradients[self.norm.gamma.start + index] = along as f32;
                gradients[self.norm.beta.start + index] = total as f32;
            }
        }
        below.map(|below| self.of_input(&moments, &sums, &Finish::of(&below)))
    }

    /// scale·(g − mean of g − x̂ · mean of g·x̂) with x̂ = (x − mean)·inverse, finished.
    fn of_input(&self, moments: &[Moments], sums: &[(f64, f64)], finish: &Finish) -> Buffer {
        let channels = self.norm.channels;
        let share = match self.constant {
            true => 0.0,
            false => channels as f64 / self.x.len() as f64,
        };
        let mut out = buffers::take(self.x.len());
        for_each_part(&mut out, channels, self.batch, |channel, offset, out| {
            let Moments { mean, .. } = moments[channel];
            let (along, total) = sums[channel];
            let inverse = moments[channel].inverse();
            let scale = self.gamma[channel] * inverse;
            let tilt = -scale * inverse * (along * share) as f32;
            let level = -scale * (total * share) as f32;
            let place = offset..offset + out.len();
            let (g, x) = (&self.upstream[place.clone()], &self.x[place]);
            combine(out, (scale, g), (tilt, x, mean), level);
            finish.apply(offset, out, 1.0);
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_right_far_from_zero_and_over_several_runs() {
        for length in [1, 7, RUN, 3 * RUN + 5] {
            let x: Vec<f32> = (0..length)
                .map(|i| 1e4 + (i * 37 % 101) as f32 * 0.25)
                .collect();
            let exact = |x: &mut dyn Iterator<Item = f64>| x.sum::<f64>() / length as f64;
            let mean = exact(&mut x.iter().map(|&x| f64::from(x)));
            let variance = exact(&mut x.iter().map(|&x| (f64::from(x) - mean).powi(2)));
            let moments = Moments::of(x.chunks(RUN + 3));
            assert!((f64::from(moments.mean) - mean).abs() < 1e-3);
            let error = (f64::from(moments.variance) - variance).abs();
            assert!(error <= 1e-4 * variance + 1e-6, "{moments:?}, {variance}");
        }
    }

    #[test]
    fn a_nan_is_in_the_moments() {
        assert!(
            Moments::of([&[1.0, f32::NAN][..]].into_iter())
                .mean
                .is_nan()
        );
    }
}
