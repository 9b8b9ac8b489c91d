//! Spectral normalization of layers: power iteration, and the gradient through σ.

use super::{
    Gpu,
    arguments::{Address, LAYERS, NormalizedLayer, NormalizedLayers, int},
    buffers::Buffer,
    kernels::{THREADS, blocks, each, launch},
};
use crate::nn::{
    Weights,
    backend::Result,
    layer::Affine,
    spectral::{FIGURES, Iteration},
};

/// Rows that a block of `spectral_up` takes: a warp for each.
const ROWS: usize = THREADS as usize / 32;
/// Parts of ⟨G, W⟩.
const DOTS: usize = 32;

/// See [`crate::nn::Backend::iterate`].
pub fn iterate(
    gpu: &Gpu,
    layers: &[Iteration],
    numbers: &mut Buffer,
    figures: &mut Buffer,
    guard: Address,
) -> Result<()> {
    for layers in layers.chunks(LAYERS) {
        together(gpu, layers, numbers, figures, guard)?;
    }
    Ok(())
}

/// Layers of one table.
fn together(
    gpu: &Gpu,
    layers: &[Iteration],
    numbers: &mut Buffer,
    figures: &mut Buffer,
    guard: Address,
) -> Result<()> {
    let mut table = NormalizedLayers::default();
    let (mut length, mut width, mut rows, mut most) = (0, 0, 0, 0);
    for (to, layer) in table.0.iter_mut().zip(layers) {
        let layout = &layer.layout;
        *to = NormalizedLayer {
            weight: int(layer.weight)?,
            blocks: int(layout.blocks)?,
            rows: int(layout.rows)?,
            columns: int(layout.columns)?,
            u: int(layer.u)?,
            v: int(layer.v)?,
            figures: int(layer.figures)?,
            iterations: int(layer.iterations)?,
            scratch: int(length)?,
        };
        length += layout.width() + 2 * layout.rows;
        width = width.max(layout.width());
        rows = rows.max(layout.rows);
        most = most.max(layer.iterations);
    }
    let scratch = gpu.take(length)?;
    let count = int(layers.len())?.unsigned_abs();
    let down = blocks(int(width)?.unsigned_abs().div_ceil(THREADS), count, 1);
    let up = blocks(int(rows.div_ceil(ROWS))?.unsigned_abs(), count, 1);
    let (numbers, figures, scratch) = (numbers.start(), figures.start(), scratch.start());
    for iteration in 0..int(most.max(1))? {
        if most > 0 {
            launch!(
                gpu,
                spectral_down,
                down,
                table,
                iteration,
                guard,
                numbers,
                scratch
            )?;
        }
        launch!(
            gpu,
            spectral_up,
            up,
            table,
            iteration,
            guard,
            numbers,
            scratch
        )?;
        let end = blocks(1, count, 1);
        launch!(
            gpu,
            spectral_end,
            end,
            table,
            iteration,
            guard,
            numbers,
            scratch,
            figures
        )?;
    }
    Ok(())
}

/// Turns the gradient of a layer's normalized weight into that of its weight, in place.
pub fn through(
    gpu: &Gpu,
    layer: &Affine,
    weights: Weights<Gpu>,
    gradients: &mut Buffer,
) -> Result<()> {
    let layout = layer.product.layout();
    let length = int(layer.weight.len())?;
    let parts = gpu.take(DOTS)?;
    let (gradient, weight) = (
        gradients.at(layer.weight.clone()),
        weights.numbers.at(layer.weight.clone()),
    );
    let dots = blocks(DOTS as u32, 1, 1);
    launch!(
        gpu,
        sigma_dot,
        dots,
        length,
        gradient,
        weight,
        parts.start()
    )?;
    let figures = weights.figures.at(layer.figures..layer.figures + FIGURES);
    let (u, v) = (
        weights.numbers.at(layer.u.clone()),
        weights.numbers.at(layer.v.clone()),
    );
    let sizes = (int(layout.blocks)?, int(layout.rows)?, int(layout.columns)?);
    launch!(
        gpu,
        through_sigma,
        each(length),
        sizes.0,
        sizes.1,
        sizes.2,
        parts.start(),
        DOTS as i32,
        u,
        v,
        figures,
        gradient
    )
}
