//! Where the worker leaves what front ends read.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use super::{History, Snapshot};
use crate::metric::Measures;

/// The latest snapshot and the curves, shared by the worker and its front ends. While it trains, the worker never waits
/// for a lock that a front end holds.
#[derive(Debug)]
pub struct Feed {
    snapshot: Mutex<Arc<Snapshot>>,
    history: Mutex<History>,
}

impl Feed {
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot: Mutex::new(Arc::new(snapshot)),
            history: Mutex::default(),
        }
    }

    /// The latest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&lock(&self.snapshot))
    }

    /// All curves so far.
    pub fn history(&self) -> History {
        lock(&self.history).clone()
    }

    /// Replaces the snapshot, waiting for readers.
    pub fn publish(&self, snapshot: Snapshot) {
        *lock(&self.snapshot) = Arc::new(snapshot);
    }

    /// Replaces the snapshot unless a reader is at it; says whether it did.
    pub fn try_publish(&self, snapshot: Snapshot) -> bool {
        let free = try_lock(&self.snapshot).map(|mut latest| *latest = Arc::new(snapshot));
        free.is_some()
    }
}

/// Measures on their way into the curves; they wait here while a front end reads them.
#[derive(Debug, Default)]
pub struct Curves {
    waiting: VecDeque<Arc<Measures>>,
}

impl Curves {
    /// Adds the measures of a step to the curves of `feed`, now or, where a reader is at them, with the next ones.
    pub fn push(&mut self, feed: &Feed, measures: Arc<Measures>) {
        self.waiting.push_back(measures);
        if let Some(mut history) = try_lock(&feed.history) {
            self.drain(&mut history);
        }
    }

    /// Adds what still waits, waiting for readers.
    pub fn flush(&mut self, feed: &Feed) {
        if !self.waiting.is_empty() {
            self.drain(&mut lock(&feed.history));
        }
    }

    fn drain(&mut self, history: &mut History) {
        for measures in self.waiting.drain(..) {
            record(history, &measures);
        }
    }
}

fn record(history: &mut History, measures: &Measures) {
    let step = measures.step;
    for (name, value) in [
        ("loss_d", Some(measures.loss_d)),
        ("loss_g", Some(measures.loss_g)),
        ("d_real", Some(measures.d_real)),
        ("d_fake", Some(measures.d_fake)),
        ("accuracy_real", Some(measures.accuracy_real)),
        ("accuracy_fake", Some(measures.accuracy_fake)),
        ("grad_d", Some(measures.grad_d)),
        ("grad_g", Some(measures.grad_g)),
        ("grad_x_mean", measures.grad_x_mean),
        ("grad_x_max", measures.grad_x_max),
    ] {
        if let Some(value) = value {
            history.push(name, step, value);
        }
    }
    for (kind, layers) in [
        ("sigma", &measures.sigma),
        ("weight_norm", &measures.weight_norm),
    ] {
        for (layer, value) in layers {
            history.push(&format!("{kind}.{layer}"), step, *value);
        }
    }
}

/// Locks whatever became of an earlier holder: the data are replaced or added to as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fake;

    #[test]
    fn a_reader_that_holds_on_delays_nothing_and_loses_nothing() {
        let feed = Feed::new(fake::snapshot());
        let mut curves = Curves::default();
        let snapshot = lock(&feed.snapshot);
        let history = lock(&feed.history);
        assert!(!feed.try_publish(fake::snapshot()));
        for step in 1..=3 {
            curves.push(&feed, Arc::new(fake::measures(step)));
        }
        drop((snapshot, history));
        assert!(feed.try_publish(fake::snapshot()));
        curves.push(&feed, Arc::new(fake::measures(4)));

        let history = feed.history();
        for name in ["loss_d", "grad_x_max", "sigma.d.0", "weight_norm.d.0"] {
            let steps: Vec<u64> = history
                .get(name)
                .unwrap()
                .recent
                .iter()
                .map(|&(step, _)| step)
                .collect();
            assert_eq!(steps, [1, 2, 3, 4], "{name}");
        }
    }
}
