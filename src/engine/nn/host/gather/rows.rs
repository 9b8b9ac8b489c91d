//! Input rows as tiles read them.

use std::ops::Range;

use super::{Gather, task::Block};
use crate::engine::nn::host::{
    ring::Ring,
    scratch::{self, Scratch},
    tile::{Machine, copy_run},
    winograd::InputLines,
};

/// Channels that are transformed together.
const TOGETHER: usize = 8;

/// The inputs of a block for tiles: lane l at column x of row y of channel c is
/// `numbers[(row(y) + x) · position_stride + c · channel_stride + l]`.
#[derive(Clone, Copy)]
pub(super) struct Slice<'a> {
    pub numbers: &'a [f32],
    pub channel_stride: usize,
    pub position_stride: usize,
    slots: usize,
    columns: usize,
}

impl Slice<'_> {
    pub(super) fn row(&self, y: usize) -> usize {
        y % self.slots * self.columns
    }
}

/// Input rows of a block: a view of the input, or a ring of copied rows.
pub(super) struct Rows<'a> {
    product: &'a Gather<'a>,
    block: &'a Block,
    /// The block's slab.
    input: &'a [f32],
    lanes: usize,
    copied: Option<Copied<'a>>,
}

/// Copied rows as (slot, column, channel, lane), the order in which tiles read them. They are transformed for
/// Winograd's algorithm, and missing lanes are zero.
struct Copied<'a> {
    numbers: Scratch,
    lines: Option<InputLines<'a>>,
    ring: Ring,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        product: &'a Gather<'a>,
        machine: &Machine,
        block: &'a Block,
        input: &'a [f32],
    ) -> Self {
        let features = product.inputs * product.input_places();
        let lanes = machine.lanes;
        let (columns, rows) = (&product.columns, &product.rows);
        let copies = columns.plan.is_some() || block.lanes.len() < lanes;
        let copied = copies.then(|| {
            let read = (0..rows.outputs()).map(|row| rows.span(row..row + 1).len());
            let ring = Ring::new(read.max().unwrap_or(0));
            let length = ring.slots() * columns.sums.inputs * position_stride(product, lanes);
            let plan = columns.plan.as_ref();
            Copied {
                numbers: scratch::take(length),
                lines: plan.map(|plan| InputLines::new(plan, TOGETHER, lanes)),
                ring,
            }
        });
        Self {
            product,
            block,
            input: &input[block.samples.start * features..block.samples.end * features],
            lanes,
            copied,
        }
    }

    /// Makes `rows` available and returns the view.
    pub(super) fn load(&mut self, rows: Range<usize>) -> Slice<'_> {
        let (product, lanes) = (self.product, self.lanes);
        let columns = product.columns.sums.inputs;
        let Some(copied) = &mut self.copied else {
            let width = self.block.samples.len();
            return Slice {
                numbers: &self.input[self.block.lanes.start..],
                channel_stride: product.input_places() * width,
                position_stride: width,
                slots: product.rows.inputs.max(1),
                columns,
            };
        };
        let stride = position_stride(product, lanes);
        for row in copied.ring.advance(rows) {
            let slot = copied.ring.slot(row) * columns * stride;
            copy_row(
                product,
                self.block,
                self.input,
                row,
                (
                    &mut copied.numbers[slot..][..columns * stride],
                    stride,
                    lanes,
                ),
                &mut copied.lines,
            );
        }
        Slice {
            numbers: &copied.numbers,
            channel_stride: lanes,
            position_stride: stride,
            slots: copied.ring.slots(),
            columns,
        }
    }
}

/// Values of a position: its channels and one more, so that positions are not a power of two apart and do not share
/// cache sets.
fn position_stride(product: &Gather, lanes: usize) -> usize {
    (product.inputs + 1) * lanes
}

fn copy_row(
    product: &Gather,
    block: &Block,
    input: &[f32],
    row: usize,
    (to, stride, lanes): (&mut [f32], usize, usize),
    lines: &mut Option<InputLines>,
) {
    let (width, columns) = (block.samples.len(), product.columns.inputs);
    let from = |channel: usize| {
        let first = (channel * product.rows.inputs + row) * columns * width;
        &input[first..][..columns * width]
    };
    let Some(lines) = lines else {
        for channel in 0..product.inputs {
            let to = to[channel * lanes..].chunks_mut(stride);
            widen(from(channel), &block.lanes, width, to, lanes);
        }
        return;
    };
    for first in (0..product.inputs).step_by(TOGETHER) {
        let count = TOGETHER.min(product.inputs - first);
        for (line, channel) in (first..first + count).enumerate() {
            let (from, to) = (from(channel), lines.inputs(line));
            if width == lanes {
                to[..from.len()].copy_from_slice(from);
            } else {
                widen(from, &block.lanes, width, to.chunks_mut(lanes), lanes);
            }
        }
        lines.transform(count, &mut to[first * lanes..], lanes, stride);
    }
}

/// Copies the `chosen` lanes of each run of `width` values. Missing lanes are zero.
fn widen<'a>(
    from: &[f32],
    chosen: &Range<usize>,
    width: usize,
    to: impl Iterator<Item = &'a mut [f32]>,
    lanes: usize,
) {
    for (to, from) in to.zip(from.chunks_exact(width)) {
        let from = &from[chosen.clone()];
        let (to, missing) = to[..lanes].split_at_mut(from.len());
        copy_run(to, from);
        missing.fill(0.0);
    }
}
