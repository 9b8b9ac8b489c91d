//! Aggregation of curves into the columns of a plot.

use super::{Window, steps::Steps};
use crate::model::Series;

/// The values in one column of a plot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Column {
    /// The (minimum, maximum, mean) of the finite values.
    pub finite: Option<(f32, f32, f32)>,
    /// Whether there is a NaN or an infinity.
    pub non_finite: bool,
}

/// Aggregates a curve into the dots of an axis. A bucket belongs to the dot of its first step, so it does not move while it
/// fills. The whole run is drawn from buckets, a part of it from single points where they are kept.
pub(crate) fn columns(series: &Series, window: Window, axis: &Steps) -> Vec<Column> {
    let mut sums = vec![(0.0f64, 0u64); axis.dots];
    let mut columns = vec![Column::default(); axis.dots];
    let mut add = |step: u64, min: f32, max: f32, sum: f64, finite: u64, non_finite: bool| {
        let Some(at) = axis.dot(step) else { return };
        let (column, total) = (&mut columns[at], &mut sums[at]);
        column.non_finite |= non_finite;
        if finite > 0 {
            total.0 += sum;
            total.1 += finite;
            let mean = (total.0 / total.1 as f64) as f32;
            let (low, high, _) = column.finite.unwrap_or((min, max, mean));
            column.finite = Some((low.min(min), high.max(max), mean));
        }
    };
    let points = series.recent.front().map_or(u64::MAX, |&(step, _)| step);
    let mut covered = None;
    for b in &series.buckets {
        if window == Window::Whole || b.first < points {
            covered = Some(b.last);
            if b.last >= axis.first {
                let step = b.first.max(axis.first);
                add(step, b.min, b.max, b.sum, b.finite, b.non_finite > 0);
            }
        }
    }
    for &(step, value) in series.recent.iter().filter(|point| Some(point.0) > covered) {
        let finite = value.is_finite();
        let sum = f64::from(value);
        add(step, value, value, sum, u64::from(finite), !finite);
    }
    columns
}

/// Smooths means by an exponential average over about `over` columns; 1 leaves them unchanged. The average depends only on
/// earlier columns, so a new column changes no other one. It restarts after a column without finite values that has a
/// non-finite one.
pub(crate) fn smooth(columns: &mut [Column], over: u16) {
    let keep = 1.0 - 1.0 / f64::from(over.max(1));
    let (mut sum, mut weight) = (0.0, 0.0);
    for column in columns {
        match &mut column.finite {
            Some((_, _, mean)) => {
                sum = sum * keep + f64::from(*mean);
                weight = weight * keep + 1.0;
                *mean = (sum / weight) as f32;
            }
            None if column.non_finite => (sum, weight) = (0.0, 0.0),
            None => {}
        }
    }
}

/// The last point before the axis and the first point after it, as steps and values.
pub(crate) fn neighbours(series: &Series, axis: &Steps) -> [Option<(u64, f32)>; 2] {
    let last = axis.last();
    let before = series.recent.iter().rev();
    let before = before.copied().find(|point| point.0 < axis.first);
    let after = series.recent.iter().copied().find(|point| point.0 > last);
    [before, after].map(|point| point.filter(|(_, value)| value.is_finite()))
}

/// A curve's value at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    /// The first and the last step of the value. They are equal if it is exact.
    pub steps: (u64, u64),
    /// The value, or the mean of the finite values in a bucket, or NaN if there are none.
    pub value: f32,
}

