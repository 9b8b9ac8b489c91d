//! The vertical axis of a plot, linear or logarithmic.

use super::rounding::{EDGE, ceil, floor, log_step, multiples, round_step};

/// The kind of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Linear,
    Log,
    /// Linear, and always with 0: for differences.
    Signed,
}

/// The edge of an axis beyond which a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    Top,
    Bottom,
}

/// The part of an axis that a person has chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zoom {
    /// How many times the axis was halved. Below 0 it has all values.
    pub level: i8,
    /// The distance from its centre, as a share of the axis, upwards.
    pub offset: f64,
}

/// A vertical axis from `low` to `high`, which are logarithms to base 10 on a log axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
}

/// The ends of an axis are multiples of about its range divided by this number.
const ROUNDING_PARTS: f64 = 16.0;
/// The minimum distance of two labels, in rows.
const LABEL_SPACING: f64 = 1.5;
/// The number of decades below which the labels of a log axis are round steps.
const NARROW: f64 = 0.7;
/// The number of decades from which the labels of a log axis are only powers of ten.
const WIDE: f64 = 2.0;

impl Scale {
    /// Returns the axis for these values. Its ends are round numbers, so they seldom move. Non-finite values are ignored,
    /// and on a log axis those of 0 or below. Returns `None` if no value is left.
    pub(crate) fn over(kind: Kind, values: impl Iterator<Item = f32>) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter_map(|value| transform(kind, value)) {
            low = low.min(value);
            high = high.max(value);
        }
        (low <= high).then(|| Self::spanning(kind, low, high))
    }

    /// Returns the axis from one value to another, as [`transform`]ed, with round ends.
    pub(super) fn spanning(kind: Kind, mut low: f64, mut high: f64) -> Self {
        if kind == Kind::Signed {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        let least = least(kind, low, high);
        if high - low < least {
            let centre = (low + high) / 2.0;
            (low, high) = (centre - least / 2.0, centre + least / 2.0);
        }
        let part = (high - low) / ROUNDING_PARTS;
        (low, high) = match kind {
            Kind::Linear | Kind::Signed => {
                (floor(low, round_step(part)), ceil(high, round_step(part)))
            }
            Kind::Log => (
                floor(10f64.powf(low), log_step(low, part)).log10(),
                ceil(10f64.powf(high), log_step(high, part)).log10(),
            ),
        };
        Self { kind, low, high }
    }

    /// Returns the part of this axis that a person has zoomed and moved to.
    pub(super) fn zoomed(&self, zoom: Zoom) -> Self {
        let length = self.high - self.low;
        let centre = (self.low + self.high) / 2.0 + zoom.offset * length;
        let half = length * 0.5f64.powi(zoom.level.into()) / 2.0;
        Self {
            kind: self.kind,
            low: centre - half,
            high: centre + half,
        }
    }

    /// Returns the edge beyond which a value is, or `None` if it is within the axis or on none.
    pub(crate) fn edge(&self, value: f32) -> Option<Edge> {
        let at = transform(self.kind, value)?;
        let slack = (self.high - self.low) * EDGE;
        match at {
            _ if at > self.high + slack => Some(Edge::Top),
            _ if at < self.low - slack => Some(Edge::Bottom),
            _ => None,
        }
    }

    /// Returns the height of a value, from 0 at the bottom to 1 at the top, or `None` if the axis cannot show it. The value
    /// 0 is at the bottom of a log axis.
    pub(crate) fn place(&self, value: f32) -> Option<f64> {
        if self.kind == Kind::Log && value == 0.0 {
            return Some(0.0);
        }
        let height = (transform(self.kind, value)? - self.low) / (self.high - self.low);
        Some(height.clamp(0.0, 1.0))
    }

    /// Returns the (height, value) of the labels of an axis of `rows` rows: round values if they fit, or else its ends.
    pub(crate) fn ticks(&self, rows: u16) -> Vec<(f64, f32)> {
        let ends = [self.low, self.high].map(|at| self.value(at));
        let sets: Vec<Vec<f64>> = match self.kind {
            _ if rows < 5 => Vec::new(),
            Kind::Linear | Kind::Signed => {
                let step = round_step((ends[1] - ends[0]) / f64::from(rows / 2));
                vec![multiples(step, ends)]
            }
            Kind::Log => self.log_tick_sets(ends, rows),
        };
        let apart = LABEL_SPACING / f64::from(rows.max(2) - 1);
        let readable = |ticks: &Vec<(f64, f32)>| {
            ticks.len() > 1 && ticks.windows(2).all(|pair| pair[1].0 - pair[0].0 >= apart)
        };
        let sets = sets.into_iter().map(|values| self.tick_positions(&values));
        sets.into_iter()
            .find(readable)
            .unwrap_or_else(|| self.tick_positions(&ends))
    }

    /// Returns candidate sets of labels for a log axis, the densest first: round steps on a narrow axis, then 1, 2 and 5
    /// times powers of ten, then powers of ten.
    fn log_tick_sets(&self, ends: [f64; 2], rows: u16) -> Vec<Vec<f64>> {
        let span = self.high - self.low;
        let mut sets = Vec::new();
        let mut step = round_step((ends[1] - ends[0]) / f64::from(rows));
        while span < NARROW && step < ends[1] - ends[0] {
            sets.push(multiples(step, ends));
            step = round_step(step * 1.5);
        }
        let powers = |every: i32| {
            let (first, last) = (self.low.floor() as i32, self.high.ceil() as i32);
            (first..=last).filter(move |power| power % every == 0)
        };
        let inside = |value: &f64| {
            let slack = EDGE * value;
            (ends[0] - slack..=ends[1] + slack).contains(value)
        };
        if span < WIDE {
            let parts = powers(1).flat_map(|p| [1.0, 2.0, 5.0].map(|part| part * 10f64.powi(p)));
            sets.push(parts.filter(inside).collect());
        }
        for every in 1..=span.ceil() as i32 {
            sets.push(
                powers(every)
                    .map(|p| 10f64.powi(p))
                    .filter(inside)
                    .collect(),
            );
        }
        sets
    }

    /// Returns the (height, value) of each value.
    fn tick_positions(&self, values: &[f64]) -> Vec<(f64, f32)> {
        let height = |value: f64| match self.kind {
            Kind::Linear | Kind::Signed => (value - self.low) / (self.high - self.low),
            Kind::Log => (value.log10() - self.low) / (self.high - self.low),
        };
        let placed = values.iter();
        placed
            .map(|&value| (height(value).clamp(0.0, 1.0), value as f32))
            .collect()
    }

    fn value(&self, at: f64) -> f64 {
        match self.kind {
            Kind::Linear | Kind::Signed => at,
            Kind::Log => 10f64.powf(at),
        }
    }
}

