//! A thread that watches a run's directory, so that no screen waits for a file system.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::watched::Watched;
use crate::model::{History, Snapshot};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// A run that is watched until this is dropped.
#[derive(Debug)]
pub(crate) struct Follow {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    snapshot: Mutex<Arc<Snapshot>>,
    history: Mutex<History>,
    /// Rises with every change of the curves.
    version: AtomicU64,
    /// Lines for the person that the screen asks for.
    words: Mutex<Vec<(String, bool)>>,
    over: AtomicBool,
}

impl Follow {
    /// # Errors
    /// What the run was made from cannot be read, or no thread can be started; in words.
    pub(crate) fn start(directory: &Path) -> Result<Self, String> {
        let watched = Watched::new(directory)?;
        let shared = Arc::new(Shared {
            snapshot: Mutex::new(Arc::new(watched.snapshot().clone())),
            history: Mutex::default(),
            version: AtomicU64::new(0),
            words: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let for_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("sn-tui watch".to_owned())
            .spawn(move || follow(watched, &for_thread))
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// The latest snapshot; the same `Arc` as long as nothing changed.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&lock(&self.shared.snapshot))
    }

    /// A copy of the curves.
    pub(crate) fn history(&self) -> History {
        lock(&self.shared.history).clone()
    }

    /// A number that rises with every change of the curves.
    pub(crate) fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }

    /// Has the next snapshot tell the person something.
    pub(crate) fn say(&self, text: &str, error: bool) {
        lock(&self.shared.words).push((text.to_owned(), error));
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        // A thread that hangs in a file system is left behind.
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
        }
    }
}

fn follow(mut watched: Watched, shared: &Shared) {
    while !shared.over.load(Ordering::Acquire) {
        let step = watched.snapshot().step;
        let mut lines = false;
        let words = std::mem::take(&mut *lock(&shared.words));
        let asked = !words.is_empty();
        for (text, error) in words {
            watched.say(text, error);
        }
        let news = watched.look(|_| lines = true) || asked;
        if lines || watched.snapshot().step != step {
            lock(&shared.history).clone_from(&watched.history);
            shared.version.fetch_add(1, Ordering::Release);
        }
        if news {
            *lock(&shared.snapshot) = Arc::new(watched.snapshot().clone());
        }
        thread::park_timeout(PAUSE);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
