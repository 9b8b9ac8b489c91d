//! The kinds of vertical axes.

use std::f64::consts::LN_10;

/// The kind of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Linear,
    Log,
    /// Linear, and always with 0: for differences.
    Signed,
    /// Logarithmic on both sides of 0, and about linear between plus and minus [`LINEAR_WITHIN`]: for differences of
    /// measures that span decades.
    SignedLog,
}

/// The value up to which an axis of the kind [`Kind::SignedLog`] is about linear.
const LINEAR_WITHIN: f64 = 1e-3;

impl Kind {
    /// Returns whether the axis always has 0, with a line.
    pub(crate) fn is_signed(self) -> bool {
        matches!(self, Self::Signed | Self::SignedLog)
    }

    /// The kind for differences of values that have an axis of this kind.
    pub(crate) fn signed(self) -> Self {
        match self {
            Self::Linear | Self::Signed => Self::Signed,
            Self::Log | Self::SignedLog => Self::SignedLog,
        }
    }

    /// Returns the position of a value along an axis of this kind.
    pub(super) fn along(self, value: f64) -> f64 {
        match self {
            Self::Linear | Self::Signed => value,
            Self::Log => value.log10(),
            Self::SignedLog => (value.abs() / LINEAR_WITHIN).ln_1p().copysign(value) / LN_10,
        }
    }

    /// Returns the value at a position along an axis of this kind.
    pub(super) fn value(self, along: f64) -> f64 {
        match self {
            Self::Linear | Self::Signed => along,
            Self::Log => 10f64.powf(along),
            Self::SignedLog => ((along * LN_10).abs().exp_m1() * LINEAR_WITHIN).copysign(along),
        }
    }

    /// Returns the position of a value, or `None` if an axis of this kind cannot show it.
    pub(super) fn transform(self, value: f32) -> Option<f64> {
        let shown = value.is_finite() && (self != Self::Log || value > 0.0);
        shown.then(|| self.along(f64::from(value)))
    }

    /// Returns the least length of an axis with these ends, all as positions.
    pub(super) fn least(self, low: f64, high: f64) -> f64 {
        match self {
            Self::Linear | Self::Signed => (low.abs().max(high.abs()) * 0.02).max(1e-6),
            Self::SignedLog => 1e-3,
            Self::Log => 0.2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Kind; 4] = [Kind::Linear, Kind::Log, Kind::Signed, Kind::SignedLog];

    #[test]
    fn a_value_has_one_position_and_larger_ones_are_above() {
        for kind in ALL {
            let values = [-1e6, -2.0, -1e-4, 0.0, 1e-9, 1e-3, 0.5, 3e7];
            let shown = values.into_iter().filter(|&v| kind != Kind::Log || v > 0.0);
            let along: Vec<(f64, f64)> = shown.map(|value| (value, kind.along(value))).collect();
            assert!(along.is_sorted_by(|a, b| a.1 < b.1), "{kind:?}: {along:?}");
            for (value, at) in along {
                let back = kind.value(at);
                assert!(
                    (back - value).abs() <= 1e-9 * value.abs(),
                    "{kind:?} {value} {back}"
                );
            }
        }
    }

    #[test]
    fn a_signed_log_axis_is_logarithmic_far_from_0_and_linear_near_it() {
        let along = |value: f64| Kind::SignedLog.along(value);
        assert!((along(1e4) - along(1e3) - 1.0).abs() < 1e-3);
        assert!((along(2e-6) / along(1e-6) - 2.0).abs() < 1e-2);
        assert_eq!(along(-5.0), -along(5.0));
    }

    #[test]
    fn what_an_axis_cannot_show_has_no_position() {
        for kind in ALL {
            assert_eq!(kind.transform(f32::NAN), None);
            assert_eq!(kind.transform(f32::INFINITY), None);
            assert_eq!(kind.transform(-1.0).is_none(), kind == Kind::Log);
            assert_eq!(kind.transform(0.0).is_none(), kind == Kind::Log);
        }
    }
}
