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
    /// Number of values per bucket.
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

    fn merge(&mut self, later: &Bucket) {
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
            buckets: Vec::with_capacity(BUCKETS),
            width: 1,
            taken: 0,
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
            Some(open) if open.finite + open.non_finite < self.width => open.merge(&point),
            _ => {
                if self.buckets.len() == BUCKETS {
                    self.merge_pairs();
                }
                self.buckets.push(point);
            }
        }
    }

    fn merge_pairs(&mut self) {
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
