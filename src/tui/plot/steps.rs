//! The horizontal axis of a plot: a number of steps from which it seldom moves, so a new step changes only the newest dot.

use ratatui::layout::Rect;

use super::Window;
use crate::model::Series;

/// The steps of the dots from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    /// The first step of the axis.
    pub first: u64,
    /// The number of steps on the axis.
    pub shown: u64,
    pub dots: usize,
}

impl Steps {
    /// Returns the axis of `dots` dots for curves from step `first` to step `last`. The whole run fills it from the left.
    /// A window of the last steps moves by an eighth of its length at a time.
    pub(crate) fn over((first, last): (u64, u64), window: Window, dots: usize) -> Self {
        let length = last.saturating_sub(first) + 1;
        let window = window.within(last);
        let (first, shown) = match window {
            Window::Range(first, last) => (first, last.saturating_sub(first) + 1),
            _ => match window.length() {
                Some(most) if length >= most => {
                    let jump = (most / 8).max(1);
                    let first = (last + 1).saturating_sub(most) / jump * jump;
                    (first, most + jump)
                }
                _ => (first, rounded_up(length)),
            },
        };
        Self { first, shown, dots }
    }

    /// Returns the dot of a step, or `None` if it is outside.
    pub(crate) fn dot(&self, step: u64) -> Option<usize> {
        let along = u128::from(step.checked_sub(self.first)?);
        let dot = along * self.dots as u128 / u128::from(self.shown.max(1));
        usize::try_from(dot).ok().filter(|&dot| dot < self.dots)
    }

    /// Returns the last step of the axis.
    pub(crate) fn last(&self) -> u64 {
        self.first + self.shown.saturating_sub(1)
    }
}

/// The steps across a plot that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Across {
    /// The inside of the plot, in cells.
    pub area: Rect,
    pub axis: Steps,
    /// The last step of the curves.
    pub last: u64,
}

impl Across {
    /// Returns the step at a column of the screen, or of the nearest one inside the plot: one that the axis has in this
    /// column, if the curves go as far.
    pub(crate) fn step(&self, column: u16) -> u64 {
        let width = self.area.width.max(1);
        let inside = column.saturating_sub(self.area.x).min(width - 1);
        let middle = (f64::from(inside) + 0.5) / f64::from(width);
        let step = self.axis.first + (middle * self.axis.shown as f64).round() as u64;
        step.clamp(self.axis.first.max(1), self.last.max(1))
    }
}

/// Returns the first and the last step of a curve in a window.
pub(crate) fn span(series: &Series, window: Window) -> Option<(u64, u64)> {
    let whole = (series.buckets.first()?.first, series.buckets.last()?.last);
    Some(window.part_of(whole))
}

/// Returns the smallest of 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, … that is not below `steps`. With these values an axis is
/// at least three quarters full, and its layout seldom changes during a run.
fn rounded_up(steps: u64) -> u64 {
    let steps = steps.max(1);
    let power = steps.next_power_of_two();
    let parts = [5, 6, 7, 8].map(|eighths| power.div_ceil(8).max(1) * eighths);
    let fits = parts.into_iter().find(|&part| part >= steps);
    if power < 8 {
        steps
    } else {
        fits.unwrap_or(power)
    }
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
                last < 4 || axis.dot(last).unwrap() >= 66,
                "{last}: {axis:?}"
            );
            laid_out += usize::from(before != Some(axis));
            before = Some(axis);
        }
        assert!(laid_out < 65, "{laid_out}");
    }

    #[test]
    fn the_recent_window_holds_the_last_steps_and_seldom_moves() {
        let mut moved = 0;
        let mut before: Option<Steps> = None;
        for last in 5_000..=6_024 {
            let axis = Steps::over((1, last), Window::Recent, 90);
            assert!(axis.dot(last).unwrap() >= 75, "{last}: {axis:?}");
            assert!(axis.dot(last - 1_023).is_some(), "{last}: {axis:?}");
            moved += usize::from(before != Some(axis));
            before = Some(axis);
        }
        assert!(moved <= 10, "{moved}");
    }

    #[test]
    fn dots_and_steps_agree() {
        assert_eq!(
            [1, 2, 3, 5, 7, 9, 11, 13, 15, 100].map(rounded_up),
            [1, 2, 3, 5, 7, 10, 12, 14, 16, 112]
        );
        let axis = Steps {
            first: 1,
            shown: 12,
            dots: 4,
        };
        assert_eq!(
            [0, 1, 3, 4, 12, 13].map(|s| axis.dot(s)),
            [None, Some(0), Some(0), Some(1), Some(3), None]
        );
        assert_eq!(axis.last(), 12);
        assert_eq!(Steps::over((1, 1), Window::Whole, 0).dot(1), None);
    }

    #[test]
    fn a_column_has_the_step_that_is_drawn_in_it() {
        for shown in [12, 50, 90, 900, 30_000] {
            let across = Across {
                area: Rect::new(7, 3, 90, 10),
                axis: Steps {
                    first: 101,
                    shown,
                    dots: 180,
                },
                last: 100 + shown,
            };
            for column in 7..97 {
                let drawn = across.axis.dot(across.step(column)).unwrap() / 2;
                let off = drawn.abs_diff(column as usize - 7);
                // Between two steps that are far apart the nearer one is taken.
                let between = 90usize.div_ceil(shown as usize);
                assert!(off <= between, "{shown} steps, {column}: {drawn}");
                assert!(shown < 180 || off == 0, "{shown} steps, {column}: {drawn}");
            }
            assert_eq!(across.step(0), across.step(7));
            assert_eq!(across.step(500), across.step(96));
            let short = Across {
                last: 103,
                ..across
            };
            assert_eq!(short.step(96), 103);
        }
    }

    #[test]
    fn a_chosen_range_is_the_axis_unless_the_run_ends_before_it() {
        let axis = Steps::over((1, 150), Window::Range(100, 199), 50);
        assert_eq!((axis.first, axis.last()), (100, 199));
        assert_eq!((axis.dot(100), axis.dot(199)), (Some(0), Some(49)));
        let rewound = Steps::over((1, 50), Window::Range(1000, 1009), 50);
        assert!(rewound.dot(50).is_some() && rewound.shown < 20);
        let last = Steps::over((1, 5000), Window::Last(160), 50);
        assert!(last.dot(5000).is_some() && last.dot(4841).is_some());
        assert!(last.shown <= 180, "{last:?}");
    }
}
