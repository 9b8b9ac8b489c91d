//! A part of a product that one thread makes.

use std::ops::Range;

use super::{
    Gather,
    panels::Panels,
    rows::{Rows, Slice},
};
use crate::nn::host::{
    output::Output,
    tile::{Machine, Run, Steps, copy_run},
    winograd::Tiles,
};

/// Some lanes of one slab.
pub struct Block {
    /// Those of the slab, in the batch.
    pub samples: Range<usize>,
    /// Within the slab.
    pub lanes: Range<usize>,
}

/// The outputs of some panels, of some rows, for some samples of the batch.
pub struct Task<'a> {
    pub product: &'a Gather<'a>,
    pub machine: Machine,
    pub panels: &'a Panels,
    /// Panels.
    pub chosen: Range<usize>,
    pub block: &'a Block,
    pub rows: Range<usize>,
}

impl Task<'_> {
    /// Writes the outputs row by row, then calls `finish` for parts of them.
    pub fn run(self, input: &[f32], output: Output, finish: &impl Fn(usize, usize, &mut [f32])) {
        let product = self.product;
        let mut rows = Rows::new(product, &self.machine, self.block, input);
        let side_by_side = product.inputs == 1 && product.columns.sums.are_side_by_side();
        let (mut runs, mut ends) = (Vec::new(), Vec::new());
        let mut tiles = Tiles::new(product.columns.interpolation());
        for row in self.rows.clone() {
            let slice = rows.bring(product.rows.span(row..row + 1));
            self.find_runs(row, &slice, side_by_side, (&mut runs, &mut ends));
            let step = if side_by_side {
                slice.place
            } else {
                slice.channel
            };
            for panel in self.chosen.clone() {
                let (channel, height, weights) = self.panels.panel(panel);
                let steps = Steps {
                    weights,
                    weight_step: height,
                    numbers: slice.numbers,
                    number_step: step,
                };
                let made = Row {
                    channels: channel..channel + height,
                    row,
                    output,
                };
                self.tiles(steps, &runs, &ends, &made, &mut tiles);
                self.finish(&made, finish);
            }
        }
    }

    /// What the tiles of a row sum: runs of steps, and where those of each tile end.
    fn find_runs(
        &self,
        row: usize,
        slice: &Slice,
        side_by_side: bool,
        (runs, ends): (&mut Vec<Run>, &mut Vec<usize>),
    ) {
        let Gather {
            inputs,
            columns,
            kernel,
            ..
        } = self.product;
        let (sums, across) = (&columns.sums, columns.taps(*kernel));
        runs.clear();
        ends.clear();
        for column in 0..sums.outputs() {
            let reads = sums.reads(column);
            for &(down, y) in self.product.rows.reads(row) {
                let from = slice.row(y);
                // Taps of one channel that read places side by side are one run.
                if let (true, Some(&(tap, x))) = (side_by_side, reads.first()) {
                    runs.push(Run {
                        column: down * across + tap,
                        number: (from + x) * slice.place,
                        steps: reads.len(),
                    });
                    continue;
                }
                runs.extend(reads.iter().map(|&(tap, x)| Run {
                    column: (down * across + tap) * inputs,
                    number: (from + x) * slice.place,
                    steps: *inputs,
                }));
            }
            ends.push(runs.len());
        }
    }

    /// Where a channel of the output has a place, for the first lane of the block.
    fn offset(&self, channel: usize, place: usize) -> usize {
        let (samples, places) = (&self.block.samples, self.product.output_places());
        let first = samples.start * self.product.outputs * places + self.block.lanes.start;
        first + (channel * places + place) * samples.len()
    }

    fn tiles(&self, steps: Steps, runs: &[Run], ends: &[usize], made: &Row, tiles: &mut Tiles) {
        let (columns, lanes) = (&self.product.columns, self.machine.lanes);
        let height = made.channels.len();
        let (mut first, mut ends) = (0, ends.iter());
        for group in columns.groups() {
            for (sums, &end) in tiles
                .sums
                .iter_mut()
                .zip(ends.by_ref().take(columns.points()))
            {
                self.machine.sum(height, steps, &runs[first..end], sums);
                first = end;
            }
            let outputs = tiles.made(height * lanes);
            for (outputs, column) in outputs.iter().zip(group) {
                let place = made.row * columns.outputs + column;
                for (channel, run) in made.channels.clone().zip(outputs.chunks_exact(lanes)) {
                    // SAFETY: tasks write disjoint panels, rows or lanes of the output, which `product` borrows
                    // exclusively until all of them are done; within a task no part is held while another is taken.
                    let part = unsafe {
                        let offset = self.offset(channel, place);
                        made.output.slice(offset, self.block.lanes.len())
                    };
                    copy_run(part, &run[..part.len()]);
                }
            }
        }
    }

    /// While they are in the first-level cache: a row of places at once where they lie side by side.
    fn finish(&self, made: &Row, finish: &impl Fn(usize, usize, &mut [f32])) {
        let Block { samples, lanes } = self.block;
        let columns = self.product.columns.outputs;
        let together = if lanes.len() == samples.len() {
            columns
        } else {
            1
        };
        for channel in made.channels.clone() {
            for column in (0..columns).step_by(together) {
                let offset = self.offset(channel, made.row * columns + column);
                // SAFETY: as above.
                let part = unsafe { made.output.slice(offset, together * lanes.len()) };
                finish(channel, offset, part);
            }
        }
    }
}

/// Some channels of a row of the output.
struct Row {
    channels: Range<usize>,
    row: usize,
    output: Output,
}
