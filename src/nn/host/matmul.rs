//! Matrix products in tiles of fixed size, over rayon.

use rayon::prelude::*;

/// A matrix in a slice, read with strides.
#[derive(Clone, Copy)]
pub struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// Row-major.
    pub fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// Rows `row_stride` apart, from the start of `data`.
    pub fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        let view = Self {
            data,
            rows,
            columns,
            row_stride,
            column_stride: 1,
        };
        view.check();
        view
    }

    /// Rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    /// `count` rows from `first`.
    fn rows(self, first: usize, count: usize) -> Self {
        Self {
            data: &self.data[(first * self.row_stride).min(self.data.len())..],
            rows: count,
            ..self
        }
    }

    /// `count` columns from `first`.
    pub fn columns(self, first: usize, count: usize) -> Self {
        self.transposed().rows(first, count).transposed()
    }

    fn check(&self) {
        if self.rows > 0 && self.columns > 0 {
            let last = (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride;
            assert!(last < self.data.len(), "matrix larger than its data");
        }
    }
}

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

    /// A pointer to a (rows, columns) matrix with rows `row_stride` apart from `offset`; panics where it does not lie
    /// in the borrow.
    pub fn matrix(self, offset: usize, rows: usize, columns: usize, row_stride: usize) -> *mut f32 {
        let end = match (rows, columns) {
            (0, _) | (_, 0) => offset,
            _ => offset + (rows - 1) * row_stride + columns,
        };
        assert!(end <= self.length, "matrix larger than its output");
        self.start.wrapping_add(offset)
    }

    /// `length` numbers from `offset`; panics where they do not lie in the borrow.
    ///
    /// # Safety
    /// The borrow that the pointer was made from lasts, and nothing else reads or writes these numbers meanwhile.
    pub unsafe fn slice<'a>(self, offset: usize, length: usize) -> &'a mut [f32] {
        let start = self.matrix(offset, 1, length, 0);
        // SAFETY: they lie in the borrow, and nobody else has them: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(start, length) }
    }
}

/// out = a·b, or out + a·b, on the calling thread; `out` points at a (a.rows, b.columns) matrix with rows
/// `row_stride` apart.
///
/// # Safety
/// That matrix lies in one allocation, and nothing else reads or writes it meanwhile.
pub unsafe fn gemm(out: *mut f32, row_stride: usize, accumulate: bool, a: View, b: View) {
    a.check();
    b.check();
    assert_eq!(a.columns, b.rows, "inner sizes of a matrix product");
    // SAFETY: a and b were checked against their slices, out is the caller's promise.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            out,
            1,
            row_stride as isize,
            accumulate,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

const TILE_ROWS: usize = 256;
const TILE_COLUMNS: usize = 128;
/// Multiplications under which a product is not worth another thread.
const SMALL: usize = 1 << 17;

/// out (row-major, a.rows × b.columns) = a·b, or out + a·b, then `finish(row, part of that row)`.
pub fn product(
    out: &mut [f32],
    accumulate: bool,
    a: View,
    b: View,
    finish: impl Fn(usize, &mut [f32]) + Sync,
) {
    let (rows, columns) = (a.rows, b.columns);
    assert_eq!(out.len(), rows * columns, "size of a matrix product");
    let (tiles_down, tiles_across) = (rows.div_ceil(TILE_ROWS), columns.div_ceil(TILE_COLUMNS));
    let target = Output::new(out);
    let tile = |index: usize| {
        let (top, left) = (
            index / tiles_across * TILE_ROWS,
            index % tiles_across * TILE_COLUMNS,
        );
        let (height, width) = (TILE_ROWS.min(rows - top), TILE_COLUMNS.min(columns - left));
        // SAFETY: tiles are disjoint parts of `out`, which is borrowed exclusively.
        unsafe {
            gemm(
                target.matrix(top * columns + left, height, width, columns),
                columns,
                accumulate,
                a.rows(top, height),
                b.columns(left, width),
            );
            for row in top..top + height {
                finish(row, target.slice(row * columns + left, width));
            }
        }
    };
    let tiles = tiles_down * tiles_across;
    if tiles > 1 && rows * columns * a.columns > SMALL {
        (0..tiles).into_par_iter().for_each(tile);
    } else {
        (0..tiles).for_each(tile);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(a: &[f32], b: &[f32], (m, k, n): (usize, usize, usize)) -> Vec<f32> {
        let mut out = vec![0.0; m * n];
        for row in 0..m {
            for column in 0..n {
                out[row * n + column] = (0..k).map(|i| a[row * k + i] * b[i * n + column]).sum();
            }
        }
        out
    }

    #[test]
    #[should_panic(expected = "matrix larger than its output")]
    fn a_matrix_beyond_its_output_is_refused() {
        let mut out = [0.0; 10];
        let target = Output::new(&mut out);
        target.matrix(0, 2, 5, 5);
        target.matrix(1, 2, 4, 5);
        target.matrix(1, 2, 5, 5);
    }

    #[test]
    #[should_panic(expected = "matrix larger than its data")]
    fn a_view_beyond_its_data_is_refused() {
        View::strided(&[0.0; 10], 2, 5, 6);
    }

    #[test]
    fn tiles_and_transposes_agree_with_the_definition() {
        for (m, k, n) in [(1, 1, 1), (3, 5, 7), (300, 9, 130), (257, 40, 129)] {
            let a = (0..m * k)
                .map(|i| (i % 13) as f32 - 6.0)
                .collect::<Vec<_>>();
            let b = (0..k * n)
                .map(|i| (i % 11) as f32 - 5.0)
                .collect::<Vec<_>>();
            let expected = naive(&a, &b, (m, k, n));
            let mut out = vec![1.0; m * n];
            let (a_view, b_view) = (View::new(&a, m, k), View::new(&b, k, n));
            product(&mut out, false, a_view, b_view, |_, _| {});
            assert_eq!(out, expected);
            product(&mut out, true, a_view, b_view, |row, part| {
                part.iter_mut().for_each(|x| *x += row as f32)
            });
            let twice = |i: usize| 2.0 * expected[i] + (i / n) as f32;
            assert!((0..m * n).all(|i| out[i] == twice(i)));
            let mut transposed = vec![0.0; n * m];
            product(
                &mut transposed,
                false,
                b_view.transposed(),
                a_view.transposed(),
                |_, _| {},
            );
            assert!((0..m * n).all(|i| transposed[i % n * m + i / n] == expected[i]));
        }
    }
}
