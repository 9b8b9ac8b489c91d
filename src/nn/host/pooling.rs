//! Upsampling and pooling, a coarse row of a channel at a time.

use rayon::prelude::*;

use super::{
    Host,
    below::Finish,
    buffers::{self, Buffer},
    pointwise::{add, copy_scaled},
    slab::slabs,
};
use crate::nn::{
    backend::Below,
    pooling::{Cells, Pooling, Sampling},
};

/// scale · (x spread over cells, or summed over them), finished where there is something below.
pub fn pool(pooling: &Pooling, x: &[f32], batch: usize, below: Option<Below<Host>>) -> Buffer {
    let Pooling {
        cells,
        sampling,
        scale,
    } = pooling;
    let (coarse, fine) = (cells.coarse(), cells.fine());
    let (from, to) = match sampling {
        Sampling::Spread => (coarse, fine),
        Sampling::Collect => (fine, coarse),
    };
    let finish = below.as_ref().map(Finish::of);
    let mut out = buffers::take(to * batch);
    for samples in slabs(batch) {
        let x = &x[from * samples.start..from * samples.end];
        let start = to * samples.start;
        let out = &mut out[start..to * samples.end];
        let finish = |offset: usize, part: &mut [f32]| {
            if let Some(finish) = &finish {
                finish.apply(start + offset, part, 1.0);
            }
        };
        slab(cells, *sampling, *scale, samples.len(), x, out, finish);
    }
    out
}

/// The same for one slab, in parallel.
fn slab(
    cells: &Cells,
    sampling: Sampling,
    scale: f32,
    batch: usize,
    x: &[f32],
    out: &mut [f32],
    finish: impl Fn(usize, &mut [f32]) + Sync,
) {
    let (coarse, fine) = (cells.width * batch, cells.width * cells.area() * batch);
    match sampling {
        Sampling::Spread => out
            .par_chunks_exact_mut(fine)
            .zip(x.par_chunks_exact(coarse))
            .enumerate()
            .for_each(|(row, (part, coarse))| {
                pair(cells, batch, |c, f, _| {
                    copy_scaled(&mut part[f], scale, &coarse[c]);
                });
                finish(row * fine, part);
            }),
        Sampling::Collect => out
            .par_chunks_exact_mut(coarse)
            .zip(x.par_chunks_exact(fine))
            .enumerate()
            .for_each(|(row, (part, fine))| {
                pair(cells, batch, |c, f, first| match first {
                    true => copy_scaled(&mut part[c], scale, &fine[f]),
                    false => add(&mut part[c], scale, &fine[f]),
                });
                finish(row * coarse, part);
            }),
    }
}

/// Visits the runs of numbers that belong together in one coarse row and the fine rows of its cells, and says whether
/// it is the first of its cell.
fn pair(
    cells: &Cells,
    batch: usize,
    mut visit: impl FnMut(std::ops::Range<usize>, std::ops::Range<usize>, bool),
) {
    let run = |position: usize| position * batch..(position + 1) * batch;
    for row in 0..cells.rows {
        for x in 0..cells.width {
            for column in 0..cells.columns {
                let first = (row, column) == (0, 0);
                visit(run(x), run(cells.feature(x, (row, column))), first);
            }
        }
    }
}
