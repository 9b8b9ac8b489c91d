//! Records the largest single allocation of the test process since the last check, over all its tests.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Watched = Watched;

// SAFETY: each method passes its arguments unchanged to `System`, which meets the contract of `GlobalAlloc`, and
// recording a size neither allocates nor panics.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Relaxed);
        // SAFETY: the caller guarantees what `System.alloc` requires: a layout of non-zero size.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Relaxed);
        // SAFETY: the caller guarantees what `System.alloc_zeroed` requires: a layout of non-zero size.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Relaxed);
        // SAFETY: `pointer` came from `System` with `layout`, because every allocation does, and the caller guarantees
        // the rest.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System` with `layout`, because every allocation does, and the caller guarantees
        // the rest.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Fails if anything larger than a decoder's allowance, expanded to four channels, was allocated.
pub fn assert_small() {
    let largest = LARGEST.swap(0, Relaxed);
    assert!(largest <= 80 << 20, "{largest} bytes at once");
}
