//! Curves in bounded memory: recent points in full, the whole run in buckets with minimum, maximum and mean.

mod difference;
mod kept;
mod series;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::Outputs;
pub(crate) use kept::Kept;
pub use series::{Bucket, Series};

/// Maximum number of points of a curve at full resolution.
pub(crate) const RECENT: usize = 1024;
/// Maximum number of buckets of a curve. When all are full, neighbours are merged in pairs.
pub(crate) const BUCKETS: usize = 512;

/// Bytes of a curve with a point for each of `steps` steps.
pub(crate) fn bytes_of_curve(steps: u64) -> usize {
    let most = |count: usize| usize::try_from(steps).unwrap_or(count).min(count);
    most(RECENT) * size_of::<(u64, f32)>() + most(BUCKETS) * size_of::<Bucket>()
}

/// All curves of a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    series: Vec<Series>,
    /// Likely index of the next pushed curve, because every step pushes its values in the same order.
    next: usize,
    /// Recorded histograms of D's output.
    outputs: Kept,
}

impl History {
    /// Appends the value of `name` at `step`. An unknown name starts a new curve.
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

    /// The curve with this name. Names are those of the [table](super::measures::table) of measures, with the key of
    /// the layer if there is one: `loss_d`, `modes`, `sigma.d.0`. The process that trains also has `spread`: the
    /// diversity of each picture of samples relative to real samples, from which an alarm is derived.
    pub fn get(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }

    /// Makes this history equal to `latest`. If this is an earlier copy of it, only the new points are copied.
    pub fn catch_up(&mut self, latest: &Self) {
        self.series.truncate(latest.series.len());
        for (own, latest) in self.series.iter_mut().zip(&latest.series) {
            if !own.append_new(latest) {
                own.clone_from(latest);
            }
        }
        let known = self.series.len();
        self.series.extend_from_slice(&latest.series[known..]);
        self.next = latest.next;
        self.outputs.clone_from(&latest.outputs);
    }

    /// Adds recorded histograms of D's output. Their step is above that of the last ones.
    pub fn push_outputs(&mut self, outputs: Arc<Outputs>) {
        self.outputs.push(outputs);
    }

    /// The last recorded histograms of D's output up to `step`. Of a long run only some are kept.
    pub fn outputs_at(&self, step: u64) -> Option<&Arc<Outputs>> {
        self.outputs.at(step)
    }

    /// All recorded histograms of D's output.
    pub(crate) fn outputs(&self) -> &Kept {
        &self.outputs
    }

    /// Replaces the recorded histograms of D's output. Returns false, and changes nothing, if they are invalid.
    pub(crate) fn put_outputs(&mut self, outputs: Kept) -> bool {
        let valid = outputs.is_valid();
        if valid {
            self.outputs = outputs;
        }
        valid
    }

    /// All curves, in the order of their first value.
    pub fn iter(&self) -> impl Iterator<Item = &Series> {
        self.series.iter()
    }

    /// Appends points to the curve with this index in [`History::iter`]. Returns false if there is no such curve.
    pub fn extend(&mut self, at: usize, points: &[(u64, f32)]) -> bool {
        let series = self.series.get_mut(at);
        series.is_some_and(|series| {
            points
                .iter()
                .for_each(|&(step, value)| series.push(step, value));
            true
        })
    }

    /// Replaces the curve at this index, or appends the curve if the index is the number of curves. Returns false, and
    /// changes nothing, if the index or the curve is invalid.
    pub fn put(&mut self, at: usize, series: Series) -> bool {
        let valid = series.is_valid() && at <= self.series.len();
        if valid {
            match self.series.get_mut(at) {
                Some(old) => *old = series,
                None => self.series.push(series),
            }
        }
        valid
    }
}
