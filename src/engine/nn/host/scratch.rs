//! Scratch memory of a task. Its thread keeps it for the next task.

use std::{
    cell::Cell,
    ops::{Deref, DerefMut, Range},
};

use super::buffers::{CACHE_LINE, aligned};

thread_local! {
    static IDLE: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// A slice of scratch memory with unspecified contents. Dropping it returns the memory to the thread.
pub(super) struct Scratch {
    data: Vec<f32>,
    range: Range<usize>,
}

/// Takes `length` values of the thread's scratch memory; allocates if that is too small or in use.
pub(super) fn take(length: usize) -> Scratch {
    let mut data = IDLE.take();
    if data.len() < length + CACHE_LINE - 1 {
        // The old memory is freed before the new is allocated.
        drop(std::mem::take(&mut data));
        data = vec![0.0; length + CACHE_LINE - 1];
    }
    let range = aligned(&data, length);
    Scratch { data, range }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.data[self.range.clone()]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[self.range.clone()]
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        // A thread that is ending has dropped its slot: then the memory is freed.
        let _ = IDLE.try_with(|idle| {
            let other = idle.take();
            idle.set(if data.len() < other.len() {
                other
            } else {
                data
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reused_and_grows() {
        let mut first = take(100);
        first.fill(1.0);
        let place = first.as_ptr();
        // The first is in use, so this is other memory.
        assert_ne!(take(10).as_ptr(), place);
        drop(first);
        let again = take(50);
        assert_eq!((again.as_ptr(), again.len(), again[0]), (place, 50, 1.0));
        drop(again);
        let larger = take(1000);
        assert_eq!(larger.len(), 1000);
        drop(larger);
        assert_eq!(IDLE.take().len(), 1000 + CACHE_LINE - 1);
    }
}
