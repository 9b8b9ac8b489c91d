//! Gradients of weights and biases: partial sums over samples and positions, then the sum of the parts in order.

use std::ops::Range;

use super::{
    Gpu,
    arguments::{Address, DenseGradient, Layers, MAX_DENSE_LAYERS, Sizes, Tensors, int},
    buffers::Buffer,
    kernels::{launch, threads_for},
    products::{TILE, tiles},
};
use crate::engine::nn::{
    backend::Result,
    geometry::Geometry,
    layer::{Affine, Direction, Product},
    memory::ALIGNMENT,
};

/// The fewest samples of a part of a dense layer's gradient, and the fewest positions of a part of a convolution's.
const SAMPLES: usize = 64;
const PLACES: usize = 512;
/// The most parts, and the number of blocks above which more parts do not use the GPU better.
const MAX_PARTS: usize = 64;
const BLOCKS: usize = 1024;

/// A dense layer with its input and the gradient of its output.
pub(super) struct DenseOperands<'a> {
    pub layer: &'a Affine,
    pub x: Address,
    pub upstream: Address,
}

/// Contiguous gradients and the parts that they are summed from.
struct PartialSums {
    place: Range<usize>,
    parts: usize,
    /// Samples or positions of a part.
    share: usize,
    /// Memory of the parts; none for a single part, which is written in place.
    buffer: Option<Buffer>,
}

impl PartialSums {
    /// Sums for the gradients at `place`, which have `tiles` tiles, over `steps` samples or positions, with at least
    /// `least` in a part.
    fn new(
        gpu: &Gpu,
        place: Range<usize>,
        tiles: usize,
        (steps, least): (usize, usize),
    ) -> Result<Self> {
        let place = place.start..place.end.next_multiple_of(ALIGNMENT);
        let most = (BLOCKS / tiles.max(1)).clamp(1, MAX_PARTS);
        let share = steps.div_ceil(most).max(least);
        let parts = steps.div_ceil(share);
        let buffer = match parts {
            0 | 1 => None,
            parts => Some(gpu.take(parts * place.len())?),
        };
        Ok(Self {
            place,
            parts,
            share,
            buffer,
        })
    }

    fn start(&self, gradients: &Buffer) -> Address {
        match &self.buffer {
            Some(buffer) => buffer.start(),
            None => gradients.at(self.place.clone()),
        }
    }

    fn tensors(&self, weight: &Range<usize>, bias: Option<&Range<usize>>) -> Result<Tensors> {
        let at = |tensor: &Range<usize>| int(tensor.start - self.place.start);
        Ok(Tensors {
            weight: at(weight)?,
            bias: bias.map_or(Ok(-1), at)?,
        })
    }

    /// Sums the parts in order.
    fn reduce(self, gpu: &Gpu, gradients: &Buffer) -> Result<()> {
        let Some(buffer) = &self.buffer else {
            return Ok(());
        };
        let (length, parts) = (int(self.place.len())?, int(self.parts)?);
        let (from, to) = (buffer.start(), gradients.at(self.place.clone()));
        launch!(gpu, sum_parts, threads_for(length), length, parts, from, to)
    }
}

/// Weight gradients upstream·xᵀ and bias gradients (sums of upstream) of consecutive dense layers.
pub(super) fn dense(
    gpu: &Gpu,
    layers: &[DenseOperands],
    batch: usize,
    gradients: &Buffer,
) -> Result<()> {
    for layers in layers.chunks(MAX_DENSE_LAYERS) {
        let start = layers.first().map_or(0, |dense| dense.layer.weight.start);
        let end = layers.last().map_or(0, |dense| end(dense.layer));
        let of = |dense: &DenseOperands| tiles_of(&dense.layer.product);
        let all = layers.iter().map(of).sum();
        let sums = PartialSums::new(gpu, start..end, all, (batch, SAMPLES))?;
        let mut first_tile = 0;
        let mut described = Vec::with_capacity(layers.len());
        for DenseOperands { layer, x, upstream } in layers {
            let (outputs, inputs) = layer.product.stored();
            described.push(DenseGradient {
                outputs: int(outputs)?,
                inputs: int(inputs)?,
                first_tile: int(first_tile)?,
                at: sums.tensors(&layer.weight, layer.bias.as_ref())?,
                x: *x,
                upstream: *upstream,
            });
            first_tile += tiles_of(&layer.product);
        }
        let Some(described) = Layers::of(&described) else {
            return Ok(());
        };
        let grid = tiles(all, sums.parts)?;
        let (count, share, length) = (int(batch)?, int(sums.share)?, int(sums.place.len())?);
        let to = sums.start(gradients);
        launch!(
            gpu,
            dense_weights,
            grid,
            described,
            count,
            share,
            length,
            to
        )?;
        sums.reduce(gpu, gradients)?;
    }
    Ok(())
}

/// Number of tiles of a layer's weight.
fn tiles_of(product: &Product) -> usize {
    let (rows, columns) = product.stored();
    rows.div_ceil(TILE) * columns.div_ceil(TILE)
}

/// The end of a layer's parameters.
fn end(layer: &Affine) -> usize {
    layer.bias.as_ref().unwrap_or(&layer.weight).end
}

/// Weight gradient of a convolution, from its image and map, and bias gradient: the sum of upstream for each channel.
pub(super) fn convolution(
    gpu: &Gpu,
    layer: &Affine,
    (geometry, direction): (&Geometry, Direction),
    (x, upstream): (Address, Address),
    batch: usize,
    gradients: &Buffer,
) -> Result<()> {
    let forward = direction == Direction::Forward;
    let (image, map) = if forward {
        (x, upstream)
    } else {
        (upstream, x)
    };
    // The kernel also computes the sums of the map.
    let bias = layer.bias.as_ref().filter(|_| forward);
    let place = layer.weight.start..bias.unwrap_or(&layer.weight).end;
    let all = tiles_of(&layer.product);
    let steps = geometry.map() * batch;
    let sums = PartialSums::new(gpu, place, all, (steps, PLACES))?;
    let grid = tiles(all, sums.parts)?;
    let (sizes, count) = (Sizes::of(geometry)?, int(batch)?);
    let (at, to) = (sums.tensors(&layer.weight, bias)?, sums.start(gradients));
    let (share, length) = (int(sums.share)?, int(sums.place.len())?);
    launch!(
        gpu,
        convolution_weight,
        grid,
        sizes,
        count,
        share,
        image,
        map,
        at,
        length,
        to
    )?;
    sums.reduce(gpu, gradients)?;
    match &layer.bias {
        Some(bias) if !forward => row_sums(gpu, &layer.product, bias, upstream, batch, gradients),
        _ => Ok(()),
    }
}

/// The sum of upstream for each channel of the bias.
fn row_sums(
    gpu: &Gpu,
    product: &Product,
    bias: &Range<usize>,
    upstream: Address,
    batch: usize,
    gradients: &Buffer,
) -> Result<()> {
    let length = int(product.outputs() / bias.len().max(1) * batch)?;
    let grid = super::kernels::blocks(int(bias.len())?.unsigned_abs(), 1, 1);
    let to = gradients.at(bias.clone());
    launch!(gpu, row_sums, grid, length, upstream, to)
}
