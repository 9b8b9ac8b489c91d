//! Power iteration of layers, and the gradient through σ.

use super::{
    Gpu,
    arguments::{Address, LAYERS, NormalizedLayer, NormalizedLayers, int},
    buffers::Buffer,
    kernels::{THREADS, blocks, launch},
};
use crate::engine::nn::{Weights, backend::Result, spectral::PowerIteration};

/// Rows of a block of `spectral_up`: one for each warp.
const ROWS: usize = THREADS as usize / 32;
/// Parts of ⟨G, W⟩: blocks of `sigma_dots` for each layer.
const DOTS: usize = 32;
/// Values of a gradient for each thread of `sigma_gradient`.
const OF_THREAD: usize = 4;

/// The layers of a launch as kernel arguments, and their largest sizes.
struct Table {
    layers: NormalizedLayers,
    count: u32,
    /// Length of the scratch memory.
    scratch: usize,
    /// The largest width, rows, length and iterations of a layer.
    width: usize,
    rows: usize,
    length: usize,
    iterations: usize,
}

impl Table {
    fn of(layers: &[PowerIteration]) -> Result<Self> {
        let mut table = Self {
            layers: NormalizedLayers::default(),
            count: int(layers.len())?.unsigned_abs(),
            scratch: 0,
            width: 0,
            rows: 0,
            length: 0,
            iterations: 0,
        };
        for (to, layer) in table.layers.0.iter_mut().zip(layers) {
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
                scratch: int(table.scratch)?,
            };
            table.scratch += layout.width() + 2 * layout.rows;
            table.width = table.width.max(layout.width());
            table.rows = table.rows.max(layout.rows);
            table.length = table.length.max(layout.width() * layout.rows);
            table.iterations = table.iterations.max(layer.iterations);
        }
        Ok(table)
    }
}

/// See [`crate::engine::nn::Backend::power_iteration`].
pub(super) fn power_iteration(
    gpu: &Gpu,
    layers: &[PowerIteration],
    numbers: &mut Buffer,
    figures: &mut Buffer,
    guard: Address,
) -> Result<()> {
    for layers in layers.chunks(LAYERS) {
        let table = Table::of(layers)?;
        let scratch = gpu.take(table.scratch)?;
        let columns = int(table.width)?.unsigned_abs().div_ceil(THREADS);
        let rows = int(table.rows.div_ceil(ROWS))?.unsigned_abs();
        let down = blocks(columns, table.count, 1);
        let up = blocks(rows, table.count, 1);
        let (numbers, figures, scratch) = (numbers.start(), figures.start(), scratch.start());
        let (layers, tickets) = (table.layers, gpu.tickets().of_layers());
        for iteration in 0..int(table.iterations.max(1))? {
            if table.iterations > 0 {
                launch!(
                    gpu,
                    spectral_down,
                    down,
                    layers,
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
                layers,
                iteration,
                guard,
                numbers,
                scratch,
                figures,
                tickets
            )?;
        }
    }
    Ok(())
}

/// Replaces the gradients of normalized weights by those of the weights, in place.
pub(super) fn gradient(
    gpu: &Gpu,
    layers: &[PowerIteration],
    weights: Weights<Gpu>,
    gradients: &mut Buffer,
) -> Result<()> {
    for layers in layers.chunks(LAYERS) {
        let table = Table::of(layers)?;
        let parts = gpu.take(layers.len() * DOTS)?;
        let each = int(table.length.div_ceil(OF_THREAD))?.unsigned_abs();
        let dots = blocks(DOTS as u32, table.count, 1);
        let all = blocks(each.div_ceil(THREADS), table.count, 1);
        let (numbers, figures) = (weights.numbers.start(), weights.figures.start());
        let (layers, gradients) = (table.layers, gradients.start());
        let parts = parts.start();
        launch!(gpu, sigma_dots, dots, layers, gradients, numbers, parts)?;
        let count = DOTS as i32;
        launch!(
            gpu,
            sigma_gradient,
            all,
            layers,
            parts,
            count,
            numbers,
            figures,
            gradients
        )?;
    }
    Ok(())
}
