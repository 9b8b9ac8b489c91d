//! A part of a product that one thread makes.

use std::{cell::RefCell, ops::Range};

use super::{
    super::{
        output::Output,
        tile::{MOST_LANES, MOST_ROWS, Machine, Run, Steps, copy_run},
    },
    Gather,
    panels::Panels,
};

/// Some lanes of one slab.
pub struct Block {
    /// Those of the slab, in the batch.
    pub samples: Range<usize>,
    /// Within the slab.
    pub lanes: Range<usize>,
}

/// Inputs as a task reads them: the number of lane l at place p of channel c is `numbers[c · plane + p · place + l]`,
/// places counted from row `first`.
struct Slice<'a> {
    numbers: &'a [f32],
    plane: usize,
    place: usize,
    first: usize,
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

thread_local! {
    static COPY: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Task<'_> {
    /// Writes the outputs, then calls `finish` for parts of them.
    pub fn run(self, input: &[f32], output: Output, finish: &impl Fn(usize, usize, &mut [f32])) {
        let Block { samples, lanes } = self.block;
        let (width, places) = (samples.len(), self.product.input_places());
        let input = &input[samples.start * self.product.inputs * places..];
        if lanes.len() == self.machine.lanes {
            let slice = Slice {
                numbers: &input[lanes.start..],
                plane: places * width,
                place: width,
                first: 0,
            };
            return self.tiles(slice, output, finish);
        }
        let mut copy = COPY.take();
        let slice = self.widen(input, &mut copy);
        self.tiles(slice, output, finish);
        COPY.set(copy);
    }

    /// The inputs of this task with zeros for the lanes that are missing.
    fn widen<'a>(&self, input: &[f32], copy: &'a mut Vec<f32>) -> Slice<'a> {
        let Gather {
            inputs,
            columns,
            rows,
            ..
        } = self.product;
        let (lanes, places) = (self.machine.lanes, self.product.input_places());
        let width = self.block.samples.len();
        let span = rows.span(self.rows.clone());
        let (first, plane) = (span.start, span.len() * columns.inputs * lanes);
        copy.resize((plane * inputs).max(copy.len()), 0.0);
        if plane > 0 {
            for (channel, plane) in copy.chunks_exact_mut(plane).take(*inputs).enumerate() {
                let places = &input[(channel * places + first * columns.inputs) * width..];
                for (run, numbers) in plane.chunks_exact_mut(lanes).zip(places.chunks(width)) {
                    let numbers = &numbers[self.block.lanes.clone()];
                    let (run, missing) = run.split_at_mut(numbers.len());
                    copy_run(run, numbers);
                    missing.fill(0.0);
                }
            }
        }
        Slice {
            numbers: copy,
            plane: plane.max(1),
            place: lanes,
            first,
        }
    }

    fn tiles(&self, slice: Slice, output: Output, finish: &impl Fn(usize, usize, &mut [f32])) {
        let Gather {
            inputs,
            columns,
            kernel,
            outputs,
            ..
        } = self.product;
        let places = self.product.output_places();
        let Block { samples, lanes } = self.block;
        let start = samples.start * outputs * places + lanes.start;
        let offset =
            |channel: usize, place: usize| start + (channel * places + place) * samples.len();
        let part = |channel: usize, place: usize, count: usize| {
            // SAFETY: tasks write disjoint panels, rows or lanes of the output, which `product` borrows exclusively until
            // all of them are done; within a task no part is held while another is taken.
            unsafe { output.slice(offset(channel, place), count * lanes.len()) }
        };
        let side_by_side = *inputs == 1 && columns.are_side_by_side();
        let (mut runs, mut ends) = (Vec::new(), Vec::new());
        for row in self.rows.clone() {
            for column in 0..columns.outputs() {
                for &(down, y) in self.product.rows.reads(row) {
                    let from = (y - slice.first) * columns.inputs;
                    let reads = columns.reads(column);
                    // Taps of one channel that read places side by side are one run.
                    if let (true, Some(&(tap, x))) = (side_by_side, reads.first()) {
                        runs.push(Run {
                            column: down * kernel + tap,
                            number: (from + x) * slice.place,
                            steps: reads.len(),
                        });
                        continue;
                    }
                    runs.extend(reads.iter().map(|&(tap, x)| Run {
                        column: (down * kernel + tap) * inputs,
                        number: (from + x) * slice.place,
                        steps: *inputs,
                    }));
                }
                ends.push(runs.len());
            }
        }
        let mut sums = [0.0; MOST_ROWS * MOST_LANES];
        for panel in self.chosen.clone() {
            let (channel, height, weights) = self.panels.panel(panel);
            let steps = Steps {
                weights,
                weight_step: height,
                numbers: slice.numbers,
                number_step: if side_by_side {
                    slice.place
                } else {
                    slice.plane
                },
            };
            let mut first = 0;
            for row in self.rows.clone() {
                let ends = &ends[(row - self.rows.start) * columns.outputs()..];
                for (column, &end) in ends[..columns.outputs()].iter().enumerate() {
                    self.machine
                        .sum(height, steps, &runs[first..end], &mut sums);
                    first = end;
                    let place = row * columns.outputs() + column;
                    let rows = sums.chunks_exact(self.machine.lanes);
                    for (channel, sums) in (channel..channel + height).zip(rows) {
                        let part = part(channel, place, 1);
                        copy_run(part, &sums[..part.len()]);
                    }
                }
                // While they are in the first-level cache: a row of places at once where they lie side by side.
                let together = if lanes.len() == samples.len() {
                    columns.outputs()
                } else {
                    1
                };
                let places = row * columns.outputs()..(row + 1) * columns.outputs();
                for channel in channel..channel + height {
                    for place in places.clone().step_by(together) {
                        finish(
                            channel,
                            offset(channel, place),
                            part(channel, place, together),
                        );
                    }
                }
            }
        }
    }
}
