//! Steps against the clock.

use std::time::{Duration, Instant};

use crate::{
    gan::{Outcome, Part, PartTimes},
    run::{Engine, Failure},
};

/// About how long the timed steps take where their number is not given.
const LENGTH: Duration = Duration::from_secs(6);
/// Fewest and most of them.
const STEPS: (f64, f64) = (5.0, 5000.0);
/// Fewest steps that go before: a device that repeats what it has recorded has done so by then.
const WARM_UP: u64 = 3;
/// Steps that are timed together on a device that the host does not wait for: a run looks at its measures this often.
const TOGETHER: u64 = 10;

/// What timed steps took, fastest first.
#[derive(Clone, Debug)]
pub struct Timings {
    timings: Vec<Timing>,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
pub struct Timing {
    step: Duration,
    parts: Option<PartTimes>,
}

impl Timing {
    pub fn milliseconds(&self) -> f64 {
        1e3 * self.step.as_secs_f64()
    }
}

impl Timings {
    /// Makes a fifth of `steps` without timing them, three at least, then `steps` and times each, the reading of its
    /// measures included; on a GPU ten together, with one reading, as in a run. Without `steps`, as many as take about six
    /// seconds.
    ///
    /// # Errors
    /// Those of the device and of the data; a step that is not finite.
    pub fn of(
        engine: &mut dyn Engine,
        real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Failure>,
        steps: Option<u64>,
    ) -> Result<Self, Failure> {
        let mut last = Duration::ZERO;
        for _ in 0..WARM_UP {
            last = step(engine, real)?.step;
        }
        let steps = steps.unwrap_or_else(|| enough(last));
        for _ in WARM_UP..steps / 5 {
            step(engine, real)?;
        }
        let together = together(engine, steps);
        let mut timings: Vec<Timing> = (0..steps / together)
            .map(|_| several(engine, real, together))
            .collect::<Result<_, _>>()?;
        timings.sort_by_key(|timing| timing.step);
        let count = timings.len() * together as usize;
        Ok(Self { timings, count })
    }

    /// Timed steps.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The fastest step in milliseconds.
    pub fn min(&self) -> f64 {
        self.at(0)
    }

    /// The median step in milliseconds: of an even number, the slower of the two in the middle.
    pub fn median(&self) -> f64 {
        self.at(self.timings.len() / 2)
    }

    /// From the first quartile to the third, in milliseconds.
    pub fn spread(&self) -> f64 {
        self.at(self.timings.len() * 3 / 4) - self.at(self.timings.len() / 4)
    }

    /// Milliseconds of a part: its mean over the steps between the quartiles. None where parts are not timed.
    pub fn part(&self, part: Part) -> Option<f64> {
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

/// Steps of this length that take about [`LENGTH`].
fn enough(step: Duration) -> u64 {
    let steps = LENGTH.as_secs_f64() / step.as_secs_f64().max(1e-9);
    steps.clamp(STEPS.0, STEPS.1) as u64
}

/// How many of so many steps are timed with one reading of their measures.
pub fn together(engine: &dyn Engine, steps: u64) -> u64 {
    match engine.counts() {
        Some(_) => TOGETHER.min(steps).max(1),
        None => 1,
    }
}

/// One step and its measures.
fn step(
    engine: &mut dyn Engine,
    real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Failure>,
) -> Result<Timing, Failure> {
    several(engine, real, 1)
}

/// So many steps and the measures of the last; what one of them took.
pub fn several(
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
    fn quartiles_are_steps_that_were_made() {
        let one = timings(&[6]);
        assert_eq!((one.min(), one.median(), one.spread()), (6.0, 6.0, 0.0));
        let eight = timings(&[2, 4, 6, 8, 10, 12, 14, 100]);
        assert_eq!((eight.min(), eight.median()), (2.0, 10.0));
        assert_eq!(eight.spread(), 14.0 - 6.0);
        assert_eq!(eight.part(Part::Data), Some(5.0));
        assert_eq!(eight.part(Part::Optimizer), Some(0.0));
    }

    #[test]
    fn the_number_of_steps_follows_their_length() {
        assert_eq!(enough(Duration::from_secs(10)), 5);
        assert_eq!(enough(Duration::from_millis(60)), 100);
        assert_eq!(enough(Duration::ZERO), 5000);
    }
}
