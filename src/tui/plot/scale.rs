//! The vertical axis of a plot: its ends, and where values are on it.

mod ticks;

use super::{
    kind::Kind,
    rounding::{ceil, floor, log_step, round_step},
};

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

/// A vertical axis from `low` to `high`, each as [`Kind::along`] has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
}

/// The ends of an axis are multiples of about its range divided by this number.
const ROUNDING_PARTS: f64 = 16.0;
/// The share of an axis beyond its ends that is drawn as the end: less than a dot.
const SLACK: f64 = 0.01;

impl Scale {
    /// Returns the axis for these values. Its ends are round numbers, so they seldom move. Non-finite values are ignored,
    /// and on a log axis those of 0 or below. Returns `None` if no value is left.
    pub(crate) fn over(kind: Kind, values: impl Iterator<Item = f32>) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter_map(|value| kind.transform(value)) {
            low = low.min(value);
            high = high.max(value);
        }
        (low <= high).then(|| Self::spanning(kind, low, high))
    }

    /// Returns the axis from one value to another, each as [`Kind::along`] has it, with round ends.
    pub(super) fn spanning(kind: Kind, mut low: f64, mut high: f64) -> Self {
        if kind.is_signed() {
            (low, high) = (low.min(0.0), high.max(0.0));
            if (low, high) == (0.0, 0.0) {
                (low, high) = (-1.0, 1.0);
            }
        }
        let least = kind.least(low, high);
        if high - low < least {
            let centre = (low + high) / 2.0;
            (low, high) = (centre - least / 2.0, centre + least / 2.0);
        }
        let part = (high - low) / ROUNDING_PARTS;
        (low, high) = match kind {
            Kind::Linear | Kind::Signed | Kind::SignedLog => {
                (floor(low, round_step(part)), ceil(high, round_step(part)))
            }
            Kind::Log => (
                floor(10f64.powf(low), log_step(low, part)).log10(),
                ceil(10f64.powf(high), log_step(high, part)).log10(),
            ),
        };
        Self { kind, low, high }
    }

    /// Returns this axis, made longer so that 0 is in its middle.
    pub(super) fn symmetric(&self) -> Self {
        let most = self.low.abs().max(self.high.abs());
        Self {
            low: -most,
            high: most,
            ..*self
        }
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
        let at = self.kind.transform(value)?;
        let slack = (self.high - self.low) * SLACK;
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
        let height = (self.kind.transform(value)? - self.low) / (self.high - self.low);
        Some(height.clamp(0.0, 1.0))
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
        let values: Vec<f32> = scale.ticks(15).into_iter().map(|tick| tick.1).collect();
        assert_eq!(values, [0.01, 0.1, 1.0, 10.0, 100.0]);
        let narrow = Scale::over(Kind::Log, [0.4, 6.0].into_iter()).unwrap();
        let values: Vec<f32> = narrow.ticks(7).into_iter().map(|tick| tick.1).collect();
        assert_eq!(values, [0.5, 1.0, 2.0, 5.0]);
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
}
