//! The vertical axis of a plot, linear or logarithmic.

/// How values become heights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Linear,
    Log,
}

/// An axis from `low` to `high` (of the logarithm to base 10 on a log axis).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    kind: Kind,
    low: f64,
    high: f64,
}

/// An axis ends on a round part of about this share of what it holds.
const ROUNDING: f64 = 16.0;
/// An end that is on a round number but for rounding errors stays there.
const EDGE: f64 = 1e-6;

impl Scale {
    /// The axis that holds these values, its ends on round numbers so that they seldom move; non-finite values, and on a
    /// log axis those not above zero, do not count. None where nothing is left.
    pub fn over(kind: Kind, values: impl Iterator<Item = f32>) -> Option<Self> {
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
        let step = round_step((high - low) / ROUNDING);
        low = (low / step + EDGE).floor() * step;
        high = (high / step - EDGE).ceil() * step;
        Some(Self { kind, low, high })
    }

    /// Where a value stands, 0 at the bottom and 1 at the top; none for a value the axis cannot show. Zero stands at
    /// the bottom of a log axis.
    pub fn place(&self, value: f32) -> Option<f64> {
        if self.kind == Kind::Log && value == 0.0 {
            return Some(0.0);
        }
        let height = (transform(self.kind, value)? - self.low) / (self.high - self.low);
        Some(height.clamp(0.0, 1.0))
    }

    /// (height, value) of the labels of an axis that is `rows` high: round values where there is room, else its ends.
    pub fn ticks(&self, rows: u16) -> Vec<(f64, f32)> {
        let most = (rows / 2).max(2) as f64;
        let span = self.high - self.low;
        let step = match self.kind {
            Kind::Linear => round_step(span / most),
            Kind::Log => (span / most).ceil().max(1.0),
        };
        let first = (self.low / step - EDGE).ceil() as i64;
        let last = (self.high / step + EDGE).floor() as i64;
        if self.kind == Kind::Log && last <= first && rows >= 4 {
            let ticks = self.within_a_decade();
            if ticks.len() > 1 {
                return ticks;
            }
        }
        if rows < 5 || last <= first {
            return vec![(0.0, self.value(self.low)), (1.0, self.value(self.high))];
        }
        (first..=last)
            .map(|i| {
                let at = i as f64 * step;
                ((at - self.low) / span, self.value(at))
            })
            .collect()
    }

    /// Labels at 1, 2 and 5 times powers of ten, for a log axis that holds fewer than two of these.
    fn within_a_decade(&self) -> Vec<(f64, f32)> {
        let (first, last) = (self.low.floor() as i64, self.high.ceil() as i64);
        let candidates = (first..=last)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(power as i32)));
        candidates
            .map(|value| {
                let height = (value.log10() - self.low) / (self.high - self.low);
                (height, value as f32)
            })
            .filter(|(height, _)| (-EDGE..=1.0 + EDGE).contains(height))
            .collect()
    }

    fn value(&self, at: f64) -> f32 {
        match self.kind {
            Kind::Linear => at as f32,
            Kind::Log => 10f64.powf(at) as f32,
        }
    }
}

fn transform(kind: Kind, value: f32) -> Option<f64> {
    match kind {
        _ if !value.is_finite() => None,
        Kind::Linear => Some(value as f64),
        Kind::Log => (value > 0.0).then(|| (value as f64).log10()),
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `step`.
pub fn round_step(step: f64) -> f64 {
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
    fn what_is_not_finite_never_bounds_the_axis() {
        let values = [1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 3.0];
        let scale = Scale::over(Kind::Linear, values.into_iter()).unwrap();
        assert_eq!((scale.place(1.0), scale.place(3.0)), (Some(0.0), Some(1.0)));
        assert_eq!(scale.place(f32::NAN), None);
        assert_eq!(Scale::over(Kind::Linear, [f32::NAN].into_iter()), None);
        assert_eq!(Scale::over(Kind::Log, [0.0, -1.0].into_iter()), None);
    }

    #[test]
    fn a_log_axis_is_one() {
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
    fn ends_seldom_move_and_leave_little_room() {
        let mut moved = 0;
        let mut before = None;
        for i in 0..10_000 {
            let high = 1.0 + i as f32 / 3_000.0;
            let scale = Scale::over(Kind::Linear, [0.1, high].into_iter()).unwrap();
            assert!(scale.place(0.1).unwrap() < 0.2 && scale.place(high).unwrap() > 0.8);
            moved += (before != Some(scale)) as usize;
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
