//! Memory that a task works in, kept by its thread for the next task, whatever that does.

use std::{
    cell::Cell,
    ops::{Deref, DerefMut, Range},
};

use super::buffers::{LINE, aligned};

thread_local! {
    static IDLE: Cell<Vec<f32>> = const { Cell::new(Vec::new()) };
}

/// Numbers of unspecified content.
pub struct Scratch {
    data: Vec<f32>,
    range: Range<usize>,
}

/// `length` numbers, whatever they are: the thread's memory where nothing else on it has that, else new memory.
pub fn take(length: usize) -> Scratch {
    let mut data = IDLE.take();
    if data.len() < length + LINE - 1 {
        // Nothing of the old is wanted: it goes before the new comes.
        drop(std::mem::take(&mut data));
        data = vec![0.0; length + LINE - 1];
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
        // A thread that ends has no place for it any more: then it is simply freed.
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
    fn memory_is_used_again_and_grows() {
        let mut first = take(100);
        first.fill(1.0);
        let place = first.as_ptr();
        // Taken while the first is in use: other memory.
        assert_ne!(take(10).as_ptr(), place);
        drop(first);
        let again = take(50);
        assert_eq!((again.as_ptr(), again.len(), again[0]), (place, 50, 1.0));
        drop(again);
        let larger = take(1000);
        assert_eq!(larger.len(), 1000);
        drop(larger);
        assert_eq!(IDLE.take().len(), 1000 + LINE - 1);
    }
}
