//! The vertical axis of a plot, linear or logarithmic.

/// The kind of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Linear,
    Log,
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
/// The tolerance for rounding errors in the ends of an axis, relative to a step.
const EDGE: f64 = 1e-6;

impl Scale {
    /// Returns the axis for these values. Its ends are round numbers, so they seldom move. Non-finite values are ignored,
    /// and on a log axis those of 0 or below. Returns `None` if no value is left.
    pub(crate) fn over(kind: Kind, values: impl Iterator<Item = f32>) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter_map(|value| transform(kind, value)) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            return None;
        }
        let least = match kind {
            Kind::Linear => (low.abs().max(high.abs()) * 0.02).max(1e-6),
            Kind::Log => 0.2,
        };
        if high - low < least {
            let centre = (low + high) / 2.0;
            (low, high) = (centre - least / 2.0, centre + least / 2.0);
        }
        let part = (high - low) / ROUNDING_PARTS;
        (low, high) = match kind {
            Kind::Linear => (floor(low, round_step(part)), ceil(high, round_step(part))),
            Kind::Log => (
                floor(10f64.powf(low), log_step(low, part)).log10(),
                ceil(10f64.powf(high), log_step(high, part)).log10(),
            ),
        };
        Some(Self { kind, low, high })
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
            Kind::Linear => {
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
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Log => (value.log10() - self.low) / (self.high - self.low),
        };
        let placed = values.iter();
        placed
            .map(|&value| (height(value).clamp(0.0, 1.0), value as f32))
            .collect()
    }

    fn value(&self, at: f64) -> f64 {
        match self.kind {
            Kind::Linear => at,
            Kind::Log => 10f64.powf(at),
        }
    }
}

/// Returns the multiples of a step from one end to the other.
fn multiples(step: f64, ends: [f64; 2]) -> Vec<f64> {
    let first = (ends[0] / step - EDGE).ceil() as i64;
    let last = (ends[1] / step + EDGE).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

fn floor(value: f64, step: f64) -> f64 {
    (value / step + EDGE).floor() * step
}

fn ceil(value: f64, step: f64) -> f64 {
    (value / step - EDGE).ceil() * step
}

/// Returns the step of which an end of a log axis is a multiple. `at` is the logarithm of the end, and `part` the preferred
/// step as a difference of logarithms. The step is at most the power of ten below the end.
fn log_step(at: f64, part: f64) -> f64 {
    let value = 10f64.powf(at);
    let first = 10f64.powf((at + EDGE).floor());
    round_step(value * part * std::f64::consts::LN_10).min(first)
}

/// Returns the value on the axis, or `None` if the axis cannot show it.
fn transform(kind: Kind, value: f32) -> Option<f64> {
    match kind {
        _ if !value.is_finite() => None,
        Kind::Linear => Some(f64::from(value)),
        Kind::Log => (value > 0.0).then(|| f64::from(value).log10()),
    }
}

/// Returns the smallest of 1, 2, 5 times a power of ten that is not below `step`.
pub(crate) fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&round| round >= step)
        .unwrap_or(10.0 * power)
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
