//! An output whose parts are written by different threads.

/// A shared pointer to an output whose parts are written by different threads.
#[derive(Clone, Copy)]
pub struct Output {
    start: *mut f32,
    length: usize,
}

// SAFETY: an `Output` is made from an exclusive borrow that outlives the parallel region, and every task of the region
// writes to parts of it that no other task touches.
unsafe impl Send for Output {}
// SAFETY: as above.
unsafe impl Sync for Output {}

impl Output {
    pub fn new(out: &mut [f32]) -> Self {
        Self {
            start: out.as_mut_ptr(),
            length: out.len(),
        }
    }

    /// `length` numbers from `offset`; panics where they do not lie in the borrow.
    ///
    /// # Safety
    /// The borrow that the pointer was made from lasts, and nothing else reads or writes these numbers meanwhile.
    pub unsafe fn slice<'a>(self, offset: usize, length: usize) -> &'a mut [f32] {
        let end = offset.checked_add(length);
        assert!(
            end.is_some_and(|end| end <= self.length),
            "part beyond its output"
        );
        // SAFETY: they lie in the borrow, and nobody else has them: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(offset), length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_asked_for() {
        let mut out = [0.0; 10];
        let target = Output::new(&mut out);
        // SAFETY: `out` lives and the parts are disjoint.
        let (a, b) = unsafe { (target.slice(0, 4), target.slice(4, 6)) };
        a.fill(1.0);
        b.fill(2.0);
        assert_eq!(out, [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "part beyond its output")]
    fn a_part_beyond_its_output_is_refused() {
        let mut out = [0.0; 10];
        // SAFETY: it panics first.
        unsafe { Output::new(&mut out).slice(5, 6) };
    }
}
