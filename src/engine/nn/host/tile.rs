//! The register tile: the microkernel of convolutions and of their weight gradients.
//!
//! A tile is a small matrix of sums: some outputs × the lanes of two vector registers. Each step multiplies a column of
//! a weight panel with a row of values and accumulates the outer product in registers. The instruction set is chosen at
//! run time.

use pulp::{Arch, Simd, WithSimd};

/// Vector registers of a row of a tile.
const REGISTERS: usize = 2;
/// The most rows of a tile on any machine.
pub(super) const MAX_ROWS: usize = 14;
/// The most lanes of a row of a tile on any machine.
pub(super) const MAX_LANES: usize = 32;
/// The sums of one tile: rows of `lanes` values.
pub(super) type Sums = [f32; MAX_ROWS * MAX_LANES];

/// The tile size of a processor.
#[derive(Clone, Copy)]
pub(super) struct Machine {
    arch: Arch,
    /// Lanes of a row of a tile.
    pub lanes: usize,
    /// Rows of a tile.
    pub rows: usize,
}

impl Machine {
    /// Detects the processor.
    pub(super) fn detect() -> Self {
        struct Sizes;
        impl WithSimd for Sizes {
            type Output = (usize, usize);
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> (usize, usize) {
                // One row of values and one weight also need registers.
                let sums = S::REGISTER_COUNT - REGISTERS - 1;
                (REGISTERS * S::F32_LANES, sums / REGISTERS)
            }
        }
        let arch = Arch::new();
        let (lanes, rows) = arch.dispatch(Sizes);
        Self {
            arch,
            lanes: lanes.min(MAX_LANES),
            rows: rows.min(MAX_ROWS),
        }
    }

    /// Rows of each tile if `outputs` rows are cut into as few tiles of nearly equal size as possible.
    pub(super) fn rows_for(&self, outputs: usize) -> usize {
        outputs.div_ceil(outputs.div_ceil(self.rows).max(1))
    }

    /// Computes a tile of `rows` rows over all steps of `segments` and writes it to `sums[..rows · lanes]`.
    pub(super) fn sum(&self, rows: usize, steps: Steps, segments: &[Segment], sums: &mut Sums) {
        macro_rules! of_rows {
            ($($count:literal)*) => {
                match rows {
                    $($count => self.arch.dispatch(Tile::<$count> { steps, segments, sums }),)*
                    _ => panic!("a tile of {rows} rows"),
                }
            };
        }
        of_rows!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
    }
}

/// The operands of a tile.
#[derive(Clone, Copy)]
pub(super) struct Steps<'a> {
    /// Columns of weights, `weight_step` values apart, with one weight for each row of the tile.
    pub weights: &'a [f32],
    pub weight_step: usize,
    /// Rows of values, `number_step` values apart, with one value for each lane.
    pub numbers: &'a [f32],
    pub number_step: usize,
}

/// Consecutive steps: step i multiplies weight column `column + i` with the row of values that begins at
/// `number + i · number_step`.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub column: usize,
    pub number: usize,
    pub steps: usize,
}

struct Tile<'a, const ROWS: usize> {
    steps: Steps<'a>,
    segments: &'a [Segment],
    sums: &'a mut Sums,
}

impl<const ROWS: usize> WithSimd for Tile<'_, ROWS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = REGISTERS * S::F32_LANES;
        let Steps {
            weights,
            weight_step,
            numbers,
            number_step,
        } = self.steps;
        let mut sums = [[simd.splat_f32s(0.0); REGISTERS]; ROWS];
        for segment in self.segments {
            let weights = &weights[segment.column * weight_step..];
            let numbers = &numbers[segment.number..];
            for step in 0..segment.steps {
                let weights = &weights[step * weight_step..];
                let numbers = &numbers[step * number_step..];
                let weights = &weights[..ROWS];
                let (numbers, _) = S::as_simd_f32s(&numbers[..lanes]);
                let numbers: [S::f32s; REGISTERS] = std::array::from_fn(|i| numbers[i]);
                for (sums, &weight) in sums.iter_mut().zip(weights) {
                    let weight = simd.splat_f32s(weight);
                    for (sum, &number) in sums.iter_mut().zip(&numbers) {
                        *sum = simd.mul_add_e_f32s(weight, number, *sum);
                    }
                }
            }
        }
        let (out, _) = S::as_mut_simd_f32s(&mut self.sums[..ROWS * lanes]);
        for (out, sums) in out.chunks_exact_mut(REGISTERS).zip(&sums) {
            out.copy_from_slice(sums);
        }
    }
}

/// Copies a short slice. The lengths of a tile's row on common machines are inlined.
#[inline(always)]
pub(super) fn copy_run(to: &mut [f32], from: &[f32]) {
    match to.len() {
        8 => to[..8].copy_from_slice(&from[..8]),
        16 => to[..16].copy_from_slice(&from[..16]),
        32 => to[..32].copy_from_slice(&from[..32]),
        length => to.copy_from_slice(&from[..length]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_of_any_number_of_rows_match_the_definition() {
        let machine = Machine::detect();
        let lanes = machine.lanes;
        let weights: Vec<f32> = (0..128).map(|i| (i % 7) as f32 - 3.0).collect();
        let numbers: Vec<f32> = (0..8 * lanes).map(|i| (i % 11) as f32 - 5.0).collect();
        let segments = [(0, 0, 3), (4, 1, 2)].map(|(column, number, steps)| Segment {
            column,
            number,
            steps,
        });
        let (weight_step, number_step) = (16, lanes + 3);
        for rows in 1..=machine.rows {
            let mut sums = [f32::NAN; MAX_ROWS * MAX_LANES];
            let steps = Steps {
                weights: &weights,
                weight_step,
                numbers: &numbers,
                number_step,
            };
            machine.sum(rows, steps, &segments, &mut sums);
            for row in 0..rows {
                for lane in 0..lanes {
                    let terms = segments
                        .iter()
                        .flat_map(|segment| (0..segment.steps).map(move |i| (segment, i)));
                    let expected: f32 = terms
                        .map(|(segment, i)| {
                            weights[(segment.column + i) * weight_step + row]
                                * numbers[segment.number + i * number_step + lane]
                        })
                        .sum();
                    assert_eq!(sums[row * lanes + lane], expected, "{rows} {row} {lane}");
                }
            }
        }
    }

    #[test]
    fn tiles_have_nearly_equal_sizes() {
        let machine = Machine {
            rows: 14,
            ..Machine::detect()
        };
        assert_eq!(machine.rows_for(64), 13);
        assert_eq!(machine.rows_for(14), 14);
        assert_eq!(machine.rows_for(15), 8);
        assert_eq!(machine.rows_for(1), 1);
    }

    #[test]
    fn slices_of_any_length_are_copied() {
        for length in [0, 1, 15, 16, 17, 32, 40] {
            let from: Vec<f32> = (0..length).map(|i| i as f32).collect();
            let mut to = vec![-1.0; length];
            copy_run(&mut to, &from);
            assert_eq!(to, from);
        }
    }
}
