//! The range of a vertical axis: that of the means, and around it that of usual extremes. Values far from all others do not
//! stretch it, and the extremes of noise, which has a few far values in every column, do not take most of it.

use super::{columns::Column, kind::Kind, scale::Scale};

/// The share of the columns at each end of the order of values that may be far from the others.
const FEW: f64 = 0.05;
/// The least number of columns of which some may be far from the others.
const ENOUGH: usize = 5;
/// The number of newest columns of which one at least is within the range.
const NEWEST: usize = 5;
/// The share of the distance from means to extremes, as half of the columns have it, that belongs to the usual range. In noise
/// most values are as near to the mean.
const SPREAD: f64 = 0.6;
/// The distances up to which a mean and an extreme beyond the usual range stretch it, as shares of its length.
const NEAR: (f64, f64) = (1.0, 0.25);
/// How far a lane beside the curves may stretch their axis at either end: by as much as the length of the axis, or by this share
/// of its largest value, so that a lane near a flat curve is within it.
const BESIDE: f64 = 0.5;

/// A range of values on an axis, as the axis has them.
type Range = (f64, f64);

/// Returns the axis for these curves, each of which has its columns and the values that its axis always has. The means of
/// curves `beside` them stretch it, as far as these are near.
pub(crate) fn robust<'a>(
    kind: Kind,
    curves: impl Iterator<Item = (&'a [Column], Option<(f32, f32)>)>,
    beside: impl Iterator<Item = &'a [Column]>,
) -> Option<Scale> {
    let ranges = curves.filter_map(|(columns, limits)| {
        let limits =
            limits.and_then(|(low, high)| Some((kind.transform(low)?, kind.transform(high)?)));
        // Between its limits a curve needs no other range.
        limits.or_else(|| range(kind, columns))
    });
    let own = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let (low, high) = stretched(kind, own, beside);
    Some(Scale::spanning(kind, low, high))
}

/// Returns a range with the usual means of curves beside it that are near.
fn stretched<'a>(kind: Kind, own: Range, beside: impl Iterator<Item = &'a [Column]>) -> Range {
    let length = (own.1 - own.0).max(kind.least(own.0, own.1));
    let reach = match kind {
        Kind::Linear | Kind::Signed => length.max(own.0.abs().max(own.1.abs()) * BESIDE),
        Kind::Log | Kind::SignedLog => length,
    };
    beside.fold(own, |whole, columns| {
        let usual = range(kind, columns).unwrap_or(own);
        let means = columns.iter().filter_map(|column| column.finite);
        let means = means.filter_map(|(_, _, mean)| kind.transform(mean));
        let means = means.filter(|mean| (usual.0..=usual.1).contains(mean));
        let (low, high) = widened(own, means, reach);
        (whole.0.min(low), whole.1.max(high))
    })
}

/// Returns a range with the values that are not farther from it than `reach`.
fn widened((low, high): Range, values: impl Iterator<Item = f64>, reach: f64) -> Range {
    let near = values.filter(|value| (low - reach..=high + reach).contains(value));
    near.fold((low, high), |range, value| {
        (range.0.min(value), range.1.max(value))
    })
}

/// Returns the axis for all values of these curves.
pub(super) fn whole<'a>(kind: Kind, curves: impl Iterator<Item = &'a [Column]>) -> Option<Scale> {
    let finite = curves.flatten().filter_map(|column| column.finite);
    Scale::over(kind, finite.flat_map(|(low, high, mean)| [low, high, mean]))
}

