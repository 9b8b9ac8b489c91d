//! Memory that passes hand on to each other.
//!
//! A training step needs the same few sizes over and over; fresh memory for each would cost a page fault for every
//! four kilobytes and a pass of zeros over all of it. A buffer that is dropped goes to the pool of its thread, from
//! which [`take`] serves the next one that fits. What nobody took for the length of [`PATIENCE`] takes is given back to
//! the system, so that memory stays flat while sizes stay the same, and a single large batch does not stay for good.

use std::{
    cell::RefCell,
    collections::VecDeque,
    ops::{Deref, DerefMut, Range},
};

/// Takes after which memory that lay idle is given back: some tens of training steps.
const PATIENCE: u64 = 1 << 12;
/// Numbers in a line of the cache; buffers start at one.
pub const LINE: usize = 16;

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool::new()) };
}

/// Numbers of unspecified content, borrowed from the pool of the thread for as long as they live.
pub struct Buffer {
    data: Vec<f32>,
    range: Range<usize>,
}

/// `length` numbers, whatever they are: each must be written before it is read.
pub fn take(length: usize) -> Buffer {
    let data = POOL.with_borrow_mut(|pool| pool.take(length));
    let range = aligned(&data, length);
    Buffer { data, range }
}

/// The first `length` numbers that begin at a line of the cache; `LINE − 1` more have to be there.
pub fn aligned(data: &[f32], length: usize) -> Range<usize> {
    let start = data.as_ptr().align_offset(LINE * size_of::<f32>());
    // Where no alignment can be had, any start does.
    let start = start.min(LINE - 1);
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
        // A thread that ends has no pool any more: then the memory is simply freed.
        let _ = POOL.try_with(|pool| pool.borrow_mut().put(data));
    }
}

/// Memory that nobody uses, the longest idle first.
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

    /// The memory that was used last among what fits without wasting much; else new memory.
    fn take(&mut self, length: usize) -> Vec<f32> {
        self.takes += 1;
        let due = |idle: &Idle, now: u64| now - idle.since > PATIENCE;
        while self.idle.front().is_some_and(|idle| due(idle, self.takes)) {
            self.idle.pop_front();
        }
        let least = length + LINE - 1;
        let fitting = least..=least + least / 4 + 4 * LINE;
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
    fn a_buffer_starts_at_a_line_and_is_as_long_as_asked_for() {
        for length in [0, 1, 15, 16, 1000] {
            let buffer = take(length);
            assert_eq!(buffer.len(), length);
            assert_eq!(buffer.as_ptr().align_offset(64), 0);
        }
    }

    #[test]
    fn memory_is_used_again_and_what_differs_much_in_size_is_not_mixed_up() {
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
    fn what_is_not_used_for_long_is_given_back() {
        drop(take(1 << 20));
        for _ in 0..PATIENCE + 2 {
            drop(take(64));
        }
        assert!(idle() < 1000, "{}", idle());
    }
}
