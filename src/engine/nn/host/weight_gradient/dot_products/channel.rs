//! The tiles of one input channel.

use std::ops::Range;

use pulp::Simd;

use crate::engine::nn::Geometry;

/// Output channels and taps of a tile on machines with [`MANY_REGISTERS`]. The other registers hold operands.
pub(super) const OUTS: usize = 5;
const TAPS: usize = 4;
const MANY_REGISTERS: usize = 32;
/// Output channels of a tile on other machines.
const FEW_OUTS: usize = 2;
/// Values of the image that one tile reads before the next tile starts: 16 KiB, a part of the L1 cache.
const BAND: usize = 1 << 12;

/// Accumulates the sums of one input channel over one slab.
pub(super) struct Channel<'a, S: Simd> {
    pub simd: S,
    pub geometry: &'a Geometry,
    /// (row, position, vector)
    pub padded: &'a [S::f32s],
    /// (output channel, position, vector)
    pub map: &'a [S::f32s],
    /// Vectors of a position.
    pub run: usize,
    /// Positions of a padded row.
    pub width: usize,
    /// (output channel, tap); each is one vector.
    pub sums: &'a mut [S::f32s],
}

impl<S: Simd> Channel<'_, S> {
    #[inline(always)]
    pub(super) fn add(&mut self) {
        let g = self.geometry;
        let outs = self.sums.len() / g.taps();
        let most = if S::REGISTER_COUNT >= MANY_REGISTERS {
            OUTS
        } else {
            FEW_OUTS
        };
        let row = g.stride * self.width * self.run * S::F32_LANES;
        let band = (BAND / row).max(1);
        for first in (0..g.out_height).step_by(band) {
            let rows = first..(first + band).min(g.out_height);
            for down in 0..g.kernel {
                for across in (0..g.kernel).step_by(TAPS) {
                    let tap = down * g.kernel + across;
                    let count = TAPS.min(g.kernel - across);
                    for out in (0..outs).step_by(most) {
                        self.tiles((out, tap), (most.min(outs - out), count), &rows);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn tiles(&mut self, at: (usize, usize), size: (usize, usize), rows: &Range<usize>) {
        macro_rules! of_size {
            ($($outs:literal: $($taps:literal)*;)*) => {
                match size {
                    $($(($outs, $taps) => self.tile::<$outs, $taps>(at, rows),)*)*
                    _ => unreachable!("a tile of {size:?}"),
                }
            };
        }
        of_size! {
            1: 1 2 3 4;
            2: 1 2 3 4;
            3: 1 2 3 4;
            4: 1 2 3 4;
            5: 1 2 3 4;
        }
    }

    /// Adds the positions of some rows of the map to the sums of some output channels and taps.
    #[inline(always)]
    fn tile<const OUTS: usize, const TAPS: usize>(
        &mut self,
        (out, tap): (usize, usize),
        rows: &Range<usize>,
    ) {
        let g = self.geometry;
        let (taps, run) = (g.taps(), self.run);
        let mut sums: [[S::f32s; TAPS]; OUTS] =
            std::array::from_fn(|o| std::array::from_fn(|t| self.sums[(out + o) * taps + tap + t]));
        let places: [usize; TAPS] = std::array::from_fn(|t| {
            ((tap + t) / g.kernel * self.width + (tap + t) % g.kernel) * run
        });
        let maps: [usize; OUTS] = std::array::from_fn(|o| (out + o) * g.map() * run);
        for row in rows.clone() {
            let from = row * g.stride * self.width * run;
            let map = row * g.out_width * run;
            // The last vectors that the loop below reads.
            let last = (g.out_width - 1) * g.stride * run + run - 1;
            assert!(from + places[TAPS - 1] + last < self.padded.len());
            assert!(maps[OUTS - 1] + map + g.out_width * run <= self.map.len());
            for place in 0..g.out_width {
                for vector in 0..run {
                    let at = map + place * run + vector;
                    // SAFETY: `maps[o] + at` is largest for the last output channel, position and vector; the assertion
                    // above bounds it.
                    let map: [S::f32s; OUTS] =
                        std::array::from_fn(|o| unsafe { *self.map.get_unchecked(maps[o] + at) });
                    let at = from + place * g.stride * run + vector;
                    for t in 0..TAPS {
                        // SAFETY: `places[t] + at` is largest for the last tap, position and vector; the assertion
                        // above bounds it.
                        let number = unsafe { *self.padded.get_unchecked(places[t] + at) };
                        for o in 0..OUTS {
                            sums[o][t] = self.simd.mul_add_e_f32s(map[o], number, sums[o][t]);
                        }
                    }
                }
            }
        }
        for (o, sums) in sums.iter().enumerate() {
            self.sums[(out + o) * taps + tap..][..TAPS].copy_from_slice(sums);
        }
    }
}
