//! Upsampling and pooling; a task handles one coarse row of one channel.

use rayon::prelude::*;

use super::{
    Host,
    buffers::{self, Buffer},
    epilogue::Epilogue,
    pointwise::{add, copy_scaled},
    slab::slab_ranges,
};
use crate::engine::nn::{
    backend::GradientEpilogue,
    pooling::{Cells, Pooling, Resampling},
};

/// scale·x, broadcast to cells or summed over them, followed by the epilogue if there is one.
pub(super) fn pool(
    pooling: &Pooling,
    x: &[f32],
    batch: usize,
    epilogue: Option<GradientEpilogue<Host>>,
) -> Buffer {
    let Pooling {
        cells,
        resampling,
        scale,
    } = pooling;
    let (coarse, fine) = (cells.coarse(), cells.fine());
    let (from, to) = match resampling {
        Resampling::Upsample => (coarse, fine),
        Resampling::SumPool => (fine, coarse),
    };
    let epilogue = epilogue.as_ref().map(Epilogue::of);
    let mut out = buffers::take(to * batch);
    for samples in slab_ranges(batch) {
        let x = &x[from * samples.start..from * samples.end];
        let start = to * samples.start;
        let out = &mut out[start..to * samples.end];
        let epilogue = |offset: usize, part: &mut [f32]| {
            if let Some(epilogue) = &epilogue {
                epilogue.apply(start + offset, part, 1.0);
            }
        };
        slab(cells, *resampling, *scale, samples.len(), x, out, epilogue);
    }
    out
}

/// Upsamples or pools one slab, in parallel.
fn slab(
    cells: &Cells,
    resampling: Resampling,
    scale: f32,
    batch: usize,
    x: &[f32],
    out: &mut [f32],
    epilogue: impl Fn(usize, &mut [f32]) + Sync,
) {
    let (coarse, fine) = (cells.width * batch, cells.width * cells.area() * batch);
    match resampling {
        Resampling::Upsample => out
            .par_chunks_exact_mut(fine)
            .zip(x.par_chunks_exact(coarse))
            .enumerate()
            .for_each(|(row, (part, coarse))| {
                pair(cells, batch, |c, f, _| {
                    copy_scaled(&mut part[f], scale, &coarse[c]);
                });
                epilogue(row * fine, part);
            }),
        Resampling::SumPool => out
            .par_chunks_exact_mut(coarse)
            .zip(x.par_chunks_exact(fine))
            .enumerate()
            .for_each(|(row, (part, fine))| {
                pair(cells, batch, |c, f, first| {
                    if first {
                        copy_scaled(&mut part[c], scale, &fine[f]);
                    } else {
                        add(&mut part[c], scale, &fine[f]);
                    }
                });
                epilogue(row * coarse, part);
            }),
    }
}

/// Calls `visit(coarse, fine, first)` with the ranges of each coarse position and each fine position of its cell, in
/// one coarse row and its fine rows. `first` is true for the first position of a cell.
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
