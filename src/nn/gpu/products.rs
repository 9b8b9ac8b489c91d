//! The products of layers with their weights, and the gradients of these.

use cudarc::driver::LaunchConfig;

use super::{
    Gpu,
    arguments::{Address, Finish, Sizes, int},
    kernels::{blocks, each, launch},
};
use crate::nn::{
    backend::Result,
    geometry::Geometry,
    layer::{Direction, Product},
};

/// Rows and columns of the sums of a block, as in `kernels/product.cu`.
const TILE: usize = 64;
/// Fewest samples of a part of a dense weight's gradient, and places of a convolution's.
const SAMPLES: usize = 64;
const PLACES: usize = 512;
/// Most parts.
const MOST_PARTS: usize = 64;

/// A product and the batch that it is of.
pub struct Call<'a> {
    pub gpu: &'a Gpu,
    pub product: &'a Product,
    pub batch: usize,
}

/// Blocks for a product of so many rows and columns, and for each part of its steps.
fn tiles(rows: usize, columns: usize, parts: usize) -> Result<LaunchConfig> {
    let tiles = int(rows.div_ceil(TILE) * columns.div_ceil(TILE))?;
    Ok(blocks(tiles.unsigned_abs(), 1, int(parts)?.unsigned_abs()))
}

impl Call<'_> {
    /// That kernels can count the numbers on both sides.
    fn check(&self) -> Result<()> {
        let (x, y) = match self.product {
            Product::Dense { inputs, outputs } => (*inputs, *outputs),
            Product::Convolution { geometry: g, .. } => (g.channels * g.image(), g.out * g.map()),
        };
        int(x * self.batch).and(int(y * self.batch)).map(|_| ())
    }

    /// y = Wx, finished.
    pub fn forward(&self, w: Address, x: Address, y: Address, finish: Finish) -> Result<()> {
        self.check()?;
        match self.product {
            &Product::Dense { inputs, outputs } => {
                let grid = tiles(outputs, self.batch, 1)?;
                let (o, i, batch) = (int(outputs)?, int(inputs)?, int(self.batch)?);
                launch!(self.gpu, dense_forward, grid, o, i, batch, w, x, y, finish)
            }
            Product::Convolution {
                geometry,
                direction: Direction::Forward,
            } => self.image_to_map(geometry, w, x, y, finish),
            Product::Convolution { geometry, .. } => self.map_to_image(geometry, w, x, y, finish),
        }
    }

    /// The gradient of x: Wᵀ·upstream, finished.
    pub fn input_gradient(
        &self,
        w: Address,
        upstream: Address,
        y: Address,
        finish: Finish,
    ) -> Result<()> {
        match self.product {
            &Product::Dense { inputs, outputs } => {
                let grid = tiles(inputs, self.batch, 1)?;
                let (o, i, batch) = (int(outputs)?, int(inputs)?, int(self.batch)?);
                launch!(
                    self.gpu,
                    dense_input,
                    grid,
                    o,
                    i,
                    batch,
                    w,
                    upstream,
                    y,
                    finish
                )
            }
            Product::Convolution {
                geometry,
                direction: Direction::Forward,
            } => self.map_to_image(geometry, w, upstream, y, finish),
            Product::Convolution { geometry, .. } => {
                self.image_to_map(geometry, w, upstream, y, finish)
            }
        }
    }

    fn image_to_map(
        &self,
        g: &Geometry,
        w: Address,
        image: Address,
        map: Address,
        finish: Finish,
    ) -> Result<()> {
        let grid = tiles(g.out, g.map() * self.batch, 1)?;
        let (sizes, batch) = (Sizes::of(g)?, int(self.batch)?);
        launch!(
            self.gpu,
            image_to_map,
            grid,
            sizes,
            batch,
            w,
            image,
            map,
            finish
        )
    }

    fn map_to_image(
        &self,
        g: &Geometry,
        w: Address,
        map: Address,
        image: Address,
        finish: Finish,
    ) -> Result<()> {
        let grid = tiles(g.channels, g.image() * self.batch, 1)?;
        let (sizes, batch) = (Sizes::of(g)?, int(self.batch)?);
        launch!(
            self.gpu,
            map_to_image,
            grid,
            sizes,
            batch,
            w,
            map,
            image,
            finish
        )
    }

    /// The gradient of W: upstream·xᵀ, from parts of the batch or of its places, whose sum is made part after part.
    pub fn weight_gradient(&self, x: Address, upstream: Address, gradient: Address) -> Result<()> {
        let (rows, columns) = self.product.stored();
        let length = rows * columns;
        let (places, share) = match self.product {
            Product::Dense { .. } => (self.batch, SAMPLES),
            Product::Convolution { geometry, .. } => (geometry.map() * self.batch, PLACES),
        };
        let share = places.div_ceil(MOST_PARTS).max(share);
        let parts = places.div_ceil(share);
        let room = match parts {
            1 => None,
            parts => Some(self.gpu.take(parts * length)?),
        };
        let to = room.as_ref().map_or(gradient, |room| room.start());
        let grid = tiles(rows, columns, parts)?;
        let (batch, share) = (int(self.batch)?, int(share)?);
        match self.product {
            Product::Dense { .. } => {
                let (o, i) = (int(rows)?, int(columns)?);
                launch!(
                    self.gpu,
                    dense_weight,
                    grid,
                    o,
                    i,
                    batch,
                    share,
                    x,
                    upstream,
                    to
                )?;
            }
            Product::Convolution {
                geometry,
                direction,
            } => {
                let (image, map) = match direction {
                    Direction::Forward => (x, upstream),
                    Direction::Transposed => (upstream, x),
                };
                let sizes = Sizes::of(geometry)?;
                launch!(
                    self.gpu,
                    convolution_weight,
                    grid,
                    sizes,
                    batch,
                    share,
                    image,
                    map,
                    to
                )?;
            }
        }
        match room {
            None => Ok(()),
            Some(_) => {
                let (length, parts) = (int(length)?, int(parts)?);
                launch!(
                    self.gpu,
                    sum_parts,
                    each(length),
                    length,
                    parts,
                    to,
                    gradient
                )
            }
        }
    }

    /// The gradient of the bias: the sum of upstream for each of its channels.
    pub fn bias_gradient(
        &self,
        channels: usize,
        upstream: Address,
        gradient: Address,
    ) -> Result<()> {
        let length = int(self.product.outputs() / channels.max(1) * self.batch)?;
        let grid = blocks(int(channels)?.unsigned_abs(), 1, 1);
        launch!(self.gpu, row_sums, grid, length, upstream, gradient)
    }
}
