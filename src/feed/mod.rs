//! Where the worker leaves what front ends read.

pub mod closing;
pub mod requests;

mod curves;

pub use closing::Stage;
pub use requests::Requests;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::model::{History, Load, Notice, Snapshot};
use closing::Closing;
pub use curves::{Curves, Entry};

/// Notices that wait for a reader.
const NOTICES: usize = 64;

/// The latest snapshot and the curves, shared by the worker and its front ends. While it trains, the worker never waits
/// for a lock that a front end holds.
#[derive(Debug)]
pub struct Feed {
    snapshot: Mutex<Arc<Snapshot>>,
    history: Mutex<History>,
    branch: Mutex<Option<Arc<Branch>>>,
    /// The last [`NOTICES`].
    notices: Mutex<VecDeque<Notice>>,
    /// Steps made, which may be some more than the snapshot's.
    steps: AtomicU64,
    closing: Arc<Closing>,
}

impl Feed {
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot: Mutex::new(Arc::new(snapshot)),
            history: Mutex::default(),
            branch: Mutex::default(),
            notices: Mutex::default(),
            steps: AtomicU64::new(0),
            closing: Arc::default(),
        }
    }

    /// How the run comes to its end.
    pub fn closing(&self) -> &Arc<Closing> {
        &self.closing
    }

    /// Steps made, up to the moment.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// So many steps are made.
    pub fn stepped(&self, steps: u64) {
        self.steps.store(steps, Ordering::Relaxed);
    }

    /// The latest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&lock(&self.snapshot))
    }

    /// All curves so far.
    pub fn history(&self) -> History {
        lock(&self.history).clone()
    }

    /// Looks at the curves in their place; their points wait meanwhile, the worker does not.
    pub fn read_history<T>(&self, read: impl FnOnce(&History) -> T) -> T {
        read(&lock(&self.history))
    }

    /// The curves of the branch that was left last; none where none was.
    pub fn branch(&self) -> Option<Arc<Branch>> {
        lock(&self.branch).clone()
    }

    /// Leaves all curves behind as a branch that got as far as `step`, and begins new ones.
    pub fn leave(&self, step: u64) {
        let history = std::mem::take(&mut *lock(&self.history));
        if history.iter().next().is_some() {
            *lock(&self.branch) = Some(Arc::new(Branch { step, history }));
        }
    }

    /// Notices after the one of this number, as far as they are among the last ones.
    pub fn notices(&self, after: u64) -> Vec<Notice> {
        let notices = lock(&self.notices);
        let later = notices.iter().filter(|notice| notice.number > after);
        later.cloned().collect()
    }

    /// Adds a notice.
    pub fn notice(&self, notice: Notice) {
        let mut notices = lock(&self.notices);
        if notices.len() == NOTICES {
            notices.pop_front();
        }
        notices.push_back(notice);
    }

    /// Brings an earlier copy of the curves up to date; takes little time where it is not far behind.
    pub fn catch_up(&self, history: &mut History) {
        history.catch_up(&lock(&self.history));
    }

    /// Replaces the snapshot but for its load, waiting for readers.
    pub fn publish(&self, snapshot: Snapshot) {
        replace(&mut lock(&self.snapshot), snapshot);
    }

    /// The same unless a reader is at it; says whether it did.
    pub fn try_publish(&self, snapshot: Snapshot) -> bool {
        let free = try_lock(&self.snapshot).map(|mut latest| replace(&mut latest, snapshot));
        free.is_some()
    }

    /// Replaces the load, which is not the worker's to tell; where it is as it was, the snapshot stays the same.
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

/// The curves of a run up to where it returned to an earlier step.
#[derive(Debug)]
pub struct Branch {
    /// The step that it got as far as.
    pub step: u64,
    pub history: History,
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
    use crate::{model::Updates, run::fake};

    #[test]
    fn a_reader_that_holds_on_delays_nothing_and_loses_nothing() {
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
    fn the_load_stays_through_snapshots_and_is_news_once() {
        let feed = Feed::new(fake::snapshot());
        let before = feed.snapshot();
        let load = Load {
            share: Some(97),
            memory: Some(38_000_000),
            total: None,
        };
        feed.load(load);
        let told = feed.snapshot();
        assert_eq!((before.load, told.load), (Load::default(), load));
        assert!(!Arc::ptr_eq(&before, &told));
        feed.load(load);
        assert!(Arc::ptr_eq(&told, &feed.snapshot()));
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
