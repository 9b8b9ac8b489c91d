//! A part of a gather that one thread computes.

use std::ops::Range;

use super::{
    Gather,
    panels::Panels,
    rows::{Rows, Slice},
};
use crate::engine::nn::host::{
    output::SharedOutput,
    tile::{Machine, Segment, Steps, copy_run},
    winograd::Tiles,
};

/// Some samples of one slab.
pub(super) struct Block {
    /// The samples of the slab, in the batch.
    pub samples: Range<usize>,
    /// The samples of this block, in the slab.
    pub lanes: Range<usize>,
}

/// Computes the outputs of some panels, in some rows, for one block of samples.
pub(super) struct Task<'a> {
    pub product: &'a Gather<'a>,
    pub machine: Machine,
    pub panels: &'a Panels,
    /// The panels of this task.
    pub chosen: Range<usize>,
    pub block: &'a Block,
    pub rows: Range<usize>,
}

impl Task<'_> {
    /// Writes the outputs row by row and calls `epilogue` for parts of them.
    pub(super) fn run(
        self,
        input: &[f32],
        output: SharedOutput,
        epilogue: &impl Fn(usize, usize, &mut [f32]),
    ) {
        let product = self.product;
        let mut rows = Rows::new(product, &self.machine, self.block, input);
        let contiguous = product.inputs == 1 && product.columns.sums.is_contiguous();
        let (mut segments, mut ends) = (Vec::new(), Vec::new());
        let mut tiles = Tiles::new(product.columns.interpolation());
        for row in self.rows.clone() {
            let slice = rows.load(product.rows.span(row..row + 1));
            self.find_segments(row, &slice, contiguous, (&mut segments, &mut ends));
            let step = if contiguous {
                slice.position_stride
            } else {
                slice.channel_stride
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
                self.tiles(steps, &segments, &ends, &made, &mut tiles);
                self.run_epilogue(&made, epilogue);
            }
        }
    }

    /// Finds the segments that the tiles of a row sum, and where those of each tile end.
    fn find_segments(
        &self,
        row: usize,
        slice: &Slice,
        contiguous: bool,
        (segments, ends): (&mut Vec<Segment>, &mut Vec<usize>),
    ) {
        let Gather {
            inputs,
            columns,
            kernel,
            ..
        } = self.product;
        let (sums, across) = (&columns.sums, columns.taps(*kernel));
        segments.clear();
        ends.clear();
        for column in 0..sums.outputs() {
            let reads = sums.reads(column);
            for &(down, y) in self.product.rows.reads(row) {
                let from = slice.row(y);
                // Taps of one channel that read consecutive positions form one segment.
                if let (true, Some(&(tap, x))) = (contiguous, reads.first()) {
                    segments.push(Segment {
                        column: down * across + tap,
                        number: (from + x) * slice.position_stride,
                        steps: reads.len(),
                    });
                    continue;
                }
                segments.extend(reads.iter().map(|&(tap, x)| Segment {
                    column: (down * across + tap) * inputs,
                    number: (from + x) * slice.position_stride,
                    steps: *inputs,
                }));
            }
            ends.push(segments.len());
        }
    }

    /// Offset of a channel and position in the output, for the first lane of the block.
    fn offset(&self, channel: usize, place: usize) -> usize {
        let (samples, places) = (&self.block.samples, self.product.output_places());
        let first = samples.start * self.product.outputs * places + self.block.lanes.start;
        first + (channel * places + place) * samples.len()
    }

    fn tiles(
        &self,
        steps: Steps,
        segments: &[Segment],
        ends: &[usize],
        made: &Row,
        tiles: &mut Tiles,
    ) {
        let (columns, lanes) = (&self.product.columns, self.machine.lanes);
        let height = made.channels.len();
        let (mut first, mut ends) = (0, ends.iter());
        for group in columns.groups() {
            for (sums, &end) in tiles
                .sums
                .iter_mut()
                .zip(ends.by_ref().take(columns.points()))
            {
                self.machine.sum(height, steps, &segments[first..end], sums);
                first = end;
            }
            let outputs = tiles.transform(height * lanes);
            for (outputs, column) in outputs.iter().zip(group) {
                let place = made.row * columns.outputs + column;
                for (channel, run) in made.channels.clone().zip(outputs.chunks_exact(lanes)) {
                    // SAFETY: tasks differ in panel, row or lanes, so they write disjoint parts. `Gather::product`
                    // borrows the output exclusively until all tasks are done. Within this task no other part is held
                    // here.
                    let part = unsafe {
                        let offset = self.offset(channel, place);
                        made.output.slice(offset, self.block.lanes.len())
                    };
                    copy_run(part, &run[..part.len()]);
                }
            }
        }
    }

    /// Calls `epilogue` for a row of outputs while they are in the L1 cache; for all columns at once if they are
    /// contiguous.
    fn run_epilogue(&self, made: &Row, epilogue: &impl Fn(usize, usize, &mut [f32])) {
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
                // SAFETY: these are the parts that `tiles` of this task wrote, and it holds none of them any more.
                let part = unsafe { made.output.slice(offset, together * lanes.len()) };
                epilogue(channel, offset, part);
            }
        }
    }
}

/// Some channels of one output row.
struct Row {
    channels: Range<usize>,
    row: usize,
    output: SharedOutput,
}
