//! The weight in the order in which tiles read it.

use rayon::prelude::*;

use super::{
    super::{
        buffers::{self, Buffer},
        tile::Machine,
    },
    Gather, SMALL, Weight,
};

/// The weight cut into panels of output channels, each as (taps, inputs, channels of the panel): the order in which
/// tiles read it.
pub struct Panels {
    numbers: Buffer,
    /// Channels of a panel but the last.
    rows: usize,
    outputs: usize,
    /// Numbers of one channel.
    length: usize,
}

impl Panels {
    pub fn new(product: &Gather, machine: &Machine, small: bool) -> Self {
        let (inputs, taps) = (product.inputs, product.kernel * product.kernel);
        let Weight {
            numbers,
            output_step,
            input_step,
        } = product.weight;
        let (rows, length) = (machine.rows_for(product.outputs), inputs * taps);
        let mut packed = buffers::take(product.outputs * length);
        let fill = |(panel, part): (usize, &mut [f32])| {
            let height = part.len() / length;
            for row in 0..height {
                let weight = &numbers[(panel * rows + row) * output_step..];
                for input in 0..inputs {
                    let taps = &weight[input * input_step..][..taps];
                    for (tap, &weight) in taps.iter().enumerate() {
                        part[(tap * inputs + input) * height + row] = weight;
                    }
                }
            }
        };
        if small || packed.len() < SMALL {
            packed.chunks_mut(rows * length).enumerate().for_each(fill);
        } else {
            packed
                .par_chunks_mut(rows * length)
                .enumerate()
                .for_each(fill);
        }
        Self {
            numbers: packed,
            rows,
            outputs: product.outputs,
            length,
        }
    }

    pub fn count(&self) -> usize {
        self.outputs.div_ceil(self.rows)
    }

    /// The first channel of a panel, how many it has, and its numbers.
    pub fn panel(&self, index: usize) -> (usize, usize, &[f32]) {
        let first = index * self.rows;
        let rows = self.rows.min(self.outputs - first);
        let numbers = &self.numbers[first * self.length..][..rows * self.length];
        (first, rows, numbers)
    }
}
