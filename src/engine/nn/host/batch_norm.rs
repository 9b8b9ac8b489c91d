//! Batch normalization fused with its activation. Each channel takes two passes: one for its sums, one for the result.

use rayon::prelude::*;

use super::{
    Host,
    buffers::{self, Buffer},
    epilogue::Epilogue,
    pointwise::{combine, normalize},
    slab::{channel, for_each_part},
};
use crate::engine::{
    nn::{
        backend::GradientEpilogue,
        layer::{BatchNorm, EPSILON},
    },
    simd::sums::{dot_shifted, square_distance, sum},
};

/// Length of a run of values. A run is read twice, for its mean and for its squared deviations.
const RUN: usize = 1 << 10;

/// Mean and biased variance of one channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
    pub mean: f32,
    pub variance: f32,
}

impl Moments {
    /// Moments of all values in `parts`. Each run has its own, in two passes; runs are merged as in Chan, Golub &
    /// LeVeque (1979).
    fn of<'a>(parts: impl Iterator<Item = &'a [f32]>) -> Self {
        let (mut count, mut mean, mut squares) = (0.0f64, 0.0f64, 0.0f64);
        for run in parts.flat_map(|part| part.chunks(RUN)) {
            let length = run.len() as f64;
            let middle = sum(run) / length;
            // The deviations are from the rounded mean: subtract the square of its rounding error for each value.
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

/// Moments of each channel from a buffer that holds all means, then all variances.
fn of_buffer(numbers: &[f32], channels: usize) -> Vec<Moments> {
    let (means, variances) = numbers.split_at(channels);
    let pairs = means.iter().zip(variances);
    pairs
        .map(|(&mean, &variance)| Moments { mean, variance })
        .collect()
}

/// See [`crate::engine::nn::Backend::batch_norm`].
pub(super) fn forward(
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

/// A backward pass. `upstream` is the gradient of γ·x̂ + β.
pub(super) struct Backward<'a> {
    pub norm: &'a BatchNorm,
    pub gamma: &'a [f32],
    pub x: &'a [f32],
    pub moments: &'a [f32],
    /// Whether the moments are constants and not functions of x.
    pub constant: bool,
    pub upstream: &'a [f32],
    pub batch: usize,
}

impl Backward<'_> {
    /// Returns the gradient of x if there is an `epilogue`, and writes those of γ and β to `gradients` if given.
    pub(super) fn run(
        &self,
        epilogue: Option<GradientEpilogue<Host>>,
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
        epilogue.map(|epilogue| self.of_input(&moments, &sums, &Epilogue::of(&epilogue)))
    }

    /// The gradient of x: scale·(g − mean(g) − x̂·mean(g·x̂)) with x̂ = (x − mean)·inverse, followed by the epilogue.
    fn of_input(&self, moments: &[Moments], sums: &[(f64, f64)], epilogue: &Epilogue) -> Buffer {
        let channels = self.norm.channels;
        let share = if self.constant {
            0.0
        } else {
            channels as f64 / self.x.len() as f64
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
            epilogue.apply(offset, out, 1.0);
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_accurate_far_from_zero_and_over_several_runs() {
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
    fn a_nan_gives_a_nan_mean() {
        assert!(
            Moments::of([&[1.0, f32::NAN][..]].into_iter())
                .mean
                .is_nan()
        );
    }
}
