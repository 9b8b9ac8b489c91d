//! One curve and its buckets.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{BUCKETS, RECENT};

/// Number of points that are compared to recognize an earlier copy of a curve.
const COMPARED: usize = 16;

/// One curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Name of the curve.
    pub name: String,
    /// The last 1,024 points as (step, value). Values may be non-finite.
    pub recent: VecDeque<(u64, f32)>,
    /// The whole run, in order of steps.
    pub buckets: Vec<Bucket>,
    /// Number of steps per bucket.
    width: u64,
    /// Total number of values.
    taken: u64,
}

/// Summary of consecutive points of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Step of the first point.
    pub first: u64,
    /// Step of the last point.
    pub last: u64,
    /// Minimum of the finite values; infinity if there are none.
    pub min: f32,
    /// Maximum of the finite values; negative infinity if there are none.
    pub max: f32,
    /// Sum of the finite values.
    pub sum: f64,
    /// Number of finite values.
    pub finite: u64,
    /// Number of NaNs and infinities.
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
            sum: if finite { f64::from(value) } else { 0.0 },
            finite: u64::from(finite),
            non_finite: u64::from(!finite),
        }
    }

    pub(super) fn merge(&mut self, later: &Bucket) {
        self.last = later.last;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.sum += later.sum;
        self.finite += later.finite;
        self.non_finite += later.non_finite;
    }

    /// Mean of the finite values; `None` if there are none.
    pub fn mean(&self) -> Option<f32> {
        (self.finite > 0).then(|| (self.sum / self.finite as f64) as f32)
    }
}

impl Series {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            recent: VecDeque::with_capacity(RECENT),
            buckets: Vec::with_capacity(BUCKETS + 1),
            width: 1,
            taken: 0,
        }
    }

    /// An empty curve with buckets of `width` steps.
    pub(super) fn with_width(name: &str, width: u64) -> Self {
        Self {
            width,
            ..Self::new(name)
        }
    }

    /// The last value; `None` if the curve is empty.
    pub fn last(&self) -> Option<f32> {
        self.recent.back().map(|&(_, value)| value)
    }

    /// Total number of values so far.
    pub fn count(&self) -> u64 {
        self.taken
    }

    /// Whether the curve respects its bounds. A curve that was received from another process may not.
    pub(super) fn is_valid(&self) -> bool {
        // More values than a run ever has.
        let max = 1 << 48;
        let bucket = |bucket: &Bucket| {
            bucket.first <= bucket.last && bucket.finite.max(bucket.non_finite) <= max
        };
        self.recent.len() <= RECENT
            && self.buckets.len() <= BUCKETS
            && (1..=max).contains(&self.width)
            && self.buckets.iter().all(bucket)
            && self.taken <= max
    }

    /// The mean of the finite values of the steps from `first` to `last`, or NaN if there are none; `None` if the curve has
    /// no values of these steps, or none apart from those of other steps.
    pub fn mean_of(&self, (first, last): (u64, u64)) -> Option<f32> {
        let has_points = self.recent.front().is_some_and(|point| point.0 <= first);
        let points = self.recent.iter().filter(|_| has_points);
        let points = points.map(|&(step, value)| Bucket::of(step, value));
        let buckets = self.buckets.iter().copied().filter(|_| !has_points);
        let within = |bucket: &Bucket| bucket.first >= first && bucket.last <= last;
        let whole = points.chain(buckets).filter(within);
        let whole = whole.reduce(|mut whole, bucket| {
            whole.merge(&bucket);
            whole
        })?;
        let same = (whole.first, whole.last) == (first, last);
        same.then(|| whole.mean().unwrap_or(f32::NAN))
    }

    /// Appends the points that only `latest` has. Returns false, and appends nothing, unless the overlapping points of
    /// both curves agree.
    pub(super) fn append_new(&mut self, latest: &Self) -> bool {
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

    pub(super) fn push(&mut self, step: u64, value: f32) {
        self.taken = self.taken.saturating_add(1);
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((step, value));
        let point = Bucket::of(step, value);
        match self.buckets.last_mut() {
            Some(open) if group(open.first, self.width) == group(step, self.width) => {
                open.merge(&point);
            }
            _ => self.buckets.push(point),
        }
        while self.buckets.len() > BUCKETS {
            self.width = self.width.saturating_mul(2);
            self.merge();
        }
    }

    /// Number of steps per bucket. Buckets of all curves begin at the same steps, so those of a lane that was split off late
    /// can be compared with those of the run.
    pub(super) fn width(&self) -> u64 {
        self.width
    }

    /// Merges the buckets of the same group of steps.
    fn merge(&mut self) {
        let width = self.width;
        self.buckets.dedup_by(|later, bucket| {
            let same = group(bucket.first, width) == group(later.first, width);
            if same {
                bucket.merge(later);
            }
            same
        });
    }
}

/// The number of the group of `width` steps that a step is in, from 0. Steps count from 1.
pub(super) fn group(step: u64, width: u64) -> u64 {
    step.saturating_sub(1) / width.max(1)
}
