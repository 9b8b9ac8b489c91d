//! A small matrix that is applied to runs of values.

use pulp::{Simd, WithSimd};

use crate::engine::simd::dispatch;

/// The most points of a filter, and so the largest size of its matrices.
pub(crate) const MAX_POINTS: usize = 8;

/// A matrix of at most [`MAX_POINTS`] × [`MAX_POINTS`] entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix {
    rows: usize,
    columns: usize,
    numbers: [[f32; MAX_POINTS]; MAX_POINTS],
}

impl Matrix {
    pub(crate) fn new(rows: usize, columns: usize, number: impl Fn(usize, usize) -> f64) -> Self {
        let mut matrix = Self {
            rows,
            columns,
            numbers: [[0.0; MAX_POINTS]; MAX_POINTS],
        };
        for (row, numbers) in matrix.numbers.iter_mut().enumerate().take(rows) {
            for (column, to) in numbers.iter_mut().enumerate().take(columns) {
                *to = number(row, column) as f32;
            }
        }
        matrix
    }

    pub(crate) fn transposed(&self) -> Self {
        Self::new(self.columns, self.rows, |row, column| {
            f64::from(self.numbers[column][row])
        })
    }

    /// For each of `windows`: run i of `to` ← Σⱼ entry (i, j) · run j of `from`. A call loads the matrix into registers
    /// first, so one call for many windows is faster than many calls.
    pub(crate) fn apply(&self, windows: impl Iterator<Item = Window>, from: Source, to: Target) {
        dispatch(Apply {
            matrix: self,
            windows,
            from,
            to,
        });
    }
}

/// Offsets of the first run of a window in source and target.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub from: usize,
    pub to: usize,
}

/// A single window at offset 0.
pub(crate) const WHOLE: [Window; 1] = [Window { from: 0, to: 0 }];

/// Runs of `length` values; run j of a window begins `j · step` values after the window's offset.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub numbers: &'a [f32],
    pub step: usize,
    pub length: usize,
}

/// For each window as many runs as the matrix has rows, `step` values apart.
pub(crate) struct Target<'a> {
    pub numbers: &'a mut [f32],
    pub step: usize,
}

struct Apply<'a, W> {
    matrix: &'a Matrix,
    windows: W,
    from: Source<'a>,
    to: Target<'a>,
}

impl<W: Iterator<Item = Window>> WithSimd for Apply<'_, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.matrix.columns {
            2 => self.columns::<S, 2>(simd),
            3 => self.columns::<S, 3>(simd),
            4 => self.columns::<S, 4>(simd),
            5 => self.columns::<S, 5>(simd),
            6 => self.columns::<S, 6>(simd),
            7 => self.columns::<S, 7>(simd),
            8 => self.columns::<S, 8>(simd),
            columns => unreachable!("a matrix of {columns} columns"),
        }
    }
}

impl<W: Iterator<Item = Window>> Apply<'_, W> {
    #[inline(always)]
    fn columns<S: Simd, const COLUMNS: usize>(self, simd: S) {
        let Source {
            numbers,
            step,
            length,
        } = self.from;
        let Target {
            numbers: made,
            step: made_step,
        } = self.to;
        let (rows, lanes) = (self.matrix.rows, S::F32_LANES);
        let matrix: [[f32; COLUMNS]; MAX_POINTS] =
            std::array::from_fn(|i| std::array::from_fn(|j| self.matrix.numbers[i][j]));
        let matrix = &matrix[..rows];
        let vectors = length / lanes;
        for window in self.windows {
            let from: [&[f32]; COLUMNS] =
                std::array::from_fn(|j| &numbers[window.from + j * step..][..length]);
            let from: [(&[S::f32s], &[f32]); COLUMNS] =
                std::array::from_fn(|j| S::as_simd_f32s(from[j]));
            let to = &mut made[window.to..][..(rows - 1) * made_step + length];
            for at in 0..vectors {
                let from: [S::f32s; COLUMNS] = std::array::from_fn(|j| from[j].0[at]);
                for (row, to) in matrix.iter().zip(to.chunks_mut(made_step)) {
                    let mut sum = simd.mul_f32s(simd.splat_f32s(row[0]), from[0]);
                    for j in 1..COLUMNS {
                        sum = simd.mul_add_e_f32s(simd.splat_f32s(row[j]), from[j], sum);
                    }
                    S::as_mut_simd_f32s(to).0[at] = sum;
                }
            }
            for at in 0..length % lanes {
                let from: [f32; COLUMNS] = std::array::from_fn(|j| from[j].1[at]);
                for (row, to) in matrix.iter().zip(to.chunks_mut(made_step)) {
                    let mut sum = row[0] * from[0];
                    for j in 1..COLUMNS {
                        sum = row[j].mul_add(from[j], sum);
                    }
                    to[vectors * lanes + at] = sum;
                }
            }
        }
    }
}
