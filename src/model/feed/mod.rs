//! Data that a worker publishes and front ends read: snapshot, curves, notices.

pub(crate) mod closing;
pub(crate) mod requests;

mod curves;

pub(crate) use closing::Stage;
pub(crate) use requests::Requests;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{History, Load, Notice, Snapshot};
use closing::Closing;
pub(crate) use curves::{Curves, Entry};

/// Number of notices kept for readers.
const NOTICES: usize = 64;

/// The latest snapshot, curves and notices of a run, shared by its worker and its front ends.
///
/// While it trains, the worker never waits for a lock that a front end holds.
#[derive(Debug)]
pub struct Feed {
    snapshot: Mutex<Arc<Snapshot>>,
    history: Mutex<History>,
    branch: Mutex<Option<Arc<Branch>>>,
    /// The last [`NOTICES`].
    notices: Mutex<VecDeque<Notice>>,
    /// Steps made; it may be ahead of the snapshot.
    steps: AtomicU64,
    closing: Arc<Closing>,
}

impl Feed {
    /// Creates a feed without curves and notices.
    pub fn new(snapshot: Snapshot) -> Self {
        Self::ending_with(snapshot, Arc::default())
    }

    /// Creates a feed without curves and notices, of a run that shares the state of its ending with others.
    pub fn ending_with(snapshot: Snapshot, closing: Arc<Closing>) -> Self {
        Self {
            snapshot: Mutex::new(Arc::new(snapshot)),
            history: Mutex::default(),
            branch: Mutex::default(),
            notices: Mutex::default(),
            steps: AtomicU64::new(0),
            closing,
        }
    }

    /// Returns the state of the run's ending.
    pub fn closing(&self) -> &Arc<Closing> {
        &self.closing
    }

    /// Returns the number of steps made so far.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Stores the number of steps made.
    pub fn stepped(&self, steps: u64) {
        self.steps.store(steps, Ordering::Relaxed);
    }

    /// Returns the latest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&lock(&self.snapshot))
    }

    /// Returns a copy of all curves.
    pub fn history(&self) -> History {
        lock(&self.history).clone()
    }

    /// Calls `read` with the curves, without copying them. New points wait until it returns; the worker does not.
    pub fn read_history<T>(&self, read: impl FnOnce(&History) -> T) -> T {
        read(&lock(&self.history))
    }

    /// Returns the curves of the branch that the run abandoned last, if any.
    pub fn branch(&self) -> Option<Arc<Branch>> {
        lock(&self.branch).clone()
    }

    /// Turns all curves into an abandoned branch that ends at `step`, and starts empty curves.
    pub fn leave(&self, step: u64) {
        let history = std::mem::take(&mut *lock(&self.history));
        if history.iter().next().is_some() {
            *lock(&self.branch) = Some(Arc::new(Branch { step, history }));
        }
    }

    /// Returns the kept notices with numbers above `after`, oldest first.
    pub fn notices(&self, after: u64) -> Vec<Notice> {
        let notices = lock(&self.notices);
        let later = notices.iter().filter(|notice| notice.number > after);
        later.cloned().collect()
    }

    /// Adds a notice and drops the oldest one if there are too many.
    pub fn notice(&self, notice: Notice) {
        let mut notices = lock(&self.notices);
        if notices.len() == NOTICES {
            notices.pop_front();
        }
        notices.push_back(notice);
    }

    /// Updates an earlier copy of the curves. Fast if the copy is recent.
    pub fn catch_up(&self, history: &mut History) {
        history.catch_up(&lock(&self.history));
    }

    /// Replaces the snapshot except its load. Waits for readers.
    pub fn publish(&self, snapshot: Snapshot) {
        replace(&mut lock(&self.snapshot), snapshot);
    }

    /// Replaces the snapshot except its load, unless a reader holds the lock. Returns whether it was replaced.
    pub fn try_publish(&self, snapshot: Snapshot) -> bool {
        let free = try_lock(&self.snapshot).map(|mut latest| replace(&mut latest, snapshot));
        free.is_some()
    }

    /// Replaces the load of the device, which another thread measures. An equal load leaves the snapshot unchanged.
    pub fn load(&self, load: Load) {
        let mut latest = lock(&self.snapshot);
        if latest.load != load {
            Arc::make_mut(&mut latest).load = load;
        }
    }
}

fn replace(latest: &mut Arc<Snapshot>, snapshot: Snapshot) {
    *latest = Arc::new(Snapshot {
        load: latest.load,
        ..snapshot
    });
}

/// Curves that a run abandoned when it went back to an earlier step.
#[derive(Debug)]
pub struct Branch {
    /// Last step of the branch.
    pub step: u64,
    /// The curves up to now.
    pub history: History,
}

/// Locks a mutex, poisoned or not: every change of the data is complete in itself.
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
    use crate::{model::Updates, run::fake};

    #[test]
    fn a_reader_that_holds_the_lock_delays_nothing_and_loses_nothing() {
        let whole = |step| Entry::Measures(Arc::new(fake::measures(step)), Updates::Both);
        let feed = Feed::new(fake::snapshot());
        let mut curves = Curves::default();
        let snapshot = lock(&feed.snapshot);
        let history = lock(&feed.history);
        assert!(!feed.try_publish(fake::snapshot()));
        for step in 1..=3 {
            curves.push(&feed, whole(step));
        }
        drop((snapshot, history));
        assert!(feed.try_publish(fake::snapshot()));
        curves.push(&feed, whole(4));

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

    #[test]
    fn the_load_is_kept_by_new_snapshots_and_stored_once() {
        let feed = Feed::new(fake::snapshot());
        let before = feed.snapshot();
        let load = Load {
            share: Some(97),
            memory: Some(38_000_000),
            total: None,
        };
        feed.load(load);
        let after = feed.snapshot();
        assert_eq!((before.load, after.load), (Load::default(), load));
        assert!(!Arc::ptr_eq(&before, &after));
        feed.load(load);
        assert!(Arc::ptr_eq(&after, &feed.snapshot()));
        feed.publish(fake::snapshot());
        assert!(feed.try_publish(fake::snapshot()));
        assert_eq!(feed.snapshot().load, load);
    }

    #[test]
    fn a_step_of_one_network_has_no_points_of_the_other() {
        let feed = Feed::new(fake::snapshot());
        let mut curves = Curves::default();
        let mut measures = fake::measures(1);
        measures.gradient_norm = vec![("d.0".into(), 1.0), ("g.0".into(), f32::NAN)];
        measures.loss_g = f32::NAN;
        curves.push(
            &feed,
            Entry::Measures(Arc::new(measures), Updates::Discriminator),
        );
        curves.push(&feed, Entry::Figures(1, vec![("exact.d.0".into(), 2.0)]));
        let history = feed.history();
        for name in ["loss_d", "sigma.d.0", "gradient_norm.d.0", "exact.d.0"] {
            assert!(history.get(name).is_some(), "{name}");
        }
        for name in ["loss_g", "grad_x_mean", "gradient_norm.g.0"] {
            assert!(history.get(name).is_none(), "{name}");
        }
    }
}
