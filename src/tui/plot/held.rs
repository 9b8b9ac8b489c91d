//! The means of a curve over steps, held between measures.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::History;

    #[test]
    fn a_mean_is_held_from_measure_to_measure() {
        let mut history = History::default();
        for (step, value) in [(2, 1.0), (4, 10.0), (5, f32::NAN), (7, 3.0)] {
            history.push("x", step, value);
        }
        let axis = Steps {
            first: 1,
            shown: 8,
            dots: 8,
        };
        for window in [Window::Whole, Window::Recent] {
            let of = held_means(history.get("x").unwrap(), window, &axis);
            let expected = [0.0, 1.0, 1.0, 10.0, 0.0, 0.0, 3.0, 0.0];
            let expected = expected.map(|value| (value > 0.0).then_some(value));
            assert_eq!(of, expected);
        }
    }
}
