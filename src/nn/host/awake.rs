//! Threads that wait awake for the next parallel region.
//!
//! A step of a small network is a dozen of regions of some tens of microseconds, with a little between them. A thread
//! of the pool that finds nothing to do falls asleep within that little, and waking it takes as long as its share of
//! the next region.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use rayon::Yield;

/// How long a thread looks for work.
const PATIENCE: Duration = Duration::from_micros(100);
/// Threads that are kept awake besides the caller's.
const MOST: usize = 3;

thread_local! {
    static WAITING: Cell<bool> = const { Cell::new(false) };
}

/// Asks other threads of the pool to look for work a little longer.
pub fn stay_awake() {
    let Some(caller) = rayon::current_thread_index() else {
        return;
    };
    for _ in 1..rayon::current_num_threads().min(MOST + 1) {
        rayon::spawn(move || {
            if rayon::current_thread_index() != Some(caller) && !WAITING.replace(true) {
                wait();
                WAITING.set(false);
            }
        });
    }
}

fn wait() {
    let mut until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match rayon::yield_now() {
            Some(Yield::Executed) => until = Instant::now() + PATIENCE,
            _ => std::hint::spin_loop(),
        }
    }
}
