//! A pool of buffers for each thread.
//!
//! A training step needs the same few sizes again and again. Fresh memory would cost a page fault every 4 KiB and a
//! pass that zeroes it. A dropped buffer goes to the pool of its thread, and [`take`] reuses one that fits.
//! Buffers that stay unused for [`MAX_IDLE_TAKES`] calls of [`take`] are freed. Memory therefore stays constant while
//! sizes do, and a single large batch does not keep its memory.

use std::{
    cell::RefCell,
    collections::VecDeque,
    ops::{Deref, DerefMut, Range},
};

/// Calls of [`take`] after which unused memory is freed: some tens of training steps.
const MAX_IDLE_TAKES: u64 = 1 << 12;
/// Values in a cache line. Buffers are aligned to it.
pub(super) const CACHE_LINE: usize = 16;

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool::new()) };
}

/// A slice of values from the pool of a thread. Dropping it returns the memory.
pub struct Buffer {
    data: Vec<f32>,
    range: Range<usize>,
}

/// Takes a buffer of `length` values. Its contents are unspecified: write each value before you read it.
pub(super) fn take(length: usize) -> Buffer {
    let data = POOL.with_borrow_mut(|pool| pool.take(length));
    let range = aligned(&data, length);
    Buffer { data, range }
}

/// Frees the unused memory of this thread.
pub(super) fn release_idle() {
    POOL.with_borrow_mut(|pool| pool.idle.clear());
}

/// The range of the first `length` values of `data` that starts at a cache line. `data` has at least
/// `length + CACHE_LINE − 1` values.
pub(super) fn aligned(data: &[f32], length: usize) -> Range<usize> {
    let start = data.as_ptr().align_offset(CACHE_LINE * size_of::<f32>());
    // `align_offset` may fail; then any start is correct.
    let start = start.min(CACHE_LINE - 1);
    start..start + length
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.data[self.range.clone()]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[self.range.clone()]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        // A thread that is ending has dropped its pool: then the memory is freed.
        let _ = POOL.try_with(|pool| pool.borrow_mut().put(data));
    }
}

/// Unused memory, ordered by time of return.
struct Pool {
    idle: VecDeque<Idle>,
    takes: u64,
}

struct Idle {
    data: Vec<f32>,
    since: u64,
}

impl Pool {
    const fn new() -> Self {
        Self {
            idle: VecDeque::new(),
            takes: 0,
        }
    }

    /// Takes the most recently returned memory that fits without much waste, else allocates.
    fn take(&mut self, length: usize) -> Vec<f32> {
        self.takes += 1;
        let due = |idle: &Idle, now: u64| now - idle.since > MAX_IDLE_TAKES;
        while self.idle.front().is_some_and(|idle| due(idle, self.takes)) {
            self.idle.pop_front();
        }
        let least = length + CACHE_LINE - 1;
        let fitting = least..=least + least / 4 + 4 * CACHE_LINE;
        let found = self
            .idle
            .iter()
            .rposition(|idle| fitting.contains(&idle.data.len()));
        match found.and_then(|place| self.idle.remove(place)) {
            Some(idle) => idle.data,
            None => vec![0.0; least],
        }
    }

    fn put(&mut self, data: Vec<f32>) {
        self.idle.push_back(Idle {
            data,
            since: self.takes,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle() -> usize {
        POOL.with_borrow(|pool| pool.idle.iter().map(|idle| idle.data.len()).sum())
    }

    #[test]
    fn buffers_are_aligned_and_have_the_requested_length() {
        for length in [0, 1, 15, 16, 1000] {
            let buffer = take(length);
            assert_eq!(buffer.len(), length);
            assert_eq!(buffer.as_ptr().align_offset(64), 0);
        }
    }

    #[test]
    fn memory_is_reused_for_similar_sizes_only() {
        let mut first = take(1000);
        first.fill(3.0);
        let place = first.as_ptr();
        drop(first);
        let small = take(10);
        assert_ne!(small.as_ptr(), place);
        let again = take(990);
        assert_eq!((again.as_ptr(), again[0]), (place, 3.0));
        assert_ne!(take(990).as_ptr(), place);
    }

    #[test]
    fn memory_that_stays_unused_is_freed() {
        drop(take(1 << 20));
        for _ in 0..MAX_IDLE_TAKES + 2 {
            drop(take(64));
        }
        assert!(idle() < 1000, "{}", idle());
    }
}
