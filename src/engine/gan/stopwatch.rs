//! Time measurement of the parts of a training step.

use std::time::{Duration, Instant};

use super::Trainer;
use crate::engine::nn::Backend;

/// A part of a training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Forward passes of D over real and generated samples, with W/σ and the loss.
    DiscriminatorForward,
    /// Backward passes of D: to its parameters in an update of D, to its input in an update of G.
    DiscriminatorBackward,
    /// Forward passes of G.
    GeneratorForward,
    /// Backward passes of G.
    GeneratorBackward,
    /// Power iterations of all layers, with σ and ‖W‖F.
    PowerIteration,
    /// Adam and the moving average of G.
    Optimizer,
    /// Latents and real samples, with their upload to the device.
    Data,
    /// Gradient norms, the check for non-finite values, and the measures.
    Measuring,
}

impl Part {
    /// All parts, in the order in which `bench` lists them.
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

/// Accumulated time of each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartTimes([Duration; Part::ALL.len()]);

impl PartTimes {
    /// The time of a part.
    pub fn of(&self, part: Part) -> Duration {
        self.0[part as usize]
    }

    /// Adds to the time of a part.
    pub fn add(&mut self, part: Part, time: Duration) {
        self.0[part as usize] += time;
    }
}

/// Accumulates the time of each part. A lap adds the time since the last lap to the part it names.
///
/// It reads the host's clock. On a device that computes asynchronously a lap ends when the part's work was launched, not
/// when it finished: the times are valid on the CPU only. Other devices would need a synchronization at each lap.
#[derive(Debug)]
pub struct Stopwatch {
    last: Instant,
    times: PartTimes,
}

impl<B: Backend> Trainer<B> {
    /// Starts to measure the time of each part of a step; see [`Stopwatch`].
    pub fn time_parts(&mut self) {
        self.stopwatch = Some(Stopwatch {
            last: Instant::now(),
            times: PartTimes::default(),
        });
    }

    /// The times accumulated since the last call; `None` before [`Trainer::time_parts`].
    pub fn take_part_times(&mut self) -> Option<PartTimes> {
        let stopwatch = self.stopwatch.as_mut()?;
        Some(std::mem::take(&mut stopwatch.times))
    }

    /// Starts a lap now, and assigns the time before it to no part.
    pub(super) fn start_lap(&mut self) {
        if let Some(stopwatch) = &mut self.stopwatch {
            stopwatch.last = Instant::now();
        }
    }

    /// Ends a lap and adds its time to `part`.
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
    fn each_part_has_its_own_time() {
        for (index, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, index);
        }
        let mut times = PartTimes::default();
        times.add(Part::Data, Duration::from_millis(2));
        times.add(Part::Data, Duration::from_millis(3));
        assert_eq!(times.of(Part::Data), Duration::from_millis(5));
        assert_eq!(times.of(Part::Optimizer), Duration::ZERO);
    }
}
