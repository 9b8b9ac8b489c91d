//! Where the time of a step goes.

use std::time::{Duration, Instant};

use super::Trainer;
use crate::nn::Backend;

/// A part of a training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// D's passes over real and generated samples, W/σ and the loss included.
    DiscriminatorForward,
    /// From D's output back: to its parameters in a D update, to its input in a G update.
    DiscriminatorBackward,
    /// G's passes.
    GeneratorForward,
    /// From G's output back to its parameters.
    GeneratorBackward,
    /// The power iterations of all layers, with σ and ‖W‖F.
    PowerIteration,
    /// Adam, and the moving average of G.
    Optimizer,
    /// Latents, real samples, and their way to the device.
    Data,
    /// Gradient norms, whether all is finite, and the measures as numbers.
    Measuring,
}

impl Part {
    /// All parts in the order in which they are listed.
    pub const ALL: [Self; 8] = [
        Self::DiscriminatorForward,
        Self::DiscriminatorBackward,
        Self::GeneratorForward,
        Self::GeneratorBackward,
        Self::PowerIteration,
        Self::Optimizer,
        Self::Data,
        Self::Measuring,
    ];
}

/// Time by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartTimes([Duration; Part::ALL.len()]);

impl PartTimes {
    /// Time of one part.
    pub fn of(&self, part: Part) -> Duration {
        self.0[part as usize]
    }

    /// Adds time to a part.
    pub fn add(&mut self, part: Part, time: Duration) {
        self.0[part as usize] += time;
    }
}

/// Adds up the time between two laps under the part that the second one names.
///
/// It reads the clock of the host. On a device that computes asynchronously a lap ends when the part's work was
/// launched, not when it was done: its times mean something on the CPU only, and making them right elsewhere takes a
/// synchronization at each lap.
#[derive(Debug)]
pub struct Stopwatch {
    last: Instant,
    times: PartTimes,
}

impl<B: Backend> Trainer<B> {
    /// Adds up the time of each part of a step from now on; see [`Stopwatch`].
    pub fn time_parts(&mut self) {
        self.stopwatch = Some(Stopwatch {
            last: Instant::now(),
            times: PartTimes::default(),
        });
    }

    /// What was added up since the last call; none before [`Trainer::time_parts`].
    pub fn take_part_times(&mut self) -> Option<PartTimes> {
        let stopwatch = self.stopwatch.as_mut()?;
        Some(std::mem::take(&mut stopwatch.times))
    }

    /// What is done from now on belongs to the next lap.
    pub(super) fn start_lap(&mut self) {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.last = Instant::now();
        }
    }

    /// The work since the last lap was `part`.
    pub(super) fn lap(&mut self, part: Part) {
        if let Some(stopwatch) = &mut self.stopwatch {
            let now = Instant::now();
            stopwatch.times.add(part, now - stopwatch.last);
            stopwatch.last = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stand_at_their_own_place() {
        for (place, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, place);
        }
        let mut times = PartTimes::default();
        times.add(Part::Data, Duration::from_millis(2));
        times.add(Part::Data, Duration::from_millis(3));
        assert_eq!(times.of(Part::Data), Duration::from_millis(5));
        assert_eq!(times.of(Part::Optimizer), Duration::ZERO);
    }
}
