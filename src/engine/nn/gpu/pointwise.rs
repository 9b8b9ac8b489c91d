//! Elementwise operations.

use super::{
    Gpu,
    arguments::{Address, Function, GradientEpilogue, int},
    buffers::Buffer,
    kernels::{launch, threads_for},
};
use crate::engine::nn::{Activation, backend::Result};

/// Concatenates the activations of two batches; `second` comes behind.
pub(super) fn concatenate(
    gpu: &Gpu,
    (x, batch): (&Buffer, usize),
    (second, other): (&Buffer, usize),
) -> Result<Buffer> {
    let features = int(x.length() / batch.max(1))?;
    let both = gpu.take(x.length() + second.length())?;
    let grid = threads_for(int(both.length())?);
    let (batch, other) = (int(batch)?, int(other)?);
    let (x, second, to) = (x.start(), second.start(), both.start());
    launch!(
        gpu,
        concatenate,
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

/// A buffer of `length` equal values.
pub(super) fn fill(gpu: &Gpu, value: f32, length: usize) -> Result<Buffer> {
    let (y, length) = (gpu.take(length)?, int(length)?);
    launch!(gpu, fill, threads_for(length), length, value, y.start())?;
    Ok(y)
}

/// f(a + b), or f(a).
pub(super) fn add_activate(
    gpu: &Gpu,
    a: &Buffer,
    b: Option<&Buffer>,
    activation: Activation,
) -> Result<Buffer> {
    let (length, y) = (int(a.length())?, gpu.take(a.length())?);
    let b = b.map_or(Address::NONE, Buffer::start);
    let f = Function::from(activation);
    launch!(
        gpu,
        add_activate,
        threads_for(length),
        length,
        a.start(),
        b,
        f,
        y.start()
    )?;
    Ok(y)
}

/// Applies the epilogue to a copy of `upstream`.
pub(super) fn accumulate_gradient(
    gpu: &Gpu,
    upstream: &Buffer,
    epilogue: &GradientEpilogue,
) -> Result<Buffer> {
    let (length, y) = (int(upstream.length())?, gpu.take(upstream.length())?);
    launch!(
        gpu,
        accumulate_gradient,
        threads_for(length),
        length,
        upstream.start(),
        y.start(),
        *epilogue
    )?;
    Ok(y)
}
