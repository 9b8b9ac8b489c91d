//! The labels of a vertical axis.

use super::{
    super::{
        kind::Kind,
        rounding::{EDGE, multiples, round_step},
    },
    Scale,
};

/// The minimum distance of two labels, in rows.
const LABEL_SPACING: f64 = 1.5;
/// The number of decades below which the labels of a log axis are round steps.
const NARROW: f64 = 0.7;
/// The number of decades from which the labels of a log axis are only powers of ten.
const WIDE: f64 = 2.0;
/// The number of round steps that are tried for even labels.
const ROUND_STEPS: usize = 3;
/// The length from which a signed log axis has powers of ten as labels.
const SIGNED_DECADES_FROM: f64 = 0.1;
/// The smallest label of a signed log axis beside 0.
const NEAREST_LABEL: f64 = 0.01;
/// The most powers of ten from one label of a signed log axis to the next.
const MOST_APART: i32 = 12;

impl Scale {
    /// Returns the (height, value) of the labels of an axis of `rows` rows: round values if they fit, or else its ends.
    pub(crate) fn ticks(&self, rows: u16) -> Vec<(f64, f32)> {
        let ends = [self.low, self.high].map(|at| self.kind.value(at));
        let even = || {
            let first = round_step((ends[1] - ends[0]) / f64::from((rows / 2).max(1)));
            let steps = std::iter::successors(Some(first), |step| Some(round_step(step * 1.5)));
            let steps = steps.take(ROUND_STEPS);
            steps.map(|step| multiples(step, ends)).collect()
        };
        let sets: Vec<Vec<f64>> = match self.kind {
            Kind::Linear | Kind::Log if rows < 5 => Vec::new(),
            Kind::Linear | Kind::Signed => even(),
            Kind::SignedLog if ends[1] - ends[0] < SIGNED_DECADES_FROM => even(),
            Kind::SignedLog => Self::signed_tick_sets(ends),
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

    /// Returns candidate sets of labels for a signed log axis, the densest first: 0 and powers of ten of both signs, of which
    /// the largest is always one; at last only 0 and that one.
    fn signed_tick_sets(ends: [f64; 2]) -> Vec<Vec<f64>> {
        let most = ends[0].abs().max(ends[1].abs());
        let last = (most * (1.0 + EDGE)).log10().floor() as i32;
        let sets = (1..=MOST_APART).map(|every| {
            let powers = (0..).map(|at| last - at * every);
            let powers = powers.take_while(|&power| 10f64.powi(power) >= NEAREST_LABEL);
            let powers: Vec<f64> = powers.map(|power| 10f64.powi(power)).collect();
            let negative = powers.iter().map(|power| -power);
            let positive = powers.iter().rev().copied();
            let all = negative.chain([0.0]).chain(positive);
            let (low, high) = (ends[0] * (1.0 + EDGE), ends[1] * (1.0 + EDGE));
            all.filter(|value| (low..=high).contains(value)).collect()
        });
        let largest = 10f64.powi(last);
        let two = if -ends[0] > ends[1] {
            vec![-largest, 0.0]
        } else {
            vec![0.0, largest]
        };
        sets.chain([two]).collect()
    }

    /// Returns the (height, value) of each value.
    fn tick_positions(&self, values: &[f64]) -> Vec<(f64, f32)> {
        let height = |value: f64| (self.kind.along(value) - self.low) / (self.high - self.low);
        let placed = values.iter();
        placed
            .map(|&value| (height(value).clamp(0.0, 1.0), value as f32))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn labels_of_a_signed_log_axis_are_0_and_powers_of_ten() {
        let labels = |low, high, rows| -> Vec<f32> {
            let scale = Scale::over(Kind::SignedLog, [low, high].into_iter()).unwrap();
            let ticks = scale.ticks(rows);
            assert!(ticks.is_sorted_by(|a, b| a.0 < b.0), "{ticks:?}");
            ticks.into_iter().map(|tick| tick.1).collect()
        };
        assert_eq!(
            labels(-120.0, 0.5, 18),
            [-100.0, -10.0, -1.0, -0.1, -0.01, 0.0, 0.01, 0.1]
        );
        assert_eq!(labels(-3e5, -2.0, 6), [-1e6, -1e3, -1.0, 0.0]);
        assert_eq!(labels(0.0, 0.02, 18), [0.0, 0.01, 0.02]);
        // Near its end there is no room for a label between.
        assert_eq!(labels(0.0, 0.02, 6), [0.0, 0.02]);
        for (low, high) in [
            (-1e-7, 1e-7),
            (0.0, 1e9),
            (-0.3, 0.0),
            (2.0, 3.0),
            (-1e3, 1e3),
        ] {
            for rows in 2..40 {
                assert!(labels(low, high, rows).len() >= 2, "{low} {high} {rows}");
            }
        }
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
