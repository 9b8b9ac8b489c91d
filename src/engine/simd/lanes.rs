//! Loops with [`LANES`] parallel sums at any register width, so that results are bit-identical on every processor.

use pulp::{Simd, WithSimd};

use super::dispatch;

/// Number of parallel sums.
pub(crate) const LANES: usize = 32;
/// Halvings from [`LANES`] to one.
const HALVINGS: u32 = LANES.ilog2();

/// Work on [`LANES`] sums in `VECTORS` registers.
pub(crate) trait Lanewise {
    type Output;

    fn run<S: Simd, const VECTORS: usize>(self, simd: S) -> Self::Output;
}

/// Runs `work` with the widest registers of this processor.
#[inline(always)]
pub(crate) fn lanewise<W: Lanewise>(work: W) -> W::Output {
    dispatch(Work(work))
}

struct Work<W>(W);

impl<W: Lanewise> WithSimd for Work<W> {
    type Output = W::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> W::Output {
        match S::F32_LANES {
            16 => self.0.run::<S, { LANES / 16 }>(simd),
            8 => self.0.run::<S, { LANES / 8 }>(simd),
            4 => self.0.run::<S, { LANES / 4 }>(simd),
            _ => self.0.run::<S, LANES>(simd),
        }
    }
}

/// Adds all lanes, the upper half to the lower half each time.
#[inline(always)]
pub(crate) fn total<S: Simd, const VECTORS: usize>(simd: S, mut sums: [S::f32s; VECTORS]) -> f32 {
    // The inner loop has a constant trip count, so the compiler unrolls both loops and keeps the sums in registers.
    for halving in 1..=HALVINGS {
        let width = VECTORS >> halving;
        for vector in 0..VECTORS / 2 {
            if vector < width {
                sums[vector] = simd.add_f32s(sums[vector], sums[vector + width]);
            }
        }
    }
    let mut lanes = [0.0; LANES];
    S::as_mut_simd_f32s(&mut lanes).0[0] = sums[0];
    for halving in 1..=HALVINGS {
        let width = S::F32_LANES >> halving;
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
    }
    lanes[0]
}