/// Returns the least length of an axis with these ends.
pub(super) fn least(kind: Kind, low: f64, high: f64) -> f64 {
    match kind {
        Kind::Linear | Kind::Signed => (low.abs().max(high.abs()) * 0.02).max(1e-6),
        Kind::Log => 0.2,
    }
}

/// Returns the value on the axis, or `None` if the axis cannot show it.
pub(super) fn transform(kind: Kind, value: f32) -> Option<f64> {
    match kind {
        _ if !value.is_finite() => None,
        Kind::Linear | Kind::Signed => Some(f64::from(value)),
        Kind::Log => (value > 0.0).then(|| f64::from(value).log10()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn non_finite_values_never_bound_the_axis() {
        let values = [1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3.0];
        let scale = Scale::over(Kind::Linear, values.into_iter()).unwrap();
        assert_eq!((scale.place(1.0), scale.place(3.0)), (Some(0.0), Some(1.0)));
        assert_eq!(scale.place(f32::NAN), None);
        assert_eq!(Scale::over(Kind::Linear, [f32::NAN].into_iter()), None);
        assert_eq!(Scale::over(Kind::Log, [0.0, -1.0].into_iter()), None);
    }

    #[test]
    fn a_log_axis_is_logarithmic() {
        let scale = Scale::over(Kind::Log, [0.01, 100.0].into_iter()).unwrap();
        assert!((scale.place(1.0).unwrap() - 0.5).abs() < 1e-6);
        assert_eq!(scale.place(0.0), Some(0.0));
        let values: Vec<f32> = scale
            .ticks(15)
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        assert_eq!(values, [0.01, 0.1, 1.0, 10.0, 100.0]);
        let narrow = Scale::over(Kind::Log, [0.4, 6.0].into_iter()).unwrap();
        let values: Vec<f32> = narrow.ticks(7).into_iter().map(|tick| tick.1).collect();
        assert_eq!(values, [0.5, 1.0, 2.0, 5.0]);
    }

    #[test]
    fn labels_of_a_log_axis_have_few_digits() {
        let label = |value: f32| crate::tui::words::number::label(value);
        for (low, high) in [
            (1.0, 1.0),
            (0.8, 1.2),
            (0.91, 1.51),
            (6.3, 15.8),
            (0.45, 1.0),
            (0.012, 0.03),
            (3e-6, 8e-6),
            (0.3, 2.9),
            (2.0, 180.0),
            (1e-7, 2e3),
        ] {
            let scale = Scale::over(Kind::Log, [low, high].into_iter()).unwrap();
            for rows in 2..40 {
                let ticks = scale.ticks(rows);
                let shown: Vec<String> = ticks.iter().map(|tick| label(tick.1)).collect();
                assert!(shown.len() >= 2, "{low} {high} {rows}: {shown:?}");
                let digits = |text: &String| {
                    let text = text.split('e').next().unwrap_or_default().replace('.', "");
                    text.trim_matches('0').len()
                };
                assert!(
                    shown.iter().all(|text| digits(text) <= 3),
                    "{low} {high} {rows}: {shown:?}"
                );
                let heights = ticks.iter().map(|tick| tick.0);
                assert!(heights.is_sorted(), "{ticks:?}");
            }
        }
        let scale = Scale::over(Kind::Log, [0.91, 1.51].into_iter()).unwrap();
        let shown: Vec<String> = scale.ticks(10).iter().map(|tick| label(tick.1)).collect();
        assert_eq!(shown, ["1", "1.2", "1.4"]);
    }

    #[test]
    fn ends_seldom_move_and_leave_little_space() {
        let mut moved = 0;
        let mut before = None;
        for i in 0..10_000 {
            let high = 1.0 + i as f32 / 3_000.0;
            let scale = Scale::over(Kind::Linear, [0.1, high].into_iter()).unwrap();
            assert!(scale.place(0.1).unwrap() < 0.2 && scale.place(high).unwrap() > 0.8);
            moved += usize::from(before != Some(scale));
            before = Some(scale);
        }
        assert!(moved < 40, "{moved}");
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale::over(Kind::Linear, [0.13, 2.9].into_iter()).unwrap();
        let ticks = scale.ticks(12);
        assert_eq!(
            ticks.iter().map(|t| t.1).collect::<Vec<_>>(),
            [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
        );
        assert!(ticks.iter().all(|t| (0.0..=1.0).contains(&t.0)));
        let flat = Scale::over(Kind::Linear, [1.0, 1.0].into_iter()).unwrap();
        assert!((flat.place(1.0).unwrap() - 0.5).abs() < 1e-6);
    }
}
