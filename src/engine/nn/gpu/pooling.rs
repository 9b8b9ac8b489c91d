//! Upsampling and pooling. The kernels are in `kernels/pointwise.cu`.

use super::{
    Gpu,
    arguments::{CellSizes, GradientEpilogue, int},
    buffers::Buffer,
    kernels::{launch, threads_for},
};
use crate::engine::nn::{
    backend::{self, Result},
    pooling::{Pooling, Resampling},
};

/// scale·x, broadcast to cells or summed over them, followed by the epilogue if there is one.
pub(super) fn pool(
    gpu: &Gpu,
    pooling: &Pooling,
    x: &Buffer,
    batch: usize,
    epilogue: Option<backend::GradientEpilogue<Gpu>>,
) -> Result<Buffer> {
    int(x.length())?;
    let y = gpu.take(pooling.outputs() * batch)?;
    let end = epilogue
        .as_ref()
        .map_or_else(GradientEpilogue::none, GradientEpilogue::of);
    let (cells, scale) = (CellSizes::of(&pooling.cells)?, pooling.scale);
    let (grid, batch) = (threads_for(int(y.length())?), int(batch)?);
    let (from, to) = (x.start(), y.start());
    match pooling.resampling {
        Resampling::Upsample => launch!(gpu, upsample, grid, cells, batch, scale, from, to, end),
        Resampling::SumPool => launch!(gpu, sum_pool, grid, cells, batch, scale, from, to, end),
    }?;
    Ok(y)
}
