//! The horizontal axis of a plot. Each dot is a whole number of steps, so a new step changes only the newest dot.

use super::Window;
use crate::model::{Series, history::RECENT};

/// The steps of the dots from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    /// The first step of the first dot.
    pub first: u64,
    /// The number of steps per dot.
    pub steps_per_dot: u64,
    pub dots: usize,
}

impl Steps {
    /// Returns the axis of `dots` dots for a curve from step `first` to step `last`. The whole run fills it from the left.
    /// The recent window moves by an eighth of its length at a time.
    pub(crate) fn over((first, last): (u64, u64), window: Window, dots: usize) -> Self {
        let recent = RECENT as u64;
        let jump = recent / 8;
        let length = last.saturating_sub(first) + 1;
        let (first, length) = match window {
            Window::Recent if length >= recent => {
                let first = (last + 1).saturating_sub(recent) / jump * jump;
                (first, recent + jump)
            }
            _ => (first, length),
        };
        Self {
            first,
            steps_per_dot: rounded_up(length.div_ceil(dots.max(1) as u64)),
            dots,
        }
    }

    /// Returns the dot of a step, or `None` if it is outside.
    pub(crate) fn dot(&self, step: u64) -> Option<usize> {
        let dot = step.checked_sub(self.first)? / self.steps_per_dot;
        (dot < self.dots as u64).then_some(dot as usize)
    }
}

/// Returns the first and the last step of a curve in a window.
pub(crate) fn span(series: &Series, window: Window) -> Option<(u64, u64)> {
    match window {
        Window::Whole => Some((series.buckets.first()?.first, series.buckets.last()?.last)),
        Window::Recent => Some((series.recent.front()?.0, series.recent.back()?.0)),
    }
}

/// Returns the smallest of 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, … that is not below `steps`. With these values a long axis is
/// at least three quarters full, and its layout seldom changes during a run.
fn rounded_up(steps: u64) -> u64 {
    let power = steps.max(1).next_power_of_two();
    let parts = [5, 6, 8].map(|eighths| power / 8 * eighths);
    let small = power / 4 * 3;
    let fits = |&part: &u64| part >= steps.max(1);
    parts
        .into_iter()
        .chain([small, power])
        .filter(fits)
        .min()
        .unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_well_filled_and_seldom_changes() {
        let mut laid_out = 0;
        let mut before: Option<Steps> = None;
        for last in 1..=20_000 {
            let axis = Steps::over((1, last), Window::Whole, 90);
            assert!(axis.dot(last).is_some() && axis.dot(1) == Some(0), "{last}");
            assert!(
                last < 800 || axis.dot(last).unwrap() >= 65,
                "{last}: {axis:?}"
            );
            laid_out += usize::from(before != Some(axis));
            before = Some(axis);
        }
        assert!(laid_out < 30, "{laid_out}");
    }

    #[test]
    fn the_recent_window_holds_the_last_steps_and_seldom_moves() {
        let mut moved = 0;
        let mut before: Option<Steps> = None;
        for last in 5_000..=6_024 {
            let axis = Steps::over((last - 1_023, last), Window::Recent, 90);
            assert!(axis.dot(last).is_some(), "{last}: {axis:?}");
            assert!(axis.dot(last - 1_023).is_some(), "{last}: {axis:?}");
            moved += usize::from(before != Some(axis));
            before = Some(axis);
        }
        assert!(moved <= 10, "{moved}");
    }

    #[test]
    fn dots_and_steps_agree() {
        assert_eq!(
            [1, 2, 3, 4, 5, 7, 9, 11, 13, 100].map(rounded_up),
            [1, 2, 3, 4, 5, 8, 10, 12, 16, 128]
        );
        let axis = Steps {
            first: 1,
            steps_per_dot: 3,
            dots: 4,
        };
        assert_eq!(
            [0, 1, 3, 4, 12, 13].map(|s| axis.dot(s)),
            [None, Some(0), Some(0), Some(1), Some(3), None]
        );
        assert_eq!(Steps::over((1, 1), Window::Whole, 0).dot(1), None);
    }
}
