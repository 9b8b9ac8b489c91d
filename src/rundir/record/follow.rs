//! A thread that reads a run's directory repeatedly, so that the screen does not wait for the file system.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::watched::WatchedRun;
use crate::{
    model::{History, Snapshot},
    preset::Diagnostic,
};

/// Time between two reads.
const INTERVAL: Duration = Duration::from_millis(250);

/// A run that is read repeatedly, until this is dropped.
#[derive(Debug)]
pub(crate) struct Follower {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Why a run cannot be read repeatedly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    /// The preset of the run cannot be read.
    #[error(transparent)]
    Preset(#[from] Diagnostic),
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

#[derive(Debug)]
struct Shared {
    snapshot: Mutex<Arc<Snapshot>>,
    history: Mutex<History>,
    /// Rises with every change of the snapshot or the curves.
    version: AtomicU64,
    /// Notices to show, and whether each is an error.
    notices: Mutex<Vec<(String, bool)>>,
    /// Whether somebody looks at the pictures of samples.
    pictures: AtomicBool,
    stop: AtomicBool,
}

impl Follower {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the preset of the run cannot be read, or the thread cannot be started.
    pub(crate) fn start(directory: &Path) -> Result<Self, FollowError> {
        let watched = WatchedRun::new(directory)?;
        let shared = Arc::new(Shared {
            snapshot: Mutex::new(Arc::new(watched.snapshot().clone())),
            history: Mutex::default(),
            version: AtomicU64::new(0),
            notices: Mutex::default(),
            pictures: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("sn-tui watch".to_owned())
            .spawn(move || follow(watched, &for_thread))
            .map_err(FollowError::Thread)?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// The latest snapshot. The same `Arc` until something changes.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&lock(&self.shared.snapshot))
    }

    /// A copy of the curves.
    pub(crate) fn history(&self) -> History {
        lock(&self.shared.history).clone()
    }

    /// A number that rises with every change of the snapshot or the curves.
    pub(crate) fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }

    /// Reads the pictures of samples as well from now on, or no more.
    pub(crate) fn watch_pictures(&self, wanted: bool) {
        self.shared.pictures.store(wanted, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Adds a notice to the next snapshot.
    pub(crate) fn notify(&self, text: &str, error: bool) {
        lock(&self.shared.notices).push((text.to_owned(), error));
        self.wake();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // The thread is not joined: it may hang in the file system.
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
        }
    }
}

fn follow(mut watched: WatchedRun, shared: &Shared) {
    while !shared.stop.load(Ordering::Acquire) {
        let step = watched.snapshot().step;
        let mut lines = false;
        let notices = std::mem::take(&mut *lock(&shared.notices));
        let asked = !notices.is_empty();
        for (text, error) in notices {
            watched.notify(text, error);
        }
        let mut news = watched.update(|_| lines = true) || asked;
        let more = shared.pictures.load(Ordering::Acquire) && watched.read_pictures();
        news |= more;
        let curves = lines || watched.snapshot().step != step;
        if curves {
            lock(&shared.history).clone_from(&watched.history);
        }
        if news {
            *lock(&shared.snapshot) = Arc::new(watched.snapshot().clone());
        }
        if curves || news {
            shared.version.fetch_add(1, Ordering::Release);
        }
        if !more {
            thread::park_timeout(INTERVAL);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