/// Returns the range of one curve: its usual range, and what is near. The usual range is that of the means without the
/// lowest and the highest few, and of the newest means, widened by a part of the distance to the extremes.
fn range(kind: Kind, columns: &[Column]) -> Option<Range> {
    let finite: Vec<[Option<f64>; 3]> = columns
        .iter()
        .filter_map(|column| column.finite)
        .map(|(low, high, mean)| [low, high, mean].map(|value| kind.transform(value)))
        .collect();
    let [lows, highs, means] = [0, 1, 2].map(|which| {
        let values = finite.iter().filter_map(|column| column[which]);
        sorted(values.collect())
    });
    let few = match means.len() {
        0..ENOUGH => 0,
        count => (count as f64 * FEW).ceil() as usize,
    };
    let newest = &finite[finite.len().saturating_sub(NEWEST)..];
    let newest = sorted(newest.iter().filter_map(|column| column[2]).collect());
    let spread = |which: usize| {
        let distances = finite.iter();
        let distances = distances.filter_map(|c| Some((c[which]? - c[2]?).abs()));
        median(&sorted(distances.collect())).unwrap_or(0.0) * SPREAD
    };
    let usual = [
        means.get(few).copied(),
        means.iter().rev().nth(few).copied(),
        median(&newest),
    ];
    let usual = usual.into_iter().flatten().map(|value| (value, value));
    let core = usual.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    // A curve may have extremes without a mean on its axis.
    let (low, high) = core.or_else(|| Some((*highs.first()?, *highs.last()?)))?;
    // Not farther than most extremes.
    let (lowest, highest) = (lows.get(few), highs.iter().rev().nth(few));
    let low = (low - spread(0)).max(lowest.map_or(low, |lowest| lowest.min(low)));
    let high = (high + spread(1)).min(highest.map_or(high, |highest| highest.max(high)));
    let length = (high - low).max(kind.least(low, high));
    let of_means = widened((low, high), means.into_iter(), length * NEAR.0);
    let [lows, highs] =
        [lows, highs].map(|values| widened(of_means, values.into_iter(), length * NEAR.1));
    Some((lows.0.min(highs.0), lows.1.max(highs.1)))
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len() / 2).copied()
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

    /// Columns of `each` values, which `value` makes of numbers that are spread evenly from 0 to 1, and all values in order.
    fn noise(each: usize, value: impl Fn(f64) -> f64) -> (Vec<Column>, Vec<f64>) {
        let mut state = 1_u64;
        let mut all = Vec::new();
        let mut columns = Vec::new();
        for _ in 0..90 {
            let mut values: Vec<f64> = Vec::new();
            for _ in 0..each {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                values.push(value(((state >> 33) as f64 + 0.5) / 2f64.powi(31)));
            }
            let mean = values.iter().sum::<f64>() / each as f64;
            let values = sorted(values);
            columns.push(Column {
                finite: Some((values[0] as f32, values[each - 1] as f32, mean as f32)),
                non_finite: false,
            });
            all.extend(values);
        }
        (columns, sorted(all))
    }

    #[test]
    fn most_of_the_axis_of_a_noisy_curve_is_for_most_of_its_values() {
        // The quantiles of distributions with heavy tails: of a loss that has spikes upwards, and of one with both.
        let pareto = |p: f64| (1.0 - p).powf(-0.5);
        let both = |p: f64| (std::f64::consts::PI * (p - 0.5)).tan().cbrt();
        let quantiles: [(&dyn Fn(f64) -> f64, f64); 2] = [(&pareto, 0.45), (&both, 0.45)];
        for each in [10, 40, 200] {
            for (quantile, least) in quantiles {
                let (columns, all) = noise(each, quantile);
                let (low, high) = range(Kind::Linear, &columns).unwrap();
                let at = |share: f64| all[(all.len() as f64 * share) as usize];
                // As many as there are between the mean of a column and its extremes.
                let tail = 1.0 / each as f64;
                let bulk = (at(1.0 - tail) - at(tail)) / (high - low);
                assert!(bulk > least, "{each}: {bulk}, {low} to {high}");
                let inside = all.iter().filter(|value| (low..=high).contains(*value));
                let inside = inside.count() as f64 / all.len() as f64;
                assert!(inside > 0.95, "{each}: {inside}, {low} to {high}");
                let farthest = all[all.len() - 1];
                assert!(high < 0.85 * farthest, "{each}: {high}, {farthest}");
            }
        }
    }

    #[test]
    fn the_extremes_of_even_noise_are_whole_and_nothing_is_left_blank() {
        let (columns, all) = noise(40, |p| p);
        let (low, high) = range(Kind::Linear, &columns).unwrap();
        assert!(low <= all[0] + 1e-6 && high >= all[all.len() - 1] - 1e-6);
        // Most columns have a far extreme above, but not beside the highest means.
        let mut columns: Vec<Column> = columns;
        columns.truncate(40);
        columns.extend((0..40).map(|_| Column {
            finite: Some((2.0, 2.0, 2.0)),
            non_finite: false,
        }));
        assert_eq!(range(Kind::Linear, &columns).unwrap().1, 2.0);
    }

    #[test]
    fn a_spike_moves_no_end_of_the_range() {
        let wave = |i: i32| (i as f32 / 7.0).sin();
        let deep = |i: i32, spike: f32| Column {
            finite: Some((wave(i) - 0.5, wave(i) + 0.5 + spike, wave(i) + spike / 9.0)),
            non_finite: false,
        };
        let spiked = |spike| {
            let columns: Vec<Column> = (0..200)
                .map(|i| deep(i, if i == 90 { spike } else { 0.0 }))
                .collect();
            range(Kind::Linear, &columns)
        };
        assert_eq!(spiked(0.0), spiked(1e6));
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
    fn a_lane_that_is_near_stretches_the_axis_and_one_far_away_does_not() {
        let flat = columns([1.0; 20]);
        let with = |kind, lane: &[Column]| {
            let front = [(&flat[..], None)].into_iter();
            robust(kind, front, [lane].into_iter()).unwrap()
        };
        let alone = with(Kind::Linear, &[]);
        let near = columns([1.4; 20]);
        assert!(alone.edge(1.4).is_some());
        assert_eq!(with(Kind::Linear, &near).edge(1.4), None);
        assert_eq!(with(Kind::Linear, &columns([40.0; 20])), alone);
        // Of a lane that goes away, what is near is within the axis.
        let away = columns((0..20).map(|i| 1.2 + i as f32));
        let scale = with(Kind::Linear, &away);
        assert_eq!(scale.edge(1.2), None);
        assert!(scale.edge(3.0).is_some());
        // One far value of a lane is not usual.
        let spike = columns((0..20).map(|i| if i == 7 { 1.5 } else { 1.0 }));
        assert_eq!(with(Kind::Linear, &spike), alone);
    }

    #[test]
    fn an_axis_has_its_limits_and_what_has_none() {
        let counts = columns([7.0, 8.0, 8.0]);
        let curves = || [(&counts[..], Some((0.0, 8.0)))].into_iter();
        let none = || std::iter::empty();
        let scale = robust(Kind::Linear, curves(), none()).unwrap();
        assert_eq!((scale.place(0.0), scale.place(8.0)), (Some(0.0), Some(1.0)));
        assert_eq!(
            robust(Kind::Linear, [(&[][..], None)].into_iter(), none()),
            None
        );
        assert!(
            whole(Kind::Linear, [&columns([1.0, 1e6])[..]].into_iter())
                .unwrap()
                .edge(1e6)
                .is_none()
        );
    }
}
