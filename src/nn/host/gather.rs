//! Products that gather: each output sums, over the taps of a kernel that reach it and all input channels, weight times
//! input. A convolution is one forwards, a transposed convolution is one, the input gradients of both are, and so is
//! a dense layer, whose kernel has one tap.
//!
//! The numbers that one tap reads at one place are a run as long as the slab (see [`super::slab`]), so a register tile of
//! output channels × samples reads its inputs where they lie: nothing is unfolded, no padding is multiplied and a
//! stride wastes nothing.

use std::{cell::RefCell, ops::Range};

use rayon::prelude::*;

use super::{
    output::Output,
    slab::{SLAB, slabs},
    tile::{MOST_LANES, MOST_ROWS, Machine, Run, Steps, copy_run},
};

/// Numbers that a task reads of its inputs: 512 KiB, a part of a common second-level cache.
const SLICE: usize = 1 << 17;
/// Parallel tasks that a small problem is cut into where it can be.
const TASKS: usize = 8;
/// Multiplications under which a product is not worth another thread.
const SMALL: usize = 1 << 18;

/// Along one axis: for each place of the output, the taps that reach it, each with the place of the input it reads.
pub struct Axis {
    inputs: usize,
    ends: Vec<usize>,
    reads: Vec<(usize, usize)>,
}

impl Axis {
    /// `source` gives the place of the input that a tap reads for a place of the output, if any.
    pub fn new(
        (inputs, outputs): (usize, usize),
        taps: usize,
        source: impl Fn(usize, usize) -> Option<usize>,
    ) -> Self {
        let mut axis = Self {
            inputs,
            ends: Vec::with_capacity(outputs),
            reads: Vec::with_capacity(outputs * taps),
        };
        for place in 0..outputs {
            let reads = (0..taps).filter_map(|tap| Some((tap, source(place, tap)?)));
            axis.reads.extend(reads);
            axis.ends.push(axis.reads.len());
        }
        axis
    }

    fn outputs(&self) -> usize {
        self.ends.len()
    }

    fn reads(&self, place: usize) -> &[(usize, usize)] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.reads[start..self.ends[place]]
    }

    /// The places of the input that these places of the output read, and what lies between them.
    fn span(&self, places: Range<usize>) -> Range<usize> {
        let read = || places.clone().flat_map(|place| self.reads(place));
        let places = || read().map(|&(_, place)| place);
        places().min().unwrap_or(0)..places().max().map_or(0, |last| last + 1)
    }
}

/// A weight read as (outputs, inputs, taps): the number of output o, input i and tap t is
/// `numbers[o · output_step + i · input_step + t]`.
pub struct Weight<'a> {
    pub numbers: &'a [f32],
    pub output_step: usize,
    pub input_step: usize,
}

/// One product: slabs of (inputs, places, samples) to slabs of (outputs, places, samples).
pub struct Gather<'a> {
    pub weight: Weight<'a>,
    pub inputs: usize,
    pub outputs: usize,
    pub rows: Axis,
    pub columns: Axis,
    /// Taps along each axis.
    pub kernel: usize,
    pub batch: usize,
}

