//! A packed weight matrix and the product of rows with it.

use super::{
    dot_products::RowDotProducts,
    product::{Left, Right, Term, product},
    row_length,
};
use crate::engine::nn::host::{
    buffers::{self, Buffer},
    transpose::transpose,
};

/// Number of outputs below which each output is a dot product.
const FEW: usize = 8;

/// A packed matrix M for y = xM with rows x.
pub struct PackedMatrix {
    /// M (inputs, outputs) with rows `step` values apart; Mᵀ if outputs are few.
    numbers: Buffer,
    step: usize,
    inputs: usize,
    outputs: usize,
}

impl PartialEq for PackedMatrix {
    /// Bitwise equality.
    fn eq(&self, other: &Self) -> bool {
        let bits = |map: &Self| map.numbers.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        (self.inputs, self.outputs) == (other.inputs, other.outputs) && bits(self) == bits(other)
    }
}

impl PackedMatrix {
    /// Packs W (outputs, inputs) for y = xWᵀ.
    pub fn forward(weight: &[f32], inputs: usize, outputs: usize) -> Self {
        Self::new(weight, (inputs, outputs), outputs >= FEW)
    }

    /// Packs W (inputs, outputs) for y = xW.
    pub fn adjoint(weight: &[f32], inputs: usize, outputs: usize) -> Self {
        Self::new(weight, (inputs, outputs), outputs < FEW)
    }

    fn new(weight: &[f32], (inputs, outputs): (usize, usize), transposed: bool) -> Self {
        let (rows, columns) = if outputs < FEW {
            (outputs, inputs)
        } else {
            (inputs, outputs)
        };
        let step = row_length(columns);
        let mut numbers = buffers::take(rows * step);
        if transposed {
            let row = |column: usize| &weight[column * rows..][..rows];
            transpose(columns, row, &mut numbers, step, rows);
            for line in numbers.chunks_exact_mut(step) {
                line[columns..].fill(0.0);
            }
        } else {
            let lines = numbers.chunks_exact_mut(step);
            for (line, row) in lines.zip(weight.chunks_exact(columns)) {
                let (line, rest) = line.split_at_mut(columns);
                line.copy_from_slice(row);
                rest.fill(0.0);
            }
        }
        Self {
            numbers,
            step,
            inputs,
            outputs,
        }
    }

    /// Computes the row of y for each row of x. Rows of x and y have the length [`row_length`].
    pub fn apply(&self, x: &[f32], y: &mut [f32]) {
        let (from, to) = (row_length(self.inputs), row_length(self.outputs));
        if self.outputs < FEW {
            let products = RowDotProducts {
                inputs: self.inputs,
                x,
                from,
                lines: &self.numbers,
                step: self.step,
                y,
                to,
            };
            return products.compute();
        }
        let term = Term {
            left: Left {
                numbers: x,
                row: from,
                step: 1,
            },
            right: Right {
                numbers: &self.numbers,
                step: self.step,
            },
            steps: self.inputs,
        };
        product((x.len() / from, to), &[term], y, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_and_adjoint_match_the_definition() {
        for (inputs, outputs) in [(1, 1), (2, 128), (128, 1), (40, 7), (33, 19), (16, 16)] {
            let weight: Vec<f32> = (0..inputs * outputs)
                .map(|i| (i * 29 % 17) as f32 - 8.0)
                .collect();
            let rows = 9;
            let (from, to) = (row_length(inputs), row_length(outputs));
            let x: Vec<f32> = (0..rows * from)
                .map(|i| {
                    if i % from < inputs {
                        (i * 31 % 13) as f32 - 6.0
                    } else {
                        f32::NAN
                    }
                })
                .collect();
            let mut y = vec![f32::NAN; rows * to];
            let expected = |row: usize, output: usize, place: &dyn Fn(usize, usize) -> usize| {
                (0..inputs)
                    .map(|input| x[row * from + input] * weight[place(input, output)])
                    .sum::<f32>()
            };
            let mut check = |map: PackedMatrix, place: &dyn Fn(usize, usize) -> usize| {
                map.apply(&x, &mut y);
                for row in 0..rows {
                    for output in 0..outputs {
                        assert_eq!(y[row * to + output], expected(row, output, place));
                    }
                }
            };
            check(PackedMatrix::forward(&weight, inputs, outputs), &|i, o| {
                o * inputs + i
            });
            check(PackedMatrix::adjoint(&weight, inputs, outputs), &|i, o| {
                i * outputs + o
            });
        }
    }
}
