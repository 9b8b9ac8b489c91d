//! Upsampling and pooling, a coarse row of a channel at a time.

use rayon::prelude::*;

use crate::nn::pooling::{Cells, Sampling};

/// out += scale · (x spread over cells, or summed over them), both (features, batch).
pub fn pool(
    cells: &Cells,
    sampling: Sampling,
    scale: f32,
    batch: usize,
    x: &[f32],
    out: &mut [f32],
) {
    let (coarse, fine) = (cells.width * batch, cells.width * cells.area() * batch);
    match sampling {
        Sampling::Spread => out
            .par_chunks_exact_mut(fine)
            .zip(x.par_chunks_exact(coarse))
            .for_each(|(fine, coarse)| {
                pair(cells, batch, |c, f| add(&mut fine[f], &coarse[c], scale))
            }),
        Sampling::Collect => out
            .par_chunks_exact_mut(coarse)
            .zip(x.par_chunks_exact(fine))
            .for_each(|(coarse, fine)| {
                pair(cells, batch, |c, f| add(&mut coarse[c], &fine[f], scale))
            }),
    }
}

/// Visits the runs of numbers that belong together in one coarse row and the fine rows of its cells.
fn pair(
    cells: &Cells,
    batch: usize,
    mut visit: impl FnMut(std::ops::Range<usize>, std::ops::Range<usize>),
) {
    let run = |position: usize| position * batch..(position + 1) * batch;
    for row in 0..cells.rows {
        for x in 0..cells.width {
            for column in 0..cells.columns {
                visit(run(x), run(cells.feature(x, (row, column))));
            }
        }
    }
}

fn add(sum: &mut [f32], part: &[f32], scale: f32) {
    sum.iter_mut()
        .zip(part)
        .for_each(|(sum, &x)| *sum += scale * x);
}
