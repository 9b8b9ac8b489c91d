//! The image with its padding.

use std::ops::Range;

use super::MAX_VECTOR;
use crate::engine::nn::{
    Geometry,
    host::{
        buffers::{self, Buffer},
        tile::copy_run,
    },
};

/// One channel of a slab of the image with its padding. Runs of samples are padded with zeros.
pub(super) struct Padded {
    pub numbers: Buffer,
    /// Values of a position: the padded number of samples.
    pub run: usize,
    /// Positions of a row.
    pub width: usize,
}

impl Padded {
    #[inline(always)]
    pub(super) fn new(g: &Geometry, samples: usize) -> Self {
        let run = samples.next_multiple_of(MAX_VECTOR);
        let reach =
            |size: usize, out: usize| (size + 2 * g.padding).max((out - 1) * g.stride + g.kernel);
        let width = reach(g.width, g.out_width);
        let mut numbers = buffers::take(reach(g.height, g.out_height) * width * run);
        numbers.fill(0.0);
        Self {
            numbers,
            run,
            width,
        }
    }

    #[inline(always)]
    pub(super) fn fill(
        &mut self,
        image: &[f32],
        g: &Geometry,
        samples: &Range<usize>,
        channel: usize,
    ) {
        let own = samples.len();
        let plane = &image[samples.start * g.channels * g.image() + channel * g.image() * own..];
        let rows = self.numbers.chunks_exact_mut(self.width * self.run);
        let lines = plane.chunks_exact(g.width * own).take(g.height);
        for (row, line) in rows.skip(g.padding).zip(lines) {
            let row = &mut row[g.padding * self.run..];
            if own == self.run {
                row[..line.len()].copy_from_slice(line);
                continue;
            }
            for (to, from) in row.chunks_exact_mut(self.run).zip(line.chunks_exact(own)) {
                copy_run(&mut to[..own], from);
            }
        }
    }
}
