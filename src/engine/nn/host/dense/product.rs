//! Matrix product of blocks that fit into the cache: register tiles of some rows × some vectors.

use pulp::{Simd, WithSimd};

use crate::engine::simd::dispatch;

/// Rows of a tile.
const ROWS: usize = 6;
/// Vectors of a row of a tile, with 32 registers.
const MAX_VECTORS: usize = 4;
/// Rows of a tile of at most [`FEW_VECTORS`] vectors, with 32 registers.
const MANY_ROWS: usize = 12;
const FEW_VECTORS: usize = 2;
/// Vector registers that a tile of [`MANY_ROWS`] needs.
const MANY_REGISTERS: usize = 32;

/// The left factor: row r, step k is `numbers[r · row + k · step]`. One of `row` and `step` is 1.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    pub numbers: &'a [f32],
    pub row: usize,
    pub step: usize,
}

/// The right factor: step k, lane l is `numbers[k · step + l]`.
#[derive(Clone, Copy)]
pub(super) struct Right<'a> {
    pub numbers: &'a [f32],
    pub step: usize,
}

/// left·right, summed over `steps` steps.
#[derive(Clone, Copy)]
pub(super) struct Term<'a> {
    pub left: Left<'a>,
    pub right: Right<'a>,
    pub steps: usize,
}

/// Overwrites `sums` with the sum of all `terms`: row r, lane l is `sums[r · row + l]`. `lanes` is a multiple of
/// [`super::ALIGNMENT`].
pub(super) fn product((rows, lanes): (usize, usize), terms: &[Term], sums: &mut [f32], row: usize) {
    assert!(lanes.is_multiple_of(super::ALIGNMENT));
    for Term { left, .. } in terms {
        assert!(left.row == 1 || left.step == 1);
    }
    dispatch(Product {
        rows,
        lanes,
        terms,
        sums,
        row,
    });
}

struct Product<'a> {
    rows: usize,
    lanes: usize,
    terms: &'a [Term<'a>],
    sums: &'a mut [f32],
    row: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // A row of the right factor and an entry of the left one also need registers.
        let most = ((S::REGISTER_COUNT - 1) / (ROWS + 1)).clamp(1, MAX_VECTORS);
        let vectors = self.lanes / S::F32_LANES;
        let mut first = 0;
        while first < vectors {
            let lane = first * S::F32_LANES;
            match (vectors - first).min(most) {
                1 => self.tiles::<S, 1>(simd, lane),
                2 => self.tiles::<S, 2>(simd, lane),
                3 => self.tiles::<S, 3>(simd, lane),
                _ => self.tiles::<S, MAX_VECTORS>(simd, lane),
            }
            first += most;
        }
    }
}

impl Product<'_> {
    /// Computes all rows of `VECTORS` vectors.
    #[inline(always)]
    fn tiles<S: Simd, const VECTORS: usize>(&mut self, simd: S, lane: usize) {
        let rows = self.rows;
        let mut row = 0;
        if VECTORS <= FEW_VECTORS && S::REGISTER_COUNT >= MANY_REGISTERS {
            while row + MANY_ROWS <= rows {
                self.tile::<S, MANY_ROWS, VECTORS>(simd, row, lane);
                row += MANY_ROWS;
            }
        }
        while row + ROWS <= rows {
            self.tile::<S, ROWS, VECTORS>(simd, row, lane);
            row += ROWS;
        }
        match rows - row {
            1 => self.tile::<S, 1, VECTORS>(simd, row, lane),
            2 => self.tile::<S, 2, VECTORS>(simd, row, lane),
            3 => self.tile::<S, 3, VECTORS>(simd, row, lane),
            4 => self.tile::<S, 4, VECTORS>(simd, row, lane),
            5 => self.tile::<S, 5, VECTORS>(simd, row, lane),
            _ => {}
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize, const VECTORS: usize>(
        &mut self,
        simd: S,
        row: usize,
        lane: usize,
    ) {
        let width = VECTORS * S::F32_LANES;
        let out = &mut self.sums[row * self.row + lane..];
        let mut tile = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for &Term { left, right, steps } in self.terms {
            let left = Left {
                numbers: &left.numbers[row * left.row..],
                ..left
            };
            let right = Right {
                numbers: &right.numbers[lane..],
                ..right
            };
            if left.step == 1 {
                multiply::<S, ROWS, VECTORS>(simd, &mut tile, left, 1, right, steps);
            } else {
                multiply::<S, ROWS, VECTORS>(simd, &mut tile, left, left.step, right, steps);
            }
        }
        for (row, tile) in tile.iter().enumerate() {
            let (line, _) = S::as_mut_simd_f32s(&mut out[row * self.row..][..width]);
            for (to, &sum) in line.iter_mut().zip(tile) {
                *to = sum;
            }
        }
    }
}

/// tile ← tile + left·right over `steps` steps. `step` is that of the left factor; callers pass the constant 1 where
/// possible.
#[inline(always)]
fn multiply<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    tile: &mut [[S::f32s; VECTORS]; ROWS],
    left: Left,
    step: usize,
    right: Right,
    steps: usize,
) {
    let Some(last) = steps.checked_sub(1) else {
        return;
    };
    assert!((ROWS - 1) * left.row + last * step < left.numbers.len());
    assert!(last * right.step + VECTORS * S::F32_LANES <= right.numbers.len());
    let starts: [usize; ROWS] = std::array::from_fn(|row| row * left.row);
    for k in 0..steps {
        let line: [S::f32s; VECTORS] = std::array::from_fn(|i| {
            let first = k * right.step + i * S::F32_LANES;
            // SAFETY: `first + F32_LANES` is largest for the last step and vector; the second assertion bounds it.
            let lanes = unsafe { right.numbers.get_unchecked(first..first + S::F32_LANES) };
            S::as_simd_f32s(lanes).0[0]
        });
        for (tile, &start) in tile.iter_mut().zip(&starts) {
            // SAFETY: `start + k · step` is largest for the last row and step; the first assertion bounds it.
            let entry = unsafe { *left.numbers.get_unchecked(start + k * step) };
            let entry = simd.splat_f32s(entry);
            for (sum, &x) in tile.iter_mut().zip(&line) {
                *sum = simd.mul_add_e_f32s(entry, x, *sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_match_the_definition() {
        let numbers: Vec<f32> = (0..40 * 80).map(|i| (i * 37 % 23) as f32 - 11.0).collect();
        for (rows, steps, lanes) in [(1, 1, 16), (6, 3, 16), (7, 40, 48), (17, 2, 64), (5, 9, 80)] {
            for ((row, step), count) in [((41, 1), 1), ((1, 31), 3), ((41, 1), 5)] {
                let term = |steps| Term {
                    left: Left {
                        numbers: &numbers,
                        row,
                        step,
                    },
                    right: Right {
                        numbers: &numbers[7..],
                        step: 80,
                    },
                    steps,
                };
                let terms: Vec<Term> = (0..count).map(|index| term(steps - index % 2)).collect();
                let mut out = vec![2.0; rows * (lanes + 3)];
                product((rows, lanes), &terms, &mut out, lanes + 3);
                for (r, l) in (0..rows).flat_map(|r| (0..lanes).map(move |l| (r, l))) {
                    let steps = terms.iter().flat_map(|term| 0..term.steps);
                    let products =
                        steps.map(|k| numbers[r * row + k * step] * numbers[7 + k * 80 + l]);
                    assert_eq!(out[r * (lanes + 3) + l], products.sum::<f32>());
                }
                assert_eq!(out[lanes], 2.0);
            }
        }
    }
}
