//! The rate of steps.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Time over which the rate is averaged.
const WINDOW: Duration = Duration::from_secs(1);

/// Mean steps per second over about the last second.
#[derive(Debug, Default)]
pub(super) struct Rate {
    /// End times of the last steps.
    ends: VecDeque<Instant>,
}

impl Rate {
    /// Records a step that ended at `now`.
    pub(super) fn step(&mut self, now: Instant) {
        self.ends.push_back(now);
        // Keep two, so that steps slower than the window have a rate.
        while self.ends.len() > 2 && now.duration_since(self.ends[0]) > WINDOW {
            self.ends.pop_front();
        }
    }

    /// Resets the rate for a pause.
    pub(super) fn pause(&mut self) {
        self.ends.clear();
    }

    /// When the last step ended, if nothing has paused since.
    pub(super) fn last_end(&self) -> Option<Instant> {
        self.ends.back().copied()
    }

    /// Steps per second; 0 before the second step.
    pub(super) fn per_second(&self) -> f32 {
        match (self.ends.front(), self.ends.back()) {
            (Some(first), Some(last)) if last > first => {
                (self.ends.len() - 1) as f32 / last.duration_since(*first).as_secs_f32()
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_follows_the_last_second_and_slow_steps() {
        let start = Instant::now();
        let mut rate = Rate::default();
        assert_eq!(rate.per_second(), 0.0);
        for i in 0..500 {
            rate.step(start + Duration::from_millis(10 * i));
        }
        assert!((rate.per_second() - 100.0).abs() < 1e-3);
        for i in 0..3 {
            rate.step(start + Duration::from_secs(10 + 4 * i));
        }
        assert!((rate.per_second() - 0.25).abs() < 1e-3);
        rate.pause();
        assert_eq!(rate.per_second(), 0.0);
    }
}
