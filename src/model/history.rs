//! Curves of bounded memory: the recent window in full, the whole run in buckets of minimum, maximum and mean.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Points kept at full resolution.
pub(crate) const RECENT: usize = 1024;
/// Buckets of the whole run; when they are full, neighbours are merged in pairs.
pub(crate) const BUCKETS: usize = 512;

/// Points by which a copy is known to be one.
const COMPARED: usize = 16;

/// All curves of a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    series: Vec<Series>,
    /// Where the next name is likely to be: steps push theirs in the same order.
    next: usize,
}

impl History {
    /// Adds the value of `name` at `step`; a name never seen before starts a new curve.
    pub fn push(&mut self, name: &str, step: u64, value: f32) {
        let has = |series: &Series| series.name == name;
        let likely = self.series.get(self.next).is_some_and(has);
        let at = if likely {
            self.next
        } else {
            let known = self.series.iter().position(has);
            known.unwrap_or_else(|| {
                self.series.push(Series::new(name));
                self.series.len() - 1
            })
        };
        self.series[at].push(step, value);
        self.next = at + 1;
    }

    /// The curve of this name: that of a measure in the [table](super::measures::table), of a layer with its key
    /// (`loss_d`, `modes`, `sigma.d.0`). In the process that trains also `spread`: how far the samples of each picture
    /// lie from each other beside real ones, which an alarm looks at.
    pub fn get(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }

    /// Becomes what `latest` is, where it is an earlier copy of that by its new points alone.
    pub fn catch_up(&mut self, latest: &Self) {
        self.series.truncate(latest.series.len());
        for (own, latest) in self.series.iter_mut().zip(&latest.series) {
            if !own.follow(latest) {
                own.clone_from(latest);
            }
        }
        let known = self.series.len();
        self.series.extend_from_slice(&latest.series[known..]);
        self.next = latest.next;
    }

    /// All curves in the order of their first value.
    pub fn iter(&self) -> impl Iterator<Item = &Series> {
        self.series.iter()
    }

    /// Adds points to the curve at this place in the order of [`History::iter`]; whether there is one.
    pub fn extend(&mut self, at: usize, points: &[(u64, f32)]) -> bool {
        let series = self.series.get_mut(at);
        series.is_some_and(|series| {
            points
                .iter()
                .for_each(|&(step, value)| series.push(step, value));
            true
        })
    }

    /// Puts a whole curve at this place, in the room of another or behind the last; whether the place and the curve are
    /// such that it can be.
    pub fn put(&mut self, at: usize, series: Series) -> bool {
        let sound = series.is_sound() && at <= self.series.len();
        if sound {
            match self.series.get_mut(at) {
                Some(old) => *old = series,
                None => self.series.push(series),
            }
        }
        sound
    }
}

/// One curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub name: String,
    /// (step, value), the last [`RECENT`]; values may be non-finite.
    pub recent: VecDeque<(u64, f32)>,
    /// The whole run, in order.
    pub buckets: Vec<Bucket>,
    /// Values that a new bucket takes before the next one is opened.
    width: u64,
    /// Values so far.
    taken: u64,
}

/// A stretch of one curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    pub first: u64,
    pub last: u64,
    /// Of the finite values; `min > max` where there are none.
    pub min: f32,
    pub max: f32,
    /// Sum of the finite values and their number.
    pub sum: f64,
    pub finite: u64,
    /// NaNs and infinities.
    pub non_finite: u64,
}

impl Bucket {
    fn of(step: u64, value: f32) -> Self {
        let finite = value.is_finite();
        Self {
            first: step,
            last: step,
            min: if finite { value } else { f32::INFINITY },
            max: if finite { value } else { f32::NEG_INFINITY },
            sum: if finite { value as f64 } else { 0.0 },
            finite: finite as u64,
            non_finite: !finite as u64,
        }
    }

    fn merge(&mut self, later: &Bucket) {
        self.last = later.last;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.sum += later.sum;
        self.finite += later.finite;
        self.non_finite += later.non_finite;
    }

    /// Mean of the finite values; none where there are none.
    pub fn mean(&self) -> Option<f32> {
        (self.finite > 0).then(|| (self.sum / self.finite as f64) as f32)
    }
}

