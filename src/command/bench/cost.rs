//! The cost of spectral normalization: one network with and without it, alternating in one process.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{
    SEED,
    networks::Subject,
    report::thousandths,
    settings, source,
    timing::{group_size, time_steps},
};
use crate::{
    command::{BenchArgs, device},
    run::{Engine, Failure},
};

/// Measuring ends when each side of the interval is at most this wide.
const HALF_WIDTH: f64 = 0.005;
/// Number of pairs, at least.
const MIN_PAIRS: usize = 20;
/// Time after which measuring ends, however wide the interval is.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// Milliseconds of one side of a pair, at least, if the number of steps is not given.
const SIDE_TIME: f64 = 40.0;
/// Steps of each side for warm-up.
const WARM_UP: u64 = 3;

/// A line of `sn-tui bench --sn-cost --json`. The cost is the time of a step with spectral normalization, divided by the
/// time without it and without measuring σ, minus 1.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Cost {
    pub net: String,
    pub threads: usize,
    pub batch: usize,
    pub n_dis: usize,
    /// Median of the cost over the pairs.
    pub sn_cost: f64,
    /// 95 % confidence interval of the median, for any distribution of the pairs.
    pub sn_cost_low: f64,
    pub sn_cost_high: f64,
    pub pairs: usize,
    /// Steps of each side of a pair.
    pub steps: u64,
}

/// Measures the cost for one network. Some steps with and some steps without spectral normalization make a pair; pairs
/// alternate their order. Measuring ends when the interval is ±0.5 percentage points or after two minutes.
///
/// # Errors
/// The device or the data fail, or a loss or gradient is not finite.
pub(super) fn cost(
    subject: &Subject,
    arguments: &BenchArgs,
    threads: usize,
) -> Result<Cost, Failure> {
    let build = |no_sn: bool| -> Result<Side, Failure> {
        let arguments = BenchArgs {
            no_sn,
            ..arguments.clone()
        };
        let preset = settings(&subject.preset, &arguments);
        Ok(Side {
            engine: device(arguments.device, arguments.tf32, None)?
                .build_measuring(&preset, SEED, !no_sn)?,
            samples: source(subject.samples, &preset)?,
        })
    };
    let (mut with, mut without) = (build(false)?, build(true)?);
    // The first steps on a device are slower than later ones.
    with.milliseconds(WARM_UP)?;
    without.milliseconds(WARM_UP)?;
    let warm = with
        .milliseconds(WARM_UP)?
        .max(without.milliseconds(WARM_UP)?);
    let steps = arguments
        .steps
        .unwrap_or((SIDE_TIME * WARM_UP as f64 / warm).ceil() as u64)
        .max(1);
    let (start, mut ratios) = (Instant::now(), Vec::new());
    let (low, median, high) = loop {
        let (on, off) = if ratios.len() % 2 == 0 {
            let on = with.milliseconds(steps)?;
            (on, without.milliseconds(steps)?)
        } else {
            let off = without.milliseconds(steps)?;
            (with.milliseconds(steps)?, off)
        };
        ratios.push(on / off);
        if ratios.len() < MIN_PAIRS {
            continue;
        }
        let (low, median, high) = interval(&mut ratios.clone());
        if (high - median).max(median - low) <= HALF_WIDTH || start.elapsed() > TIME_LIMIT {
            break (low, median, high);
        }
    };
    let preset = settings(&subject.preset, arguments);
    Ok(Cost {
        net: subject.name.clone(),
        threads,
        batch: preset.batch,
        n_dis: preset.n_dis,
        sn_cost: ten_thousandths(median - 1.0),
        sn_cost_low: ten_thousandths(low - 1.0),
        sn_cost_high: ten_thousandths(high - 1.0),
        pairs: ratios.len(),
        steps,
    })
}

impl Cost {
    /// Returns the cost as a line of text.
    pub(super) fn text(&self) -> String {
        let percent = |share: f64| thousandths(100.0 * share);
        format!(
            "{}: spectral normalization costs {} % of a step ({} to {} %, {} pairs of {} steps each)\n",
            self.net,
            percent(self.sn_cost),
            percent(self.sn_cost_low),
            percent(self.sn_cost_high),
            self.pairs,
            self.steps,
        )
    }
}

/// One side of a pair: the network with or without spectral normalization.
struct Side {
    engine: Box<dyn Engine>,
    samples: super::Source,
}

impl Side {
    /// Makes `steps` steps and returns their time in milliseconds. Measures are read as in [`super::timing::Timings`].
    fn milliseconds(&mut self, steps: u64) -> Result<f64, Failure> {
        let group = group_size(&*self.engine, steps);
        let counts = (0..steps).step_by(group as usize);
        let times = counts.map(|done| {
            let count = group.min(steps - done);
            let one = time_steps(&mut *self.engine, &mut *self.samples, count)?;
            Ok(one.milliseconds() * count as f64)
        });
        times.sum()
    }
}

/// Rounds a number to four decimal places.
fn ten_thousandths(number: f64) -> f64 {
    (number * 1e4).round() / 1e4
}

/// Returns (low, median, high): the median of `values`, and the 95 % confidence interval of the median by the sign test.
fn interval(values: &mut [f64]) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    // `below` is the probability that at most k values lie under the median: a sum of binomial terms.
    let (mut term, mut below, mut outside) = (0.5f64.powi(count as i32), 0.0, 0);
    for k in 0..count / 2 {
        below += term;
        if 2.0 * below > 0.05 {
            break;
        }
        outside = k;
        term *= (count - k) as f64 / (k + 1) as f64;
    }
    let middle = (values[(count - 1) / 2] + values[count / 2]) / 2.0;
    (values[outside], middle, values[count - 1 - outside])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_sign_tests() {
        // Of 20 values, the 6th and the 15th enclose the median with 95.9 %, the 7th and the 14th with 88.5 %.
        let mut values: Vec<f64> = (0..20).rev().map(f64::from).collect();
        assert_eq!(interval(&mut values), (5.0, 9.5, 14.0));
        let mut many: Vec<f64> = (0..1000).map(f64::from).collect();
        let (low, middle, high) = interval(&mut many);
        assert_eq!(middle, 499.5);
        assert!(
            (468.0..470.0).contains(&low) && low + high == 999.0,
            "{low}"
        );
    }
}
