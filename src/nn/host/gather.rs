//! Products that gather: each output sums, over the taps of a kernel that reach it and all input channels, weight times
//! input. A convolution is one forwards, a transposed convolution is one, and so are the input gradients of both.
//!
//! The numbers that one tap reads at one place are a run as long as the slab (see [`super::slab`]), so a register tile of
//! output channels × samples reads its inputs where they lie: nothing is unfolded, no padding is multiplied and a
//! stride wastes nothing. A product of many channels goes through Winograd's filters along its columns instead (see
//! [`super::winograd`]): its rows are copied and transformed, and its tiles sum products of transformed numbers.

mod columns;
mod panels;
mod rows;
mod task;

use rayon::prelude::*;

use super::{axis::Axis, output::Output, slab::slabs, tile::Machine};
pub use columns::Columns;
use panels::Panels;
use task::{Block, Task};

/// Tasks for each thread; into how many a product is cut changes no number of it.
const TASKS: usize = 2;
/// Multiplications under which a product is not worth another thread.
const SMALL: usize = 1 << 18;

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
    pub columns: Columns,
    /// Taps along each axis.
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
        let work = self.inputs * self.rows.pairs() * self.columns.sums.pairs();
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
        let wanted = TASKS * rayon::current_num_threads();
        let bands = wanted.div_ceil(blocks.len()).min(self.rows.outputs());
        let band = self.rows.outputs().div_ceil(bands);
        let bands = self.rows.outputs().div_ceil(band);
        let groups = wanted.div_ceil(blocks.len() * bands).min(panels.count());
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
}