impl Gather<'_> {
    fn input_places(&self) -> usize {
        self.rows.inputs * self.columns.inputs
    }

    fn output_places(&self) -> usize {
        self.rows.outputs() * self.columns.outputs()
    }

    /// Writes all of `output`, then calls `finish(channel, offset, part)` for parts of it, each within one channel.
    pub fn product(
        &self,
        input: &[f32],
        output: &mut [f32],
        finish: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        assert_eq!(input.len(), self.inputs * self.input_places() * self.batch);
        assert_eq!(
            output.len(),
            self.outputs * self.output_places() * self.batch
        );
        if output.is_empty() {
            return;
        }
        let machine = Machine::here();
        let work = self.inputs * self.rows.reads.len() * self.columns.reads.len();
        let small = work * self.outputs * self.batch < SMALL;
        let panels = Panels::new(self, &machine, small);
        let blocks = slabs(self.batch)
            .flat_map(|samples| {
                let width = samples.len();
                (0..width).step_by(machine.lanes).map(move |first| Block {
                    samples: samples.clone(),
                    lanes: first..(first + machine.lanes).min(width),
                })
            })
            .collect::<Vec<_>>();
        let band = self.band();
        let bands = self.rows.outputs().div_ceil(band);
        let groups = TASKS.div_ceil(blocks.len() * bands).min(panels.count());
        let group = panels.count().div_ceil(groups);
        let output = Output::new(output);
        let task = |index: usize| {
            let (part, index) = (index % groups, index / groups);
            let rows = index % bands * band;
            let task = Task {
                product: self,
                machine,
                panels: &panels,
                chosen: part * group..((part + 1) * group).min(panels.count()),
                block: &blocks[index / bands],
                rows: rows..(rows + band).min(self.rows.outputs()),
            };
            task.run(input, output, &finish);
        };
        let tasks = groups * blocks.len() * bands;
        if small {
            (0..tasks).for_each(task);
        } else {
            (0..tasks).into_par_iter().for_each(task);
        }
    }

    /// Output rows of a task, so that the inputs they read fit into the cache.
    fn band(&self) -> usize {
        let row = self.inputs * self.columns.inputs * SLAB;
        let fits = |&band: &usize| self.rows.span(0..band).len() * row <= SLICE;
        (2..=self.rows.outputs())
            .take_while(fits)
            .last()
            .unwrap_or(1)
    }
}

/// The weight cut into panels of output channels, each as (taps, inputs, channels of the panel): the order in which
/// tiles read it.
struct Panels {
    numbers: Vec<f32>,
    /// Channels of a panel but the last.
    rows: usize,
    outputs: usize,
    /// Numbers of one channel.
    length: usize,
}

impl Panels {
    fn new(product: &Gather, machine: &Machine, small: bool) -> Self {
        let (inputs, taps) = (product.inputs, product.kernel * product.kernel);
        let Weight {
            numbers,
            output_step,
            input_step,
        } = product.weight;
        let (rows, length) = (machine.rows_for(product.outputs), inputs * taps);
        let mut packed = vec![0.0; product.outputs * length];
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

    fn count(&self) -> usize {
        self.outputs.div_ceil(self.rows)
    }

    /// The first channel of a panel, how many it has, and its numbers.
    fn panel(&self, index: usize) -> (usize, usize, &[f32]) {
        let first = index * self.rows;
        let rows = self.rows.min(self.outputs - first);
        let numbers = &self.numbers[first * self.length..][..rows * self.length];
        (first, rows, numbers)
    }
}

/// Some lanes of one slab.
struct Block {
    /// Those of the slab, in the batch.
    samples: Range<usize>,
    /// Within the slab.
    lanes: Range<usize>,
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
struct Task<'a> {
    product: &'a Gather<'a>,
    machine: Machine,
    panels: &'a Panels,
    chosen: Range<usize>,
    block: &'a Block,
    rows: Range<usize>,
}

thread_local! {
    static COPY: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

impl Task<'_> {
    fn run(self, input: &[f32], output: Output, finish: &impl Fn(usize, usize, &mut [f32])) {
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
        let (mut runs, mut ends) = (Vec::new(), Vec::new());
        for row in self.rows.clone() {
            for column in 0..columns.outputs() {
                for &(down, y) in self.product.rows.reads(row) {
                    let from = (y - slice.first) * columns.inputs;
                    runs.extend(columns.reads(column).iter().map(|&(tap, x)| Run {
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
                number_step: slice.plane,
            };
            let mut first = 0;
            for (place, &end) in (self.rows.start * columns.outputs()..).zip(&ends) {
                self.machine
                    .sum(height, steps, &runs[first..end], &mut sums);
                first = end;
                let rows = sums.chunks_exact(self.machine.lanes);
                for (channel, sums) in (channel..channel + height).zip(rows) {
                    let offset = start + (channel * places + place) * samples.len();
                    // SAFETY: tasks write disjoint panels, rows or lanes of the output, which `product` borrows
                    // exclusively until all of them are done.
                    let part = unsafe { output.slice(offset, lanes.len()) };
                    copy_run(part, &sums[..part.len()]);
                    finish(channel, offset, part);
                }
            }
        }
    }
}