impl Series {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            recent: VecDeque::with_capacity(RECENT),
            buckets: Vec::with_capacity(BUCKETS),
            width: 1,
            taken: 0,
        }
    }

    /// The last value.
    pub fn last(&self) -> Option<f32> {
        self.recent.back().map(|&(_, value)| value)
    }

    /// Values that it has taken so far.
    pub fn count(&self) -> u64 {
        self.taken
    }

    /// Whether it keeps to its bounds; one that came from elsewhere may not.
    fn is_sound(&self) -> bool {
        // More values than a run will ever make.
        let most = 1 << 48;
        let bucket = |bucket: &Bucket| {
            bucket.first <= bucket.last && bucket.finite.max(bucket.non_finite) <= most
        };
        self.recent.len() <= RECENT
            && self.buckets.len() <= BUCKETS
            && (1..=most).contains(&self.width)
            && self.buckets.iter().all(bucket)
            && self.taken <= most
    }

    /// Takes the points that `latest` has more; whether this is an earlier copy of it, as far as its recent points tell.
    fn follow(&mut self, latest: &Self) -> bool {
        let new = latest.taken.checked_sub(self.taken);
        let new = new.and_then(|new| usize::try_from(new).ok());
        let known = new.and_then(|new| latest.recent.len().checked_sub(new));
        let Some(known) = known.filter(|&known| known > 0 && self.name == latest.name) else {
            return false;
        };
        let old = latest.recent.range(known.saturating_sub(COMPARED)..known);
        let own = self.recent.iter().rev();
        let same =
            |(a, b): (&(u64, f32), &(u64, f32))| a.0 == b.0 && a.1.to_bits() == b.1.to_bits();
        if !old.rev().zip(own).all(same) {
            return false;
        }
        for &(step, value) in latest.recent.range(known..) {
            self.push(step, value);
        }
        true
    }

    fn push(&mut self, step: u64, value: f32) {
        self.taken = self.taken.saturating_add(1);
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((step, value));
        let point = Bucket::of(step, value);
        match self.buckets.last_mut() {
            Some(open) if open.finite + open.non_finite < self.width => open.merge(&point),
            _ => {
                if self.buckets.len() == BUCKETS {
                    self.halve();
                }
                self.buckets.push(point);
            }
        }
    }

    fn halve(&mut self) {
        self.buckets = self
            .buckets
            .chunks(2)
            .map(|pair| {
                let mut bucket = pair[0];
                pair[1..].iter().for_each(|later| bucket.merge(later));
                bucket
            })
            .collect();
        self.width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_keeps_its_spikes_in_bounded_memory() {
        let mut history = History::default();
        for step in 1..=100_000 {
            let value = if step == 31_415 { 1e6 } else { 1.0 };
            history.push("loss_d", step, value);
        }
        let series = history.get("loss_d").unwrap();
        assert!(series.buckets.len() <= BUCKETS && series.recent.len() == RECENT);
        assert_eq!(
            series.buckets.iter().map(|b| b.finite).sum::<u64>(),
            100_000
        );
        assert!(series.buckets.iter().any(|b| b.max == 1e6));
        assert!(
            series
                .buckets
                .windows(2)
                .all(|w| w[0].last + 1 == w[1].first)
        );
    }

    /// As text, in which NaNs are equal.
    fn text(history: &History) -> String {
        format!("{history:?}")
    }

    #[test]
    fn a_copy_catches_up_whatever_has_come_meanwhile() {
        let (mut history, mut copy) = (History::default(), History::default());
        let mut step = 0;
        // Nothing, less and more than is kept in full, and buckets that merge.
        for new in [0, 1, 0, 7, 700, 1, 1023, 1024, 1025, 5000, 3] {
            for _ in 0..new {
                step += 1;
                let value = if step % 50 == 0 {
                    f32::NAN
                } else {
                    step as f32
                };
                history.push("loss_d", step, value);
                if step % 10 == 0 {
                    history.push("diversity", step, value);
                }
                if step > 800 {
                    history.push(&format!("late.{}", step / 4000), step, value);
                }
            }
            copy.catch_up(&history);
            assert_eq!(text(&copy), text(&history), "at {step}");
        }
    }

    #[test]
    fn a_copy_of_other_curves_is_none() {
        let of = |name: &str, from: u64, to: u64| {
            let mut history = History::default();
            (from..=to).for_each(|step| history.push(name, step, step as f32));
            history
        };
        for (latest, mut copy) in [
            (of("x", 1, 90), of("x", 1, 100)),
            (of("x", 1, 100), of("x", 2, 80)),
            (of("x", 1, 100), of("y", 1, 80)),
            (History::default(), of("y", 1, 80)),
        ] {
            copy.catch_up(&latest);
            assert_eq!(text(&copy), text(&latest));
        }
    }

    #[test]
    fn non_finite_values_are_counted_and_never_bound_the_axis() {
        let mut history = History::default();
        history.push("loss_d", 1, f32::NAN);
        let bucket = history.get("loss_d").unwrap().buckets[0];
        assert_eq!((bucket.non_finite, bucket.mean()), (1, None));
    }
}
