//! Loops over single numbers.

use super::{
    Gpu,
    arguments::{Address, Below, Function, int},
    buffers::Buffer,
    kernels::{each, launch},
};
use crate::nn::{Activation, backend::Result};

/// Activations of two batches as those of one, the second behind the first.
pub fn side_by_side(
    gpu: &Gpu,
    (x, batch): (&Buffer, usize),
    (second, other): (&Buffer, usize),
) -> Result<Buffer> {
    let features = int(x.length() / batch.max(1))?;
    let both = gpu.take(x.length() + second.length())?;
    let grid = each(int(both.length())?);
    let (batch, other) = (int(batch)?, int(other)?);
    let (x, second, to) = (x.start(), second.start(), both.start());
    launch!(
        gpu,
        side_by_side,
        grid,
        features,
        batch,
        other,
        x,
        second,
        to
    )?;
    Ok(both)
}

/// So many times one value.
pub fn fill(gpu: &Gpu, value: f32, length: usize) -> Result<Buffer> {
    let (y, length) = (gpu.take(length)?, int(length)?);
    launch!(gpu, fill, each(length), length, value, y.start())?;
    Ok(y)
}

/// f(a + b), or f(a).
pub fn join(gpu: &Gpu, a: &Buffer, b: Option<&Buffer>, activation: Activation) -> Result<Buffer> {
    let (length, y) = (int(a.length())?, gpu.take(a.length())?);
    let b = b.map_or(Address::NONE, Buffer::start);
    let f = Function::from(activation);
    launch!(gpu, join, each(length), length, a.start(), b, f, y.start())?;
    Ok(y)
}

/// A gradient that is handed on.
pub fn through(gpu: &Gpu, upstream: &Buffer, below: &Below) -> Result<Buffer> {
    let (length, y) = (int(upstream.length())?, gpu.take(upstream.length())?);
    launch!(
        gpu,
        through,
        each(length),
        length,
        upstream.start(),
        y.start(),
        *below
    )?;
    Ok(y)
}
