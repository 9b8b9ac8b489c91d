//! The pictures of a lane or run by step: those that the screen has seen, and those that were read from its files.

use std::sync::Arc;

use crate::model::{Samples, Snapshot, snapshot::Picture};

/// The maximum size of the history, in bytes.
pub(super) const MAX_BYTES: usize = 48 << 20;
/// The maximum length of the history.
pub(super) const MAX_COUNT: usize = 400;

/// Samples by step, the latest last. Older ones are thinned out, and only the latest have real samples.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pictures {
    kept: Vec<Picture>,
    /// Those that were read from files when they were last taken over.
    recorded: Option<Arc<[Picture]>>,
}

impl Pictures {
    /// Adds the samples of a new snapshot. An earlier step means another run, whose history begins anew; returns whether it
    /// does.
    pub(crate) fn observe(&mut self, snapshot: &Snapshot) -> bool {
        let latest = snapshot.samples.as_ref();
        let last = self.kept.last().map(|(last, _)| *last);
        let is_other = latest.is_some_and(|latest| last > Some(latest.step()));
        if is_other {
            *self = Self::default();
        }
        self.take_recorded(snapshot);
        if let Some(latest) = latest
            && self.kept.last().map(|(last, _)| *last) != Some(latest.step())
        {
            if let Some((_, before)) = self.kept.last_mut() {
                *before = without_real(before);
            }
            self.kept.push((latest.step(), Arc::clone(latest)));
        }
        while self.kept.len() > MAX_COUNT || self.bytes() > MAX_BYTES && self.kept.len() > 8 {
            self.thin();
        }
        is_other
    }

    /// Adds the pictures that were read from files, up to the latest samples.
    fn take_recorded(&mut self, snapshot: &Snapshot) {
        let known = self.recorded.as_ref();
        if known.is_some_and(|known| Arc::ptr_eq(known, &snapshot.pictures)) {
            return;
        }
        let latest = snapshot.samples.as_deref().map(Samples::step);
        for (step, samples) in snapshot.pictures.iter() {
            let at = self.kept.partition_point(|known| known.0 < *step);
            let is_known = self.kept.get(at).is_some_and(|known| known.0 == *step);
            if !is_known && latest.is_none_or(|latest| *step < latest) {
                self.kept.insert(at, (*step, Arc::clone(samples)));
            }
        }
        self.recorded = Some(Arc::clone(&snapshot.pictures));
    }

    /// Drops every other entry of the older half.
    fn thin(&mut self) {
        let half = self.kept.len() / 2;
        let mut position = 0;
        self.kept.retain(|_| {
            position += 1;
            position > half || position % 2 == 1
        });
    }

    /// Returns the size in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.kept.iter().map(|(_, samples)| bytes(samples)).sum()
    }

    /// Returns the number of pictures.
    pub(super) fn count(&self) -> usize {
        self.kept.len()
    }

    /// Returns the position of the last picture of a step or before it, else of the first.
    pub(super) fn at(&self, step: u64) -> usize {
        let after = self.kept.partition_point(|known| known.0 <= step);
        after.saturating_sub(1)
    }

    /// Returns the step and the samples at a position.
    pub(super) fn get(&self, at: usize) -> Option<(u64, &Arc<Samples>)> {
        self.kept.get(at).map(|(step, samples)| (*step, samples))
    }

    /// Returns the samples of the step that is nearest to this one, of two the earlier.
    pub(crate) fn nearest(&self, step: u64) -> Option<&Samples> {
        let near = self.kept.iter().min_by_key(|known| known.0.abs_diff(step));
        near.map(|(_, samples)| &**samples)
    }
}

/// Returns the samples of a run that were read from its files, of the step that is nearest to this one.
pub(crate) fn nearest_recorded(snapshot: &Snapshot, wanted: u64) -> Option<&Samples> {
    let recorded = snapshot.pictures.iter().map(|(_, samples)| &**samples);
    let all = recorded.chain(snapshot.samples.as_deref());
    all.min_by_key(|samples| samples.step().abs_diff(wanted))
}

fn bytes(samples: &Samples) -> usize {
    match samples {
        Samples::Images { pixels, real, .. } => pixels.iter().chain(real).map(Vec::len).sum(),
        Samples::Points {
            generated, real, ..
        } => (generated.len() + real.len()) * size_of::<[f32; 2]>(),
    }
}

/// Returns the samples without real images, which are the same at every step. Real points are kept: they are drawn in
/// the same picture.
fn without_real(samples: &Arc<Samples>) -> Arc<Samples> {
    match &**samples {
        Samples::Images {
            step,
            channels,
            height,
            width,
            pixels,
            real,
        } if !real.is_empty() => Arc::new(Samples::Images {
            step: *step,
            channels: *channels,
            height: *height,
            width: *width,
            pixels: pixels.clone(),
            real: Vec::new(),
        }),
        _ => Arc::clone(samples),
    }
}
