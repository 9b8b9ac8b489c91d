//! Histograms of D's output on real and on generated samples.

use serde::{Deserialize, Serialize};

/// Number of bins between the ends of the axis.
pub const BINS: usize = 16;
/// Share of the outputs below and above which the ends of the axis are looked for.
const TAIL: f64 = 0.05;
/// Distance of an end from the quantile of [`TAIL`], relative to that between both quantiles.
const REACH: f64 = 1.0;

/// Histograms of D's output in evaluation mode, on one axis of [`BINS`] equal bins: of real samples, and of samples of
/// the averaged G from fixed latents.
///
/// The axis holds all outputs except those far out: an end is the farthest output that is no farther from the 5 % or 95 %
/// quantile of its side than these are from each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outputs {
    /// The step after which D was evaluated.
    pub step: u64,
    /// Lower end of the first bin.
    pub low: f32,
    /// Upper end of the last bin, above `low`.
    pub high: f32,
    /// Real samples; no counts if they could not be read.
    pub real: Counts,
    /// Generated samples.
    pub generated: Counts,
}

/// The counts of a histogram. An output that is not a number is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Outputs below the axis.
    pub below: u32,
    /// Outputs in each bin, which holds its lower end; the last bin holds both.
    pub bins: [u32; BINS],
    /// Outputs above the axis.
    pub above: u32,
}

impl Outputs {
    /// The histograms of D's outputs after `step`. `None` if no output is finite.
    pub fn of(step: u64, real: &[f32], generated: &[f32]) -> Option<Self> {
        let (low, high) = match (ends(real), ends(generated)) {
            (Some(a), Some(b)) => (a.0.min(b.0), a.1.max(b.1)),
            (a, b) => a.or(b)?,
        };
        let (low, high) = if low < high {
            (low, high)
        } else {
            // All outputs are equal.
            let around = (low.abs() / 2.0).max(0.5);
            (low - around, high + around)
        };
        Some(Self {
            step,
            low,
            high,
            real: Counts::of(real, low, high),
            generated: Counts::of(generated, low, high),
        })
    }

    /// The lower end of each bin, and the upper end of the last one.
    pub fn edges(&self) -> [f32; BINS + 1] {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        std::array::from_fn(|at| (low + (high - low) * at as f64 / BINS as f64) as f32)
    }

    /// Whether the ends make an axis. Those of another process or of a file may not.
    pub fn is_valid(&self) -> bool {
        self.low.is_finite() && self.high.is_finite() && self.low < self.high
    }
}

impl Counts {
    fn of(outputs: &[f32], low: f32, high: f32) -> Self {
        let (from, length) = (f64::from(low), f64::from(high) - f64::from(low));
        let mut counts = Self::default();
        for &output in outputs.iter().filter(|output| !output.is_nan()) {
            if output < low {
                counts.below += 1;
            } else if output > high {
                counts.above += 1;
            } else {
                let share = (f64::from(output) - from) / length;
                counts.bins[((share * BINS as f64) as usize).min(BINS - 1)] += 1;
            }
        }
        counts
    }

    /// Number of outputs, those beyond the axis included.
    pub fn total(&self) -> u64 {
        let all = self.bins.iter().chain([&self.below, &self.above]);
        all.map(|&count| u64::from(count)).sum()
    }
}

/// The outputs at the ends of the axis of one side. `None` if no output is finite.
fn ends(outputs: &[f32]) -> Option<(f32, f32)> {
    let finite = outputs.iter().copied().filter(|x| x.is_finite());
    let mut sorted: Vec<f32> = finite.collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let tail = (last as f64 * TAIL) as usize;
    let (low, high) = (f64::from(sorted[tail]), f64::from(sorted[last - tail]));
    let reach = REACH * (high - low);
    let near = |&&x: &&f32| (low - reach..=high + reach).contains(&f64::from(x));
    Some((*sorted.iter().find(near)?, *sorted.iter().rev().find(near)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_output_is_counted_in_its_bin() {
        let real: Vec<f32> = (0..=16).map(|i| i as f32 / 8.0).collect();
        let found = Outputs::of(3, &real, &[0.0, 0.124, 0.125, 2.0]).unwrap();
        assert_eq!((found.step, found.low, found.high), (3, 0.0, 2.0));
        let mut expected = [1; BINS];
        // The upper end belongs to the last bin.
        expected[BINS - 1] = 2;
        assert_eq!(found.real.bins, expected);
        let edges = found.edges();
        assert_eq!((edges[0], edges[1], edges[BINS]), (0.0, 0.125, 2.0));
        let g = found.generated;
        assert_eq!((g.bins[0], g.bins[1], g.bins[15]), (2, 1, 1));
        assert_eq!((found.real.total(), g.total()), (17, 4));
    }

    #[test]
    fn outputs_far_out_do_not_stretch_the_axis_and_are_counted_beyond_it() {
        let mut real: Vec<f32> = (0..100).map(|i| i as f32 / 100.0).collect();
        let plain = Outputs::of(1, &real, &[0.5]).unwrap();
        real.extend([1e6, f32::INFINITY, f32::NAN, -50.0, 1.5]);
        let found = Outputs::of(1, &real, &[0.5, f32::NEG_INFINITY]).unwrap();
        assert_eq!((plain.low, plain.high), (0.0, 0.99));
        // 1.5 is no farther from the 95 % quantile than this is from the 5 % quantile.
        assert_eq!((found.low, found.high), (0.0, 1.5));
        assert_eq!((found.real.below, found.real.above), (1, 2));
        assert_eq!((found.generated.below, found.generated.above), (1, 0));
        assert_eq!(found.real.total(), 104, "all but the NaN");
    }

    #[test]
    fn one_side_alone_has_an_axis_and_none_without_a_finite_output() {
        let found = Outputs::of(1, &[], &[3.0, 3.0]).unwrap();
        assert_eq!((found.low, found.high), (1.5, 4.5));
        assert_eq!((found.real.total(), found.generated.bins[8]), (0, 2));
        assert!(found.is_valid());
        assert_eq!(Outputs::of(1, &[f32::NAN], &[f32::INFINITY]), None);
        assert_eq!(Outputs::of(1, &[], &[]), None);
        let widest = Outputs::of(1, &[f32::MIN], &[f32::MAX]).unwrap();
        assert_eq!((widest.real.bins[0], widest.generated.bins[15]), (1, 1));
    }
}
