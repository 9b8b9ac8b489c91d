//! The difference of two curves at the same steps.

use super::{
    Series,
    series::{Bucket, group},
};

impl Series {
    /// The curve of this one minus `from`: their difference at each step that both have, and where only buckets are left of
    /// the steps, the difference of the means of the same steps. It is not finite where one of them is not.
    ///
    /// Steps at the edge of a bucket that has more steps in one curve than in the other are left out, so a curve minus an
    /// equal one that begins later is 0 everywhere.
    pub fn minus(&self, from: &Self) -> Self {
        let width = self.width().max(from.width());
        let mut of = Self::with_width(&self.name, width);
        // Up to the group of buckets from which on both have single points.
        let exact = [self, from].map(|series| match series.recent.front() {
            Some(&(step, _)) if Some(step) > series.buckets.first().map(|b| b.first) => {
                group(step, width) + 1
            }
            _ => 0,
        });
        let exact = exact[0].max(exact[1]);
        let coarse = |series: &Self| {
            let buckets = series.buckets.iter();
            let early = buckets.take_while(|bucket| group(bucket.first, width) < exact);
            merged(early, width)
        };
        let (own, base) = (coarse(self), coarse(from));
        let mut base = base.iter().peekable();
        for bucket in &own {
            while base.next_if(|b| b.last < bucket.first).is_some() {}
            if let Some(difference) = base.peek().and_then(|b| bucket.minus(b)) {
                of.buckets.push(difference);
            }
        }
        let mut base = from.recent.iter().peekable();
        let points = self.recent.iter();
        for &(step, value) in points.skip_while(|point| group(point.0, width) < exact) {
            while base.next_if(|point| point.0 < step).is_some() {}
            if let Some(&&(_, other)) = base.peek().filter(|point| point.0 == step) {
                of.push(step, value - other);
            }
        }
        of
    }
}

/// Merges the buckets of each group of `width` steps.
fn merged<'a>(buckets: impl Iterator<Item = &'a Bucket>, width: u64) -> Vec<Bucket> {
    let mut all: Vec<Bucket> = Vec::new();
    for bucket in buckets {
        match all.last_mut() {
            Some(last) if group(last.first, width) == group(bucket.first, width) => {
                last.merge(bucket);
            }
            _ => all.push(*bucket),
        }
    }
    all
}

impl Bucket {
    /// The difference of the means of two buckets of the same steps; `None` if they are not. What is not finite in one of
    /// them counts as not finite.
    fn minus(&self, from: &Self) -> Option<Self> {
        let count = |bucket: &Self| bucket.finite + bucket.non_finite;
        let same = (self.first, self.last, count(self)) == (from.first, from.last, count(from));
        let mean = self.mean().zip(from.mean());
        let mean = mean.map(|(of, from)| f64::from(of) - f64::from(from));
        let finite = self.finite.min(from.finite);
        let value = mean.map(|mean| mean as f32);
        same.then(|| Self {
            first: self.first,
            last: self.last,
            min: value.unwrap_or(f32::INFINITY),
            max: value.unwrap_or(f32::NEG_INFINITY),
            sum: mean.map_or(0.0, |mean| mean * finite as f64),
            finite,
            non_finite: count(self) - finite,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::History;

    fn series(points: impl IntoIterator<Item = (u64, f32)>) -> Series {
        let mut history = History::default();
        for (step, value) in points {
            history.push("x", step, value);
        }
        history.get("x").unwrap().clone()
    }

    /// A noisy curve.
    fn noise(step: u64) -> f32 {
        ((step * 2_654_435_761) % 1_000) as f32 / 100.0
    }

    #[test]
    fn a_curve_minus_an_equal_one_that_begins_later_is_zero() {
        for last in [700, 1_024, 1_500, 9_000, 70_001] {
            let whole = series((1..=last).map(|step| (step, noise(step))));
            for first in [1, 2, 400, 699, 1_000, 5_555] {
                let later = series((first..=last.max(first)).map(|step| (step, noise(step))));
                let apart = later.minus(&whole);
                let zero = |bucket: &Bucket| bucket.min == 0.0 && bucket.max == 0.0;
                assert!(apart.buckets.iter().all(zero), "{first} {last}");
                if first <= last {
                    assert_eq!(apart.recent.back(), Some(&(last, 0.0)));
                    // Only steps of the first group of buckets are left out.
                    let steps: u64 = apart.buckets.iter().map(|b| b.finite).sum();
                    let width = whole.width();
                    assert!(steps + width > last - first, "{steps} {first} {last}");
                }
            }
        }
    }

    #[test]
    fn a_difference_is_that_of_the_means_of_the_same_steps() {
        let from = series((1..=20_000).map(|step| (step, noise(step))));
        let of = series((3_001..=20_000).map(|step| (step, noise(step) + step as f32)));
        let apart = of.minus(&from);
        for bucket in &apart.buckets {
            let middle = (bucket.first + bucket.last) as f32 / 2.0;
            let mean = bucket.mean().unwrap();
            assert!((mean - middle).abs() < 0.01, "{bucket:?}");
        }
        let covered = apart.buckets.windows(2);
        assert!(
            covered
                .clone()
                .all(|pair| pair[0].last + 1 == pair[1].first)
        );
        assert_eq!(apart.buckets.last().unwrap().last, 20_000);
    }

    #[test]
    fn steps_that_only_one_has_are_left_out() {
        let from = series([(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, 5.0)]);
        let of = series([(2, 1.0), (4, 10.0), (5, f32::NAN), (6, 1.0)]);
        let apart = of.minus(&from);
        let steps: Vec<u64> = apart.recent.iter().map(|point| point.0).collect();
        assert_eq!(steps, [2, 4, 5]);
        assert_eq!((apart.recent[0].1, apart.recent[1].1), (-1.0, 6.0));
        assert!(apart.recent[2].1.is_nan());
        assert!(from.minus(&series([(9, 1.0)])).recent.is_empty());
    }
}
