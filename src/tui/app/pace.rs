//! The steady mean of the rate of steps, and the time left.

use super::App;
use crate::model::{Snapshot, Status};

/// The training time over which the mean forgets, in seconds.
const MEMORY: f64 = 60.0;
/// The longest time left that is worth telling, in seconds.
const LONGEST: f64 = 1e7;

/// The mean rate of steps in about the last [`MEMORY`] seconds of training, without pauses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SteadyPace {
    /// The steps and the seconds that are not forgotten, the former ones in part.
    steps: f64,
    seconds: f64,
    /// The step and the training time of the last state; `None` before the first.
    last: Option<(u64, f64)>,
}

impl SteadyPace {
    /// The mean of a run in its present state.
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut pace = Self::default();
        pace.observe(snapshot);
        pace
    }

    /// Takes a new state. The mean begins with that of the whole run, and again after a rewind.
    pub(super) fn observe(&mut self, snapshot: &Snapshot) {
        let now = (snapshot.step, snapshot.seconds);
        match self.last {
            Some((step, seconds)) if now.0 >= step && now.1 >= seconds && step > 0 => {
                if now.0 == step {
                    return;
                }
                let passed = now.1 - seconds;
                let kept = (-passed / MEMORY).exp();
                self.steps = self.steps * kept + (now.0 - step) as f64;
                self.seconds = self.seconds * kept + passed;
            }
            _ => {
                let kept = (MEMORY / now.1.max(MEMORY)).min(1.0);
                (self.steps, self.seconds) = (now.0 as f64 * kept, now.1 * kept);
            }
        }
        self.last = Some(now);
    }

    /// Goes on with the steps of another lane, which are made together with those of the one before.
    pub(super) fn follow(&mut self, snapshot: &Snapshot) {
        self.last = Some((snapshot.step, snapshot.seconds));
    }

    /// Forgets the mean, where steps cost more or less from now on: the number of lanes has changed.
    pub(super) fn forget(&mut self) {
        (self.steps, self.seconds) = (0.0, 0.0);
    }

    /// Returns the mean seconds of a step; 0 while unknown.
    fn each(&self) -> f64 {
        self.seconds / self.steps.max(1.0)
    }
}

impl App {
    /// Returns the training time left in seconds, from a steady mean; `None` if nothing is trained or it is not known.
    pub(crate) fn seconds_left(&self) -> Option<f64> {
        let snapshot = &self.snapshot;
        let slowest = snapshot
            .pace
            .map_or(0.0, |pace| 1.0 / f64::from(pace.max(1e-3)));
        let each = self.steady_pace.each().max(slowest);
        let left = snapshot.steps.saturating_sub(snapshot.step) as f64 * each;
        let told = snapshot.status == Status::Running && each > 0.0 && left < LONGEST;
        told.then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    #[test]
    fn a_slow_second_hardly_moves_the_mean_and_a_slow_hour_does() {
        let mut pace = SteadyPace::of(&fake::snapshot());
        let mut at = |step, seconds| {
            pace.observe(&Snapshot {
                step,
                seconds,
                ..fake::snapshot()
            });
            pace.each()
        };
        assert_eq!(at(0, 0.0), 0.0);
        assert!((at(1000, 10.0) - 0.01).abs() < 1e-9);
        // One step that takes a second, as a checkpoint does.
        assert!((at(1001, 11.0) - 0.011).abs() < 1e-4);
        let slow = at(1101, 3611.0);
        assert!((slow - 36.0).abs() < 0.1, "{slow}");
        // A rewind begins anew.
        assert!((at(500, 5.0) - 0.01).abs() < 1e-9);
        // A first step that takes long is forgotten soon.
        assert!(at(1, 0.5) > 0.4);
        assert!(at(1001, 10.5) < 0.011);
    }

    #[test]
    fn the_steps_before_a_fork_are_forgotten() {
        let at = |pace: &mut SteadyPace, step, seconds| {
            pace.observe(&Snapshot {
                step,
                seconds,
                ..fake::snapshot()
            });
            pace.each()
        };
        let mut pace = SteadyPace::default();
        assert!((at(&mut pace, 1000, 10.0) - 0.01).abs() < 1e-9);
        pace.forget();
        assert_eq!(pace.each(), 0.0, "not known");
        assert!((at(&mut pace, 1100, 12.0) - 0.02).abs() < 1e-9);
        // The seconds of a lane may begin anew.
        pace.follow(&Snapshot {
            step: 1100,
            seconds: 1.0,
            ..fake::snapshot()
        });
        assert!((pace.each() - 0.02).abs() < 1e-9);
        assert!((at(&mut pace, 1200, 3.0) - 0.02).abs() < 1e-9);
    }
}
