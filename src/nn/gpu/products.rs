//! The products of layers with their weights, forward and back.

use cudarc::driver::LaunchConfig;

use super::{
    Gpu,
    arguments::{Address, Finish, Sizes, int},
    kernels::launch,
};
use crate::nn::{
    Failure,
    backend::Result,
    geometry::Geometry,
    layer::{Direction, Product},
};

/// Rows and columns of the sums of a block, and its threads, as in `kernels/product.cu`.
pub const TILE: usize = 64;
const BLOCK: u32 = 128;
/// Most phases of a convolution's image: the third dimension of a launch is bounded.
const MOST_PHASES: usize = 65_535;

/// A product and the batch that it is of.
pub struct Call<'a> {
    pub gpu: &'a Gpu,
    pub product: &'a Product,
    pub batch: usize,
}

/// Blocks for so many tiles, and for each part of their steps.
pub fn tiles(tiles: usize, parts: usize) -> Result<LaunchConfig> {
    let (tiles, parts) = (int(tiles)?, int(parts)?);
    Ok(LaunchConfig {
        grid_dim: (tiles.unsigned_abs(), 1, parts.unsigned_abs()),
        block_dim: (BLOCK, 1, 1),
        shared_mem_bytes: 0,
    })
}

/// Blocks for a product of so many rows and columns.
fn of(rows: usize, columns: usize) -> Result<LaunchConfig> {
    tiles(rows.div_ceil(TILE) * columns.div_ceil(TILE), 1)
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
                let grid = of(outputs, self.batch)?;
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
        self.check()?;
        match self.product {
            &Product::Dense { inputs, outputs } => {
                let grid = of(inputs, self.batch)?;
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
        let grid = of(g.out, g.map() * self.batch)?;
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
        if g.stride * g.stride > MOST_PHASES {
            return Err(Failure(format!(
                "a stride of {} is more than the GPU's kernels take: it may be {} at most",
                g.stride,
                MOST_PHASES.isqrt()
            )));
        }
        // The places of a phase of the image, as many as there are of the largest.
        let phase = g.height.div_ceil(g.stride) * g.width.div_ceil(g.stride);
        let of_phase = g.channels.div_ceil(TILE) * (phase * self.batch).div_ceil(TILE);
        let grid = tiles(of_phase, g.stride * g.stride)?;
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
}
