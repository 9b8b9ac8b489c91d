//! The register tile: what every product of a training step is made of.
//!
//! A tile is a small matrix of sums, some outputs by the lanes of two vector registers. Each step multiplies a column of
//! a panel of weights with a row of numbers and adds the product to the tile, which stays in registers until all
//! steps are done. The instruction set is chosen at run time.

use pulp::{Arch, Simd, WithSimd};

/// Vector registers that a row of a tile takes.
const REGISTERS: usize = 2;
/// The most outputs that a tile has on any machine.
pub const MOST_ROWS: usize = 14;
/// The most lanes that a row of a tile has on any machine.
pub const MOST_LANES: usize = 32;
/// The sums of one tile, `lanes` to a row.
pub type Sums = [f32; MOST_ROWS * MOST_LANES];

/// Sizes of the tile on this machine.
#[derive(Clone, Copy)]
pub struct Machine {
    arch: Arch,
    /// Lanes of a tile's row.
    pub lanes: usize,
    /// Rows of a tile.
    pub rows: usize,
}

impl Machine {
    /// That of the processor that the program runs on.
    pub fn here() -> Self {
        struct Sizes;
        impl WithSimd for Sizes {
            type Output = (usize, usize);
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> (usize, usize) {
                // Beside the sums stand a row of numbers and a weight.
                let sums = S::REGISTER_COUNT - REGISTERS - 1;
                (REGISTERS * S::F32_LANES, sums / REGISTERS)
            }
        }
        let arch = Arch::new();
        let (lanes, rows) = arch.dispatch(Sizes);
        Self {
            arch,
            lanes: lanes.min(MOST_LANES),
            rows: rows.min(MOST_ROWS),
        }
    }

    /// Rows of each tile where `outputs` are cut into as few and as equal tiles as can be.
    pub fn rows_for(&self, outputs: usize) -> usize {
        outputs.div_ceil(outputs.div_ceil(self.rows).max(1))
    }

    /// The sums of a tile of `rows` rows over all steps of `runs`, in `sums[..rows · lanes]`.
    pub fn sum(&self, rows: usize, steps: Steps, runs: &[Run], sums: &mut Sums) {
        macro_rules! of_rows {
            ($($count:literal)*) => {
                match rows {
                    $($count => self.arch.dispatch(Tile::<$count> { steps, runs, sums }),)*
                    _ => panic!("a tile of {rows} rows"),
                }
            };
        }
        of_rows!(1 2 3 4 5 6 7 8 9 10 11 12 13 14)
    }
}

/// What the steps of a tile read.
#[derive(Clone, Copy)]
pub struct Steps<'a> {
    /// A column of weights, one for each row of the tile, every `weight_step` numbers.
    pub weights: &'a [f32],
    pub weight_step: usize,
    /// A row of numbers, one for each lane, every `number_step` numbers.
    pub numbers: &'a [f32],
    pub number_step: usize,
}

/// Steps one after the other: step i takes column `column + i` of the weights and the row that begins i number steps
/// after `number`.
#[derive(Clone, Copy)]
pub struct Run {
    pub column: usize,
    pub number: usize,
    pub steps: usize,
}

struct Tile<'a, const ROWS: usize> {
    steps: Steps<'a>,
    runs: &'a [Run],
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
        for run in self.runs {
            let weights = &weights[run.column * weight_step..];
            let numbers = &numbers[run.number..];
            for step in 0..run.steps {
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

/// Copies a short run: one as long as the row of a tile is on some machine without a call.
#[inline(always)]
pub fn copy_run(to: &mut [f32], from: &[f32]) {
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
    fn a_tile_of_any_number_of_rows_sums_what_it_should() {
        let machine = Machine::here();
        let lanes = machine.lanes;
        let weights: Vec<f32> = (0..128).map(|i| (i % 7) as f32 - 3.0).collect();
        let numbers: Vec<f32> = (0..8 * lanes).map(|i| (i % 11) as f32 - 5.0).collect();
        let runs = [(0, 0, 3), (4, 1, 2)].map(|(column, number, steps)| Run {
            column,
            number,
            steps,
        });
        let (weight_step, number_step) = (16, lanes + 3);
        for rows in 1..=machine.rows {
            let mut sums = [f32::NAN; MOST_ROWS * MOST_LANES];
            let steps = Steps {
                weights: &weights,
                weight_step,
                numbers: &numbers,
                number_step,
            };
            machine.sum(rows, steps, &runs, &mut sums);
            for row in 0..rows {
                for lane in 0..lanes {
                    let terms = runs
                        .iter()
                        .flat_map(|run| (0..run.steps).map(move |i| (run, i)));
                    let expected: f32 = terms
                        .map(|(run, i)| {
                            weights[(run.column + i) * weight_step + row]
                                * numbers[run.number + i * number_step + lane]
                        })
                        .sum();
                    assert_eq!(sums[row * lanes + lane], expected, "{rows} {row} {lane}");
                }
            }
        }
    }

    #[test]
    fn tiles_are_as_equal_as_can_be() {
        let machine = Machine {
            rows: 14,
            ..Machine::here()
        };
        assert_eq!(machine.rows_for(64), 13);
        assert_eq!(machine.rows_for(14), 14);
        assert_eq!(machine.rows_for(15), 8);
        assert_eq!(machine.rows_for(1), 1);
    }

    #[test]
    fn runs_are_copied_whole() {
        for length in [0, 1, 15, 16, 17, 32, 40] {
            let from: Vec<f32> = (0..length).map(|i| i as f32).collect();
            let mut to = vec![-1.0; length];
            copy_run(&mut to, &from);
            assert_eq!(to, from);
        }
    }
}
