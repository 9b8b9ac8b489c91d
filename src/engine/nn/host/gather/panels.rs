//! The weight, packed in the order in which tiles read it.

use rayon::prelude::*;

use super::{Gather, SMALL, Weight};
use crate::engine::nn::host::{
    buffers::{self, Buffer},
    tile::Machine,
    winograd::{Source, Target, Window},
};

/// The weight in panels of output channels. A panel is (taps, inputs, channels of the panel), with transformed taps if
/// the columns use Winograd's algorithm.
pub(super) struct Panels {
    numbers: Buffer,
    /// Channels of each panel except the last.
    rows: usize,
    outputs: usize,
    /// Values of one channel.
    length: usize,
}

impl Panels {
    pub(super) fn new(product: &Gather, machine: &Machine, small: bool) -> Self {
        let rows = machine.rows_for(product.outputs);
        let length = product.inputs * product.kernel * product.columns.taps(product.kernel);
        let mut packed = buffers::take(product.outputs * length);
        let fill = |(panel, part): (usize, &mut [f32])| fill(product, panel * rows, part, length);
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

    pub(super) fn count(&self) -> usize {
        self.outputs.div_ceil(self.rows)
    }

    /// First channel, number of channels, and values of a panel.
    pub(super) fn panel(&self, index: usize) -> (usize, usize, &[f32]) {
        let first = index * self.rows;
        let rows = self.rows.min(self.outputs - first);
        let numbers = &self.numbers[first * self.length..][..rows * self.length];
        (first, rows, numbers)
    }
}

/// Fills the panel of the outputs from `first` on, each with `length` values.
fn fill(product: &Gather, first: usize, panel: &mut [f32], length: usize) {
    let height = panel.len() / length;
    let Some(plan) = &product.columns.plan else {
        let taps: Vec<_> = (0..product.kernel).map(Some).collect();
        return pack(product, first, height, &taps, panel);
    };
    let taps = plan.taps.concat();
    let own = product.inputs * height;
    let mut direct = buffers::take(product.kernel * taps.len() * own);
    pack(product, first, height, &taps, &mut direct);
    let (taps, points) = (plan.filter.taps * own, plan.filter.points() * own);
    let windows = (0..direct.len() / taps).map(|index| Window {
        from: index * taps,
        to: index * points,
    });
    let runs = Source {
        numbers: &direct,
        step: own,
        length: own,
    };
    let to = Target {
        numbers: panel,
        step: own,
    };
    plan.filter.from_taps.apply(windows, runs, to);
}

/// Packs the weights of `height` outputs as (rows of the kernel, `taps` of a row, inputs, outputs). Missing taps are
/// zero.
fn pack(product: &Gather, first: usize, height: usize, taps: &[Option<usize>], to: &mut [f32]) {
    let Weight {
        numbers,
        output_step,
        input_step,
    } = product.weight;
    let (inputs, kernel) = (product.inputs, product.kernel);
    let rows = taps.len() * inputs * height;
    for (down, to) in to.chunks_exact_mut(rows).enumerate() {
        for input in 0..inputs {
            let weights = &numbers[first * output_step + input * input_step + down * kernel..];
            for (index, tap) in taps.iter().enumerate() {
                let to = &mut to[(index * inputs + input) * height..][..height];
                match tap {
                    None => to.fill(0.0),
                    Some(tap) => {
                        let column = weights[*tap..].iter().step_by(output_step);
                        to.iter_mut()
                            .zip(column)
                            .for_each(|(to, weight)| *to = *weight);
                    }
                }
            }
        }
    }
}
