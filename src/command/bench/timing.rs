//! Timing of training steps.

use std::time::{Duration, Instant};

use crate::{
    engine::gan::{Outcome, Part, PartTimes},
    run::{Engine, Failure},
};

/// Duration of the timed steps if their number is not given.
const DURATION: Duration = Duration::from_secs(6);
/// Smallest and largest number of timed steps then.
const STEPS: (f64, f64) = (5.0, 5000.0);
/// Smallest number of steps for warm-up: a GPU records its graphs in them.
const WARM_UP: u64 = 3;
/// Steps that are timed together on a GPU: a run reads the measures this often, and waits for the GPU only then.
const GPU_GROUP: u64 = 10;

/// Times of steps.
#[derive(Clone, Debug)]
pub(super) struct Timings {
    /// One time for each group of steps, fastest first.
    timings: Vec<Timing>,
    /// Number of timed steps.
    count: usize,
}

/// The time of a step, or the mean of a group of steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    step: Duration,
    parts: Option<PartTimes>,
}

impl Timing {
    /// Returns the time of a step in milliseconds.
    pub(super) fn milliseconds(&self) -> f64 {
        1e3 * self.step.as_secs_f64()
    }
}

impl Timings {
    /// Times `steps` steps, by default as many as take about six seconds, after a fifth as many for warm-up (at least
    /// three). Reading the measures is included. On a GPU ten steps are timed together, with one reading, as in a run.
    ///
    /// # Errors
    /// The device or the data fail, or a loss or gradient is not finite.
    pub(super) fn of(
        engine: &mut dyn Engine,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Failure>,
        steps: Option<u64>,
    ) -> Result<Self, Failure> {
        let mut last = Duration::ZERO;
        for _ in 0..WARM_UP {
            last = time_steps(engine, real, 1)?.step;
        }
        let steps = steps.unwrap_or_else(|| default_count(last));
        for _ in WARM_UP..steps / 5 {
            time_steps(engine, real, 1)?;
        }
        let group = group_size(engine, steps);
        let mut timings: Vec<Timing> = (0..steps / group)
            .map(|_| time_steps(engine, real, group))
            .collect::<Result<_, _>>()?;
        timings.sort_by_key(|timing| timing.step);
        let count = timings.len() * group as usize;
        Ok(Self { timings, count })
    }

    /// Returns the number of timed steps.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Returns the fastest step in milliseconds.
    pub(super) fn min(&self) -> f64 {
        self.at(0)
    }

    /// Returns the median step in milliseconds; of an even number, the slower one of the two in the middle.
    pub(super) fn median(&self) -> f64 {
        self.at(self.timings.len() / 2)
    }

    /// Returns the interquartile range in milliseconds.
    pub(super) fn spread(&self) -> f64 {
        self.at(self.timings.len() * 3 / 4) - self.at(self.timings.len() / 4)
    }

    /// Returns the milliseconds of a part: its mean over the steps between the quartiles. Returns `None` if parts are not
    /// timed.
    pub(super) fn part(&self, part: Part) -> Option<f64> {
        let count = self.timings.len();
        let middle = self
            .timings
            .get(count / 4..=count * 3 / 4)
            .unwrap_or(&self.timings);
        let times = middle
            .iter()
            .map(|timing| Some(timing.parts?.of(part).as_secs_f64()));
        let sum: f64 = times.sum::<Option<f64>>()?;
        Some(1e3 * sum / middle.len() as f64)
    }

    fn at(&self, place: usize) -> f64 {
        let timing = self.timings.get(place);
        timing.map_or(f64::NAN, Timing::milliseconds)
    }
}

/// Returns the number of steps that take about [`DURATION`] if one takes `step`.
fn default_count(step: Duration) -> u64 {
    let steps = DURATION.as_secs_f64() / step.as_secs_f64().max(1e-9);
    steps.clamp(STEPS.0, STEPS.1) as u64
}

/// Returns how many of `steps` steps are timed together.
pub(super) fn group_size(engine: &dyn Engine, steps: u64) -> u64 {
    match engine.counts() {
        Some(_) => GPU_GROUP.min(steps).max(1),
        None => 1,
    }
}

/// Makes `count` steps, reads the measures of the last one, and returns the mean time of a step.
///
/// # Errors
/// The device or the data fail, or a loss or gradient is not finite.
pub(super) fn time_steps(
    engine: &mut dyn Engine,
    real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Failure>,
    count: u64,
) -> Result<Timing, Failure> {
    let start = Instant::now();
    let mut outcome = Outcome::Applied;
    for _ in 0..count {
        outcome = engine.step(real)?;
        if outcome == Outcome::NonFinite {
            break;
        }
    }
    let stepped = Instant::now();
    let measures = std::hint::black_box(engine.measures()?);
    let end = Instant::now();
    if outcome == Outcome::NonFinite {
        let step = measures.map_or(0, |measures| measures.step);
        return Err(format!("step {step}: the loss or a gradient is not finite").into());
    }
    let mut parts = engine.take_part_times();
    if let Some(parts) = &mut parts {
        parts.add(Part::Measuring, end - stepped);
    }
    Ok(Timing {
        step: (end - start) / count.max(1) as u32,
        parts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timings(milliseconds: &[u64]) -> Timings {
        let timing = |&milliseconds: &u64| {
            let mut parts = PartTimes::default();
            parts.add(Part::Data, Duration::from_millis(milliseconds / 2));
            Timing {
                step: Duration::from_millis(milliseconds),
                parts: Some(parts),
            }
        };
        Timings {
            timings: milliseconds.iter().map(timing).collect(),
            count: milliseconds.len(),
        }
    }

    #[test]
    fn quartiles_are_times_of_steps() {
        let one = timings(&[6]);
        assert_eq!((one.min(), one.median(), one.spread()), (6.0, 6.0, 0.0));
        let eight = timings(&[2, 4, 6, 8, 10, 12, 14, 100]);
        assert_eq!((eight.min(), eight.median()), (2.0, 10.0));
        assert_eq!(eight.spread(), 14.0 - 6.0);
        assert_eq!(eight.part(Part::Data), Some(5.0));
        assert_eq!(eight.part(Part::Optimizer), Some(0.0));
    }

    #[test]
    fn the_number_of_steps_follows_their_duration() {
        assert_eq!(default_count(Duration::from_secs(10)), 5);
        assert_eq!(default_count(Duration::from_millis(60)), 100);
        assert_eq!(default_count(Duration::ZERO), 5000);
    }
}
