//! Updates of what a network has learned, in one pass over its memory.

use super::{
    Gpu,
    arguments::{Address, int},
    buffers::Buffer,
    kernels::{each, launch},
};
use crate::nn::backend::Result;

/// See [`crate::nn::Backend::adam`].
pub fn adam(
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
    let (grid, length) = (each(int(learned)?), int(learned)?);
    let (first, second) = (first.start(), second.at(0..learned));
    let (knobs, guard) = (knobs.start(), guard.start());
    launch!(
        gpu, adam, grid, length, weights, gradients, first, second, knobs, guard
    )
}

/// to ← decay·to + (1 − decay)·from, for so many numbers.
pub fn blend(
    gpu: &Gpu,
    (to, from, decay): (Address, Address, Address),
    length: usize,
    guard: &Buffer,
) -> Result<()> {
    let length = int(length)?;
    launch!(
        gpu,
        blend,
        each(length),
        length,
        to,
        from,
        decay,
        guard.start()
    )
}
