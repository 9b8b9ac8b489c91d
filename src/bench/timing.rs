//! Steps against the clock.

use std::time::{Duration, Instant};

use crate::run::{
    Engine, Failure, Outcome,
    engine::{Part, PartTimes},
};

/// About how long the timed steps take where their number is not given.
const LENGTH: Duration = Duration::from_secs(6);
/// Fewest and most of them.
const STEPS: (f64, f64) = (5.0, 5000.0);
/// Fewest steps that go before.
const WARM_UP: u64 = 2;

/// What timed steps took, fastest first.
#[derive(Clone, Debug)]
pub struct Timings(Vec<Timing>);

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
    /// Makes a fifth of `steps` without timing them, two at least, then `steps` and times each, the reading of its
    /// measures included. Without `steps`, as many as take about six seconds.
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
        let mut timings: Vec<Timing> = (0..steps)
            .map(|_| step(engine, real))
            .collect::<Result<_, _>>()?;
        timings.sort_by_key(|timing| timing.step);
        Ok(Self(timings))
    }

    /// Timed steps.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The fastest step in milliseconds.
    pub fn min(&self) -> f64 {
        self.at(0)
    }

    /// The median step in milliseconds: of an even number, the slower of the two in the middle.
    pub fn median(&self) -> f64 {
        self.at(self.0.len() / 2)
    }

    /// From the first quartile to the third, in milliseconds.
    pub fn spread(&self) -> f64 {
        self.at(self.0.len() * 3 / 4) - self.at(self.0.len() / 4)
    }

    /// Milliseconds of a part: its mean over the steps between the quartiles. None where parts are not timed.
    pub fn part(&self, part: Part) -> Option<f64> {
        let count = self.0.len();
        let middle = self.0.get(count / 4..=count * 3 / 4).unwrap_or(&self.0);
        let times = middle
            .iter()
            .map(|timing| Some(timing.parts?.of(part).as_secs_f64()));
        let sum: f64 = times.sum::<Option<f64>>()?;
        Some(1e3 * sum / middle.len() as f64)
    }

    fn at(&self, place: usize) -> f64 {
        let timing = self.0.get(place);
        timing.map_or(f64::NAN, Timing::milliseconds)
    }
}

/// Steps of this length that take about [`LENGTH`].
fn enough(step: Duration) -> u64 {
    let steps = LENGTH.as_secs_f64() / step.as_secs_f64().max(1e-9);
    steps.clamp(STEPS.0, STEPS.1) as u64
}

/// One step and its measures.
pub fn step(
    engine: &mut dyn Engine,
    real: &mut dyn FnMut(u64) -> Result<Vec<f32>, Failure>,
) -> Result<Timing, Failure> {
    let start = Instant::now();
    let outcome = engine.step(real)?;
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
        step: end - start,
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
        Timings(milliseconds.iter().map(timing).collect())
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
