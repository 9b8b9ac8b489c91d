//! Batch normalization with its activation, a channel at a time: one pass over it for its sums, one for its result.

use rayon::prelude::*;

use super::{
    pointwise::{combine, normalize},
    slab::{channel, for_each_part},
    sums::{dot_shifted, square_distance, sum},
};
use crate::nn::{Activation, op::batch_norm::EPSILON};

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

/// y = f(γ·x̂ + β) of slabs of x with these moments, or with those of each channel, and the moments.
pub fn forward(
    x: &[f32],
    batch: usize,
    (gamma, beta): (&[f32], &[f32]),
    activation: Activation,
    constant: Option<&[Moments]>,
    y: &mut [f32],
) -> Vec<Moments> {
    let channels = gamma.len();
    let moments: Vec<Moments> = match constant {
        Some(moments) => moments.to_vec(),
        None => (0..channels)
            .into_par_iter()
            .map(|index| Moments::of(channel(x, channels, batch, index)))
            .collect(),
    };
    for_each_part(y, channels, batch, |channel, offset, y| {
        let factor = gamma[channel] * moments[channel].inverse();
        let line = (moments[channel].mean, factor, beta[channel]);
        normalize(y, &x[offset..][..y.len()], line, activation);
    });
    moments
}

/// The gradients of γ and β, and that of x into `out` where it is wanted, from `upstream`, that of γ·x̂ + β; then
/// `finish(offset, part)` for each part of `out`. `constant` says that the moments do not depend on x.
#[allow(clippy::too_many_arguments)]
pub fn backward(
    upstream: &[f32],
    x: &[f32],
    batch: usize,
    gamma: &[f32],
    moments: &[Moments],
    constant: bool,
    out: Option<&mut [f32]>,
    finish: impl Fn(usize, &mut [f32]) + Sync,
) -> Vec<(f32, f32)> {
    let channels = gamma.len();
    let sums: Vec<(f64, f64)> = (0..channels)
        .into_par_iter()
        .map(|index| {
            let parts = |numbers| channel(numbers, channels, batch, index);
            let along = parts(upstream)
                .zip(parts(x))
                .map(|(g, x)| dot_shifted(g, x, moments[index].mean));
            let along = along.sum::<f64>() * f64::from(moments[index].inverse());
            (along, parts(upstream).map(sum).sum::<f64>())
        })
        .collect();
    if let Some(out) = out {
        let share = if constant {
            0.0
        } else {
            channels as f64 / x.len() as f64
        };
        for_each_part(out, channels, batch, |channel, offset, out| {
            let Moments { mean, .. } = moments[channel];
            let (along, total) = sums[channel];
            let inverse = moments[channel].inverse();
            let scale = gamma[channel] * inverse;
            // scale·(g − mean of g − x̂ · mean of g·x̂), with x̂ = (x − mean)·inverse.
            let tilt = -scale * inverse * (along * share) as f32;
            let level = -scale * (total * share) as f32;
            let (g, x) = (&upstream[offset..][..out.len()], &x[offset..][..out.len()]);
            combine(out, (scale, g), (tilt, x, mean), level);
            finish(offset, out);
        });
    }
    let single = |(along, total): (f64, f64)| (along as f32, total as f32);
    sums.into_iter().map(single).collect()
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
