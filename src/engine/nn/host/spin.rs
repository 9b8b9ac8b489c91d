//! Keeps threads of the pool spinning between parallel regions.
//!
//! A step of a small network has a dozen parallel regions of some tens of microseconds each. A pool thread without work
//! falls asleep in the short gaps between them, and waking it takes as long as its share of the next region.

use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use rayon::Yield;

/// How long a thread spins without work.
const SPIN_TIME: Duration = Duration::from_micros(100);
/// The most threads that spin, besides the caller.
const MAX_SPINNING: usize = 3;

thread_local! {
    static SPINNING: Cell<bool> = const { Cell::new(false) };
}

/// Calls of [`without_spinning`] in progress.
static QUIET: AtomicUsize = AtomicUsize::new(0);

/// Does `work`, during which no thread spins: other trainings keep the threads of the pool busy.
pub(crate) fn without_spinning<R>(work: impl FnOnce() -> R) -> R {
    struct Quiet;
    impl Drop for Quiet {
        fn drop(&mut self) {
            QUIET.fetch_sub(1, Ordering::Relaxed);
        }
    }
    QUIET.fetch_add(1, Ordering::Relaxed);
    let _quiet = Quiet;
    work()
}

/// Lets other threads of the pool spin for [`SPIN_TIME`] in expectation of work. Returns at once.
pub(crate) fn keep_threads_spinning() {
    let Some(caller) = rayon::current_thread_index() else {
        return;
    };
    if QUIET.load(Ordering::Relaxed) > 0 {
        return;
    }
    for _ in 1..rayon::current_num_threads().min(MAX_SPINNING + 1) {
        rayon::spawn(move || {
            if rayon::current_thread_index() != Some(caller) && !SPINNING.replace(true) {
                spin();
                SPINNING.set(false);
            }
        });
    }
}

fn spin() {
    let mut until = Instant::now() + SPIN_TIME;
    while Instant::now() < until {
        match rayon::yield_now() {
            Some(Yield::Executed) => until = Instant::now() + SPIN_TIME,
            _ => std::hint::spin_loop(),
        }
    }
}