/// Returns the last value at or before a step: exact for a recent step, or else the mean of a bucket.
pub(crate) fn reading(series: &Series, step: u64) -> Option<Reading> {
    let after = series.recent.partition_point(|&(s, _)| s <= step);
    if let Some(&(step, value)) = after.checked_sub(1).and_then(|i| series.recent.get(i)) {
        return Some(Reading {
            steps: (step, step),
            value,
        });
    }
    let after = series.buckets.partition_point(|b| b.first <= step);
    let bucket = series.buckets.get(after.checked_sub(1)?)?;
    Some(Reading {
        steps: (bucket.first, bucket.last),
        value: bucket.mean().unwrap_or(f32::NAN),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::History, tui::plot::steps::span};

    fn history(values: impl IntoIterator<Item = f32>) -> History {
        let mut history = History::default();
        for (i, value) in values.into_iter().enumerate() {
            history.push("x", i as u64 + 1, value);
        }
        history
    }

    fn axis(series: &Series, window: Window, dots: usize) -> Steps {
        Steps::over(span(series, window).unwrap(), window, dots)
    }

    #[test]
    fn a_spike_survives_any_width() {
        let history = history((0..5000).map(|i| if i == 3210 { 99.0 } else { 1.0 }));
        let series = history.get("x").unwrap();
        for width in [1, 7, 80, 400] {
            let columns = columns(series, Window::Whole, &axis(series, Window::Whole, width));
            let highest = columns.iter().filter_map(|c| c.finite).map(|f| f.1);
            assert_eq!(highest.fold(0.0, f32::max), 99.0, "at {width}");
        }
    }

    #[test]
    fn means_are_means_and_nans_are_marked() {
        let history = history([1.0, 3.0, f32::NAN, 5.0]);
        let series = history.get("x").unwrap();
        let all = columns(series, Window::Recent, &axis(series, Window::Recent, 1));
        assert_eq!(all[0].finite, Some((1.0, 5.0, 3.0)));
        assert!(all[0].non_finite);
        let each = columns(series, Window::Whole, &axis(series, Window::Whole, 4));
        assert_eq!((each[2].finite, each[2].non_finite), (None, true));
        assert_eq!(each[3].finite, Some((5.0, 5.0, 5.0)));
    }

    #[test]
    fn a_step_changes_only_the_newest_column() {
        let value = |i: u64| ((i * 37) % 101) as f32;
        let mut history = history((1..=850).map(value));
        let before = {
            let series = history.get("x").unwrap();
            columns(series, Window::Whole, &axis(series, Window::Whole, 90))
        };
        history.push("x", 851, 1e6);
        let series = history.get("x").unwrap();
        let axis = axis(series, Window::Whole, 90);
        let after = columns(series, Window::Whole, &axis);
        let newest = axis.dot(851).unwrap();
        let changed: Vec<usize> = (0..90).filter(|&i| before[i] != after[i]).collect();
        assert_eq!(changed, [newest]);
    }

    #[test]
    fn a_part_of_the_run_is_drawn_from_points_where_they_are_kept() {
        let history = history((1..=5000).map(|i| i as f32));
        let series = history.get("x").unwrap();
        for (first, last) in [(4901, 5000), (3901, 4100), (101, 300)] {
            let window = Window::Range(first, last);
            let axis = axis(series, window, 20);
            let columns = columns(series, window, &axis);
            let finite: Vec<_> = columns.iter().filter_map(|column| column.finite).collect();
            assert!(finite.len() > 9, "{first}: {finite:?}");
            let (least, most) = (finite[0].0, finite[finite.len() - 1].1);
            let slack = if first > 4000 { 0.0 } else { 16.0 };
            assert!((least - first as f32).abs() <= slack, "{first}: {least}");
            assert!((most - last as f32).abs() <= slack, "{last}: {most}");
        }
        let axis = axis(series, Window::Range(4900, 4950), 9);
        let beside = neighbours(series, &axis);
        assert_eq!(beside, [Some((4899, 4899.0)), Some((4951, 4951.0))]);
    }

    #[test]
    fn smoothing_keeps_constants_and_damps_waves() {
        let of = |means: &[f32]| -> Vec<Column> {
            let column = |&mean: &f32| Column {
                finite: Some((mean, mean, mean)),
                non_finite: false,
            };
            means.iter().map(column).collect()
        };
        let means = |columns: &[Column]| -> Vec<f32> {
            columns.iter().map(|c| c.finite.unwrap().2).collect()
        };
        let mut level = of(&[2.0; 9]);
        smooth(&mut level, 5);
        assert!(means(&level).iter().all(|m| (m - 2.0).abs() < 1e-6));
        let mut wave = of(&[1.0, -1.0].repeat(20));
        smooth(&mut wave, 1);
        assert_eq!(means(&wave), [1.0, -1.0].repeat(20));
        smooth(&mut wave, 10);
        assert!(means(&wave)[20..].iter().all(|m| m.abs() < 0.1));
        assert_eq!(wave[30].finite.unwrap().0, 1.0, "extremes are left alone");
    }

    #[test]
    fn readings_of_recent_steps_are_exact() {
        let history = history((1..=5000).map(|i| i as f32));
        let series = history.get("x").unwrap();
        let exact = reading(series, 4321).unwrap();
        assert_eq!((exact.steps, exact.value), ((4321, 4321), 4321.0));
        let early = reading(series, 100).unwrap();
        assert!(early.steps.0 <= 100 && early.steps.1 >= 100);
        assert_eq!(early.value, (early.steps.0 + early.steps.1) as f32 / 2.0);
        assert_eq!(reading(series, 0), None);
        assert_eq!(reading(series, 9999).unwrap().value, 5000.0);
    }
}
