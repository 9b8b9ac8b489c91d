//! The difference of two curves over steps.

use super::{
    Window,
    columns::{Column, columns},
    steps::Steps,
};
use crate::model::Series;

/// Returns the mean of a curve in each dot of an axis. A measure that is not taken at every step keeps its value until the
/// next one. `None` before the first value, after the last one, and where a value is not finite.
pub(crate) fn held_means(series: &Series, window: Window, axis: &Steps) -> Vec<Option<f32>> {
    let columns = columns(series, window, axis);
    let is_measured = |column: &Column| column.finite.is_some() || column.non_finite;
    let last = columns.iter().rposition(is_measured);
    let mut held = None;
    let means = columns.iter().enumerate().map(|(at, column)| {
        if is_measured(column) {
            held = column.finite.map(|(_, _, mean)| mean);
        }
        held.filter(|_| last.is_some_and(|last| at <= last))
    });
    means.collect()
}

/// Returns for each dot of an axis the mean of `of` minus the mean of `from`, see [`held_means`].
pub(crate) fn difference(
    from: &Series,
    of: &Series,
    window: Window,
    axis: &Steps,
) -> Vec<Option<f32>> {
    let from = held_means(from, window, axis).into_iter();
    let pairs = from.zip(held_means(of, window, axis));
    pairs
        .map(|(from, of)| Some(of? - from?).filter(|value| value.is_finite()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::History;

    fn series(points: &[(u64, f32)]) -> Series {
        let mut history = History::default();
        for &(step, value) in points {
            history.push("x", step, value);
        }
        history.get("x").unwrap().clone()
    }

    #[test]
    fn a_difference_begins_with_the_later_curve_and_holds_between_measures() {
        let from = series(&[(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, 5.0)]);
        let of = series(&[(2, 1.0), (4, 10.0), (5, f32::NAN)]);
        let axis = Steps {
            first: 1,
            shown: 6,
            dots: 6,
        };
        for window in [Window::Whole, Window::Recent] {
            assert_eq!(
                difference(&from, &of, window, &axis),
                [None, Some(-1.0), Some(-2.0), Some(6.0), None, None]
            );
        }
    }
}
