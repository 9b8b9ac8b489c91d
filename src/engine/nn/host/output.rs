//! An output buffer that several threads write.

/// A pointer to an output buffer, shared by tasks that write disjoint parts of it.
#[derive(Clone, Copy)]
pub(super) struct SharedOutput {
    start: *mut f32,
    length: usize,
}

// SAFETY: the pointer comes from an exclusive borrow that outlives the parallel region, and [`SharedOutput::slice`]
// requires that no two parts in use overlap, so threads never access the same value.
unsafe impl Send for SharedOutput {}
// SAFETY: methods of a shared reference only copy the pointer; see `Send`.
unsafe impl Sync for SharedOutput {}

impl SharedOutput {
    pub(super) fn new(out: &mut [f32]) -> Self {
        Self {
            start: out.as_mut_ptr(),
            length: out.len(),
        }
    }

    /// The `length` values from `offset` on. Panics if they are out of bounds.
    ///
    /// # Safety
    /// The borrow that the pointer was created from must still be active, and nothing else may read or write these
    /// values while the slice is in use.
    pub(super) unsafe fn slice<'a>(self, offset: usize, length: usize) -> &'a mut [f32] {
        let end = offset.checked_add(length);
        assert!(
            end.is_some_and(|end| end <= self.length),
            "part out of bounds"
        );
        // SAFETY: the values are within the borrow (asserted) and not aliased (the caller's obligation).
        unsafe { std::slice::from_raw_parts_mut(self.start.add(offset), length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_the_requested_parts() {
        let mut out = [0.0; 10];
        let target = SharedOutput::new(&mut out);
        // SAFETY: `out` is alive and the parts are disjoint.
        let (a, b) = unsafe { (target.slice(0, 4), target.slice(4, 6)) };
        a.fill(1.0);
        b.fill(2.0);
        assert_eq!(out, [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "part out of bounds")]
    fn a_slice_out_of_bounds_panics() {
        let mut out = [0.0; 10];
        // SAFETY: the call panics before it makes a slice.
        unsafe { SharedOutput::new(&mut out).slice(5, 6) };
    }
}
