//! The range of a vertical axis: that of the means and of most extremes. A few values far from all others do not stretch it.

use super::{
    columns::Column,
    scale::{Kind, Scale, least, transform},
};

/// The share of the columns at each end of the order of values that may be far from the others.
const FEW: f64 = 0.05;
/// The least number of columns of which some may be far from the others.
const ENOUGH: usize = 5;
/// The number of newest columns of which one at least is within the range.
const NEWEST: usize = 5;

/// A range of values on an axis, as the axis has them.
type Range = (f64, f64);

/// Returns the axis for these curves, each of which has its columns and the values that its axis always has.
pub(super) fn robust<'a>(
    kind: Kind,
    curves: impl Iterator<Item = (&'a [Column], Option<(f32, f32)>)>,
) -> Option<Scale> {
    let ranges = curves.filter_map(|(columns, limits)| {
        let limits =
            limits.and_then(|(low, high)| Some((transform(kind, low)?, transform(kind, high)?)));
        // Between its limits a curve needs no other range.
        limits.or_else(|| range(kind, columns))
    });
    let (low, high) = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    Some(Scale::spanning(kind, low, high))
}

/// Returns the axis for all values of these curves.
pub(super) fn whole<'a>(kind: Kind, curves: impl Iterator<Item = &'a [Column]>) -> Option<Scale> {
    let finite = curves.flatten().filter_map(|column| column.finite);
    Scale::over(kind, finite.flat_map(|(low, high, mean)| [low, high, mean]))
}

/// Returns the range of one curve: all values that are at most once the length of the usual range beyond it. The usual
/// range is that of the extremes without the lowest and the highest few, and of the newest means.
fn range(kind: Kind, columns: &[Column]) -> Option<Range> {
    let finite: Vec<(f32, f32, f32)> = columns.iter().filter_map(|c| c.finite).collect();
    let sorted = |of: fn(&(f32, f32, f32)) -> f32| {
        let mut values: Vec<f64> = finite
            .iter()
            .filter_map(|f| transform(kind, of(f)))
            .collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (lows, highs, means) = (sorted(|f| f.0), sorted(|f| f.1), sorted(|f| f.2));
    let few = |count: usize| match count {
        0..ENOUGH => 0,
        _ => (count as f64 * FEW).ceil() as usize,
    };
    let newest = finite[finite.len().saturating_sub(NEWEST)..].iter();
    let mut newest: Vec<f64> = newest.filter_map(|f| transform(kind, f.2)).collect();
    newest.sort_by(f64::total_cmp);
    let usual = [
        lows.get(few(lows.len())),
        means.get(few(means.len())),
        means.iter().rev().nth(few(means.len())),
        highs.iter().rev().nth(few(highs.len())),
        newest.get(newest.len() / 2),
    ];
    let usual = usual.into_iter().flatten().map(|&value| (value, value));
    let (low, high) = usual.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let length = (high - low).max(least(kind, low, high));
    let near = |value: &&f64| (low - length..=high + length).contains(*value);
    let all = || lows.iter().chain(&highs).chain(&means).filter(near);
    Some((
        all().copied().fold(low, f64::min),
        all().copied().fold(high, f64::max),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(values: impl IntoIterator<Item = f32>) -> Vec<Column> {
        let values = values.into_iter();
        let column = |value: f32| Column {
            finite: Some((value - 0.1, value + 0.1, value)),
            non_finite: false,
        };
        values.map(column).collect()
    }

    fn of(values: impl IntoIterator<Item = f32>) -> (f64, f64) {
        range(Kind::Linear, &columns(values)).unwrap()
    }

    #[test]
    fn a_spike_and_a_start_far_away_do_not_stretch_the_range() {
        let wave = |i: i32| (i as f32 / 7.0).sin();
        let (low, high) = of((0..200).map(wave));
        assert!(low < -1.05 && high > 1.05, "{low} {high}");
        let spike = of((0..200).map(|i| if i == 90 { 1e6 } else { wave(i) }));
        assert!(spike.1 < 1.2 && spike.0 < -1.05, "{spike:?}");
        let start = of((0..200).map(|i| if i < 3 { 80.0 } else { wave(i) }));
        assert!(start.1 < 1.2, "{start:?}");
    }

    #[test]
    fn ramps_decays_and_few_values_are_whole() {
        assert_eq!(
            of((0..100).map(|i| i as f32)),
            (f64::from(-0.1f32), f64::from(99.1f32))
        );
        let decay = of((0..100).map(|i| (-i as f32 / 20.0).exp()));
        assert!(decay.1 > 1.0, "{decay:?}");
        let few = of([1.0, 50.0, 2.0]);
        assert!(few.1 > 50.0, "{few:?}");
    }

    #[test]
    fn an_explosion_that_goes_on_is_within_the_range() {
        let late = of((0..200).map(|i| if i > 196 { 1000.0 } else { 1.0 }));
        assert!(late.1 > 1000.0, "{late:?}");
        let one = of((0..200).map(|i| if i > 198 { 1000.0 } else { 1.0 }));
        assert!(one.1 < 10.0, "{one:?}");
    }

    #[test]
    fn an_axis_has_its_limits_and_what_has_none() {
        let counts = columns([7.0, 8.0, 8.0]);
        let curves = || [(&counts[..], Some((0.0, 8.0)))].into_iter();
        let scale = robust(Kind::Linear, curves()).unwrap();
        assert_eq!((scale.place(0.0), scale.place(8.0)), (Some(0.0), Some(1.0)));
        assert_eq!(robust(Kind::Linear, [(&[][..], None)].into_iter()), None);
        assert!(
            whole(Kind::Linear, [&columns([1.0, 1e6])[..]].into_iter())
                .unwrap()
                .edge(1e6)
                .is_none()
        );
    }
}
