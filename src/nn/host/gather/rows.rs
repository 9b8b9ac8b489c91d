//! Rows of the input as tiles read them.

use std::ops::Range;

use super::{Gather, task::Block};
use crate::nn::host::{
    ring::Ring,
    scratch::{self, Scratch},
    tile::{Machine, copy_run},
    winograd::Lines,
};

/// Channels whose lines are transformed together.
const TOGETHER: usize = 8;

/// Where tiles find the inputs of a block: the number of lane l at column x of row y of channel c is
/// `numbers[(row(y) + x) · place + c · channel + l]`.
#[derive(Clone, Copy)]
pub struct Slice<'a> {
    pub numbers: &'a [f32],
    pub channel: usize,
    pub place: usize,
    slots: usize,
    columns: usize,
}

impl Slice<'_> {
    pub fn row(&self, y: usize) -> usize {
        y % self.slots * self.columns
    }
}

/// Rows of a block: where they lie, or a copy of the last ones that were asked for.
pub struct Rows<'a> {
    product: &'a Gather<'a>,
    block: &'a Block,
    /// Those of the block's slab.
    input: &'a [f32],
    lanes: usize,
    copied: Option<Copied<'a>>,
}

/// Rows, transformed where columns are filtered, with zeros for the lanes that are missing, as (slot, column, channel,
/// lane): the order in which tiles read them.
struct Copied<'a> {
    numbers: Scratch,
    lines: Option<Lines<'a>>,
    ring: Ring,
}

impl<'a> Rows<'a> {
    pub fn new(
        product: &'a Gather<'a>,
        machine: &Machine,
        block: &'a Block,
        input: &'a [f32],
    ) -> Self {
        let features = product.inputs * product.input_places();
        let lanes = machine.lanes;
        let (columns, rows) = (&product.columns, &product.rows);
        let copies = columns.filtering.is_some() || block.lanes.len() < lanes;
        let copied = copies.then(|| {
            let read = (0..rows.outputs()).map(|row| rows.span(row..row + 1).len());
            let ring = Ring::new(read.max().unwrap_or(0));
            let length = ring.slots() * columns.sums.inputs * place(product, lanes);
            let filtering = columns.filtering.as_ref();
            Copied {
                numbers: scratch::take(length),
                lines: filtering.map(|filtering| Lines::new(filtering, TOGETHER, lanes)),
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

    /// Some rows.
    pub fn bring(&mut self, rows: Range<usize>) -> Slice<'_> {
        let (product, lanes) = (self.product, self.lanes);
        let columns = product.columns.sums.inputs;
        let Some(copied) = &mut self.copied else {
            let width = self.block.samples.len();
            return Slice {
                numbers: &self.input[self.block.lanes.start..],
                channel: product.input_places() * width,
                place: width,
                slots: product.rows.inputs.max(1),
                columns,
            };
        };
        let place = place(product, lanes);
        for row in copied.ring.bring(rows) {
            let slot = copied.ring.slot(row) * columns * place;
            copy_row(
                product,
                self.block,
                self.input,
                row,
                (&mut copied.numbers[slot..][..columns * place], place, lanes),
                &mut copied.lines,
            );
        }
        Slice {
            numbers: &copied.numbers,
            channel: lanes,
            place,
            slots: copied.ring.slots(),
            columns,
        }
    }
}

/// Numbers of a place: its channels, and one more, so that places are not a power of two apart, which the sets of a
/// cache would share.
fn place(product: &Gather, lanes: usize) -> usize {
    (product.inputs + 1) * lanes
}

fn copy_row(
    product: &Gather,
    block: &Block,
    input: &[f32],
    row: usize,
    (to, place, lanes): (&mut [f32], usize, usize),
    lines: &mut Option<Lines>,
) {
    let (width, columns) = (block.samples.len(), product.columns.inputs);
    let from = |channel: usize| {
        let first = (channel * product.rows.inputs + row) * columns * width;
        &input[first..][..columns * width]
    };
    let Some(lines) = lines else {
        for channel in 0..product.inputs {
            let to = to[channel * lanes..].chunks_mut(place);
            widen(from(channel), &block.lanes, width, to, lanes);
        }
        return;
    };
    for first in (0..product.inputs).step_by(TOGETHER) {
        let count = TOGETHER.min(product.inputs - first);
        for (line, channel) in (first..first + count).enumerate() {
            let (from, to) = (from(channel), lines.inputs(line));
            match width == lanes {
                true => to[..from.len()].copy_from_slice(from),
                false => widen(from, &block.lanes, width, to.chunks_mut(lanes), lanes),
            }
        }
        lines.transform(count, &mut to[first * lanes..], lanes, place);
    }
}

/// Some lanes of runs as wide as `width`, with zeros for those that are missing.
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
