//! Upsampling and pooling; the kernels are in `kernels/pointwise.cu`.

use super::{
    Gpu,
    arguments::{Below, CellSizes, int},
    buffers::Buffer,
    kernels::{each, launch},
};
use crate::nn::{
    backend::{self, Result},
    pooling::{Pooling, Sampling},
};

/// scale · (x spread over cells, or summed over them), finished where there is something below.
pub fn pool(
    gpu: &Gpu,
    pooling: &Pooling,
    x: &Buffer,
    batch: usize,
    below: Option<backend::Below<Gpu>>,
) -> Result<Buffer> {
    int(x.length())?;
    let y = gpu.take(pooling.outputs() * batch)?;
    let end = below.as_ref().map_or_else(Below::nothing, Below::of);
    let (cells, scale) = (CellSizes::of(&pooling.cells)?, pooling.scale);
    let (grid, batch) = (each(int(y.length())?), int(batch)?);
    let (from, to) = (x.start(), y.start());
    match pooling.sampling {
        Sampling::Spread => launch!(gpu, spread, grid, cells, batch, scale, from, to, end),
        Sampling::Collect => launch!(gpu, collect, grid, cells, batch, scale, from, to, end),
    }?;
    Ok(y)
}
