//! Optimizer and moving-average updates, each in one pass over memory.

use super::{
    Gpu,
    arguments::{Address, int},
    buffers::Buffer,
    kernels::{launch, threads_for},
};
use crate::engine::nn::backend::Result;

/// See [`crate::engine::nn::Backend::adam`].
pub(super) fn adam(
    gpu: &Gpu,
    numbers: &mut Buffer,
    gradients: &Buffer,
    [first, second]: [&mut Buffer; 2],
    knobs: &Buffer,
    guard: &Buffer,
) -> Result<()> {
    let learned = first.length();
    let weights = numbers.at(0..learned);
    let gradients = gradients.at(0..learned);
    let (grid, length) = (threads_for(int(learned)?), int(learned)?);
    let (first, second) = (first.start(), second.at(0..learned));
    let (knobs, guard) = (knobs.start(), guard.start());
    launch!(
        gpu, adam, grid, length, weights, gradients, first, second, knobs, guard
    )
}

/// to ← decay·to + (1 − decay)·from, for `length` values.
pub(super) fn blend(
    gpu: &Gpu,
    (to, from, decay): (Address, Address, Address),
    length: usize,
    guard: &Buffer,
) -> Result<()> {
    let length = int(length)?;
    launch!(
        gpu,
        blend,
        threads_for(length),
        length,
        to,
        from,
        decay,
        guard.start()
    )
}
