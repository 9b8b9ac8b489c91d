//! The gradients of weights and biases: sums over samples and places in parts, then the sum of the parts, one after the other.

use std::ops::Range;

use super::{
    Gpu,
    arguments::{Address, DEEPEST, DenseGradient, Layers, Sizes, Tensors, int},
    buffers::Buffer,
    kernels::{each, launch},
    products::{TILE, tiles},
};
use crate::nn::{
    backend::Result,
    geometry::Geometry,
    layer::{Affine, Direction, Product},
    memory::ALIGNMENT,
};

/// Fewest samples of a part of a dense weight's gradient, and places of a convolution's.
const SAMPLES: usize = 64;
const PLACES: usize = 512;
/// Most parts, and blocks of all parts after which more of them keep no card busier.
const MOST_PARTS: usize = 64;
const BLOCKS: usize = 1024;

/// A dense layer's input and the gradient of its output.
pub struct Dense<'a> {
    pub layer: &'a Affine,
    pub x: Address,
    pub upstream: Address,
}

/// Gradients that stand one behind the other, and the parts that they are summed from.
struct Sums {
    place: Range<usize>,
    parts: usize,
    /// Samples or places of a part.
    share: usize,
    /// Where the parts stand; a single one stands where the gradients do.
    room: Option<Buffer>,
}

impl Sums {
    /// Of what stands at `place` and has so many tiles, over so many samples or places, of which a part has no fewer than
    /// `least`.
    fn new(
        gpu: &Gpu,
        place: Range<usize>,
        tiles: usize,
        (steps, least): (usize, usize),
    ) -> Result<Self> {
        let place = place.start..place.end.next_multiple_of(ALIGNMENT);
        let most = (BLOCKS / tiles.max(1)).clamp(1, MOST_PARTS);
        let share = steps.div_ceil(most).max(least);
        let parts = steps.div_ceil(share);
        let room = match parts {
            0 | 1 => None,
            parts => Some(gpu.take(parts * place.len())?),
        };
        Ok(Self {
            place,
            parts,
            share,
            room,
        })
    }

    fn start(&self, gradients: &Buffer) -> Address {
        match &self.room {
            Some(room) => room.start(),
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

    /// Sums the parts.
    fn finish(self, gpu: &Gpu, gradients: &Buffer) -> Result<()> {
        let Some(room) = &self.room else {
            return Ok(());
        };
        let (length, parts) = (int(self.place.len())?, int(self.parts)?);
        let (from, to) = (room.start(), gradients.at(self.place.clone()));
        launch!(gpu, sum_parts, each(length), length, parts, from, to)
    }
}

/// Of dense layers that follow each other: upstream·xᵀ, and the sums of upstream.
pub fn dense(gpu: &Gpu, layers: &[Dense], batch: usize, gradients: &Buffer) -> Result<()> {
    for layers in layers.chunks(DEEPEST) {
        let start = layers.first().map_or(0, |dense| dense.layer.weight.start);
        let end = layers.last().map_or(0, |dense| end(dense.layer));
        let of = |dense: &Dense| tiles_of(&dense.layer.product);
        let all = layers.iter().map(of).sum();
        let sums = Sums::new(gpu, start..end, all, (batch, SAMPLES))?;
        let mut first_tile = 0;
        let mut described = Vec::with_capacity(layers.len());
        for Dense { layer, x, upstream } in layers {
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
        sums.finish(gpu, gradients)?;
    }
    Ok(())
}

/// Tiles of a layer's weight.
fn tiles_of(product: &Product) -> usize {
    let (rows, columns) = product.stored();
    rows.div_ceil(TILE) * columns.div_ceil(TILE)
}

/// Where a layer's numbers end.
fn end(layer: &Affine) -> usize {
    layer.bias.as_ref().unwrap_or(&layer.weight).end
}

/// Of a convolution: from its image and its map; the bias has the sums of upstream for each of its channels.
pub fn convolution(
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
    // The sums of the map are made on the way.
    let bias = layer.bias.as_ref().filter(|_| forward);
    let place = layer.weight.start..bias.unwrap_or(&layer.weight).end;
    let all = tiles_of(&layer.product);
    let steps = geometry.map() * batch;
    let sums = Sums::new(gpu, place, all, (steps, PLACES))?;
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
    sums.finish(gpu, gradients)?;
    match &layer.bias {
        Some(bias) if !forward => row_sums(gpu, &layer.product, bias, upstream, batch, gradients),
        _ => Ok(()),
    }
}

/// The sum of upstream for each channel of a bias.
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
