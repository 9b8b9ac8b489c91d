//! Direct convolution by gathering: each output sums weight times input over the taps that reach it and all input
//! channels. Convolutions, transposed convolutions and the input gradients of both have this form.
//!
//! The samples that one tap reads at one position are contiguous in a slab (see [`super::slab`]). A register tile of
//! output channels × samples therefore reads its inputs in place: no im2col, no multiplication with padding, no waste
//! for strides. Layers with many channels use Winograd's algorithm along the columns (see [`super::winograd`]): input
//! rows are copied and transformed, and tiles sum products of transformed values.

mod columns;
mod panels;
mod rows;
mod task;

use rayon::prelude::*;

use super::{axis::Axis, output::SharedOutput, slab::slab_ranges, tile::Machine};
pub(super) use columns::Columns;
use panels::Panels;
use task::{Block, Task};

/// Tasks for each thread. The number of tasks does not change the results.
const TASKS: usize = 2;
/// Multiplications below which a product runs on one thread.
const SMALL: usize = 1 << 18;

/// A weight viewed as (outputs, inputs, taps): output o, input i and tap t are at
/// `numbers[o · output_step + i · input_step + t]`.
pub(super) struct Weight<'a> {
    pub numbers: &'a [f32],
    pub output_step: usize,
    pub input_step: usize,
}

/// A gather from slabs of (inputs, positions, samples) to slabs of (outputs, positions, samples).
pub(super) struct Gather<'a> {
    pub weight: Weight<'a>,
    pub inputs: usize,
    pub outputs: usize,
    pub rows: Axis,
    pub columns: Columns,
    /// Number of taps along each axis.
    pub kernel: usize,
    pub batch: usize,
}

impl Gather<'_> {
    fn input_places(&self) -> usize {
        self.rows.inputs * self.columns.inputs
    }

    fn output_places(&self) -> usize {
        self.rows.outputs() * self.columns.outputs
    }

    /// Overwrites `output` and calls `epilogue(channel, offset, part)` for each part of it. A part lies within one
    /// channel.
    pub(super) fn product(
        &self,
        input: &[f32],
        output: &mut [f32],
        epilogue: impl Fn(usize, usize, &mut [f32]) + Sync,
    ) {
        assert_eq!(input.len(), self.inputs * self.input_places() * self.batch);
        assert_eq!(
            output.len(),
            self.outputs * self.output_places() * self.batch
        );
        if output.is_empty() {
            return;
        }
        let machine = Machine::detect();
        let work = self.inputs * self.rows.pairs() * self.columns.sums.pairs();
        let small = work * self.outputs * self.batch < SMALL;
        let panels = Panels::new(self, &machine, small);
        let blocks = slab_ranges(self.batch)
            .flat_map(|samples| {
                let width = samples.len();
                (0..width).step_by(machine.lanes).map(move |first| Block {
                    samples: samples.clone(),
                    lanes: first..(first + machine.lanes).min(width),
                })
            })
            .collect::<Vec<_>>();
        let wanted = TASKS * rayon::current_num_threads();
        let bands = wanted.div_ceil(blocks.len()).min(self.rows.outputs());
        let band = self.rows.outputs().div_ceil(bands);
        let bands = self.rows.outputs().div_ceil(band);
        let groups = wanted.div_ceil(blocks.len() * bands).min(panels.count());
        let group = panels.count().div_ceil(groups);
        let output = SharedOutput::new(output);
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
            task.run(input, output, &epilogue);
        };
        let tasks = groups * blocks.len() * bands;
        if small {
            (0..tasks).for_each(task);
        } else {
            (0..tasks).into_par_iter().for_each(task);
        }
    }
}
