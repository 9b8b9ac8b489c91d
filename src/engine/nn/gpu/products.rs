//! Products of a layer's weight: forward, and the gradient of the input.

use cudarc::driver::LaunchConfig;

use super::{
    Gpu,
    arguments::{Address, ProductEpilogue, Sizes, int},
    kernels::launch,
};
use crate::engine::nn::{
    Failure,
    backend::Result,
    geometry::Geometry,
    layer::{Direction, Product},
};

/// Rows and columns of a block's tile, and threads of a block, as in `kernels/product.cu`.
pub(super) const TILE: usize = 64;
const BLOCK: u32 = 128;
/// The most phases (stride²) of a transposed convolution: the grid's z dimension is limited.
const MAX_PHASES: usize = 65_535;

/// A product and its batch size.
pub(super) struct Call<'a> {
    pub gpu: &'a Gpu,
    pub product: &'a Product,
    pub batch: usize,
}

/// A grid of `tiles` tiles × `parts` parts of the steps.
pub(super) fn tiles(tiles: usize, parts: usize) -> Result<LaunchConfig> {
    let (tiles, parts) = (int(tiles)?, int(parts)?);
    Ok(LaunchConfig {
        grid_dim: (tiles.unsigned_abs(), 1, parts.unsigned_abs()),
        block_dim: (BLOCK, 1, 1),
        shared_mem_bytes: 0,
    })
}

/// The grid of a product with this many rows and columns.
fn grid(rows: usize, columns: usize) -> Result<LaunchConfig> {
    tiles(rows.div_ceil(TILE) * columns.div_ceil(TILE), 1)
}

impl Call<'_> {
    /// Checks that the sizes of input and output fit into the kernels' `int`.
    fn check(&self) -> Result<()> {
        let (x, y) = match self.product {
            Product::Dense { inputs, outputs } => (*inputs, *outputs),
            Product::Convolution { geometry: g, .. } => (g.channels * g.image(), g.out * g.map()),
        };
        int(x * self.batch).and(int(y * self.batch)).map(|_| ())
    }

    /// y = Wx, followed by the epilogue.
    pub(super) fn forward(
        &self,
        w: Address,
        x: Address,
        y: Address,
        epilogue: ProductEpilogue,
    ) -> Result<()> {
        self.check()?;
        match self.product {
            &Product::Dense { inputs, outputs } => {
                let grid = grid(outputs, self.batch)?;
                let (o, i, batch) = (int(outputs)?, int(inputs)?, int(self.batch)?);
                launch!(
                    self.gpu,
                    dense_forward,
                    grid,
                    o,
                    i,
                    batch,
                    w,
                    x,
                    y,
                    epilogue
                )
            }
            Product::Convolution {
                geometry,
                direction: Direction::Forward,
            } => self.image_to_map(geometry, w, x, y, epilogue),
            Product::Convolution { geometry, .. } => self.map_to_image(geometry, w, x, y, epilogue),
        }
    }

    /// The gradient of x: y = Wᵀ·upstream, followed by the epilogue.
    pub(super) fn input_gradient(
        &self,
        w: Address,
        upstream: Address,
        y: Address,
        epilogue: ProductEpilogue,
    ) -> Result<()> {
        self.check()?;
        match self.product {
            &Product::Dense { inputs, outputs } => {
                let grid = grid(inputs, self.batch)?;
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
                    epilogue
                )
            }
            Product::Convolution {
                geometry,
                direction: Direction::Forward,
            } => self.map_to_image(geometry, w, upstream, y, epilogue),
            Product::Convolution { geometry, .. } => {
                self.image_to_map(geometry, w, upstream, y, epilogue)
            }
        }
    }

    fn image_to_map(
        &self,
        g: &Geometry,
        w: Address,
        image: Address,
        map: Address,
        epilogue: ProductEpilogue,
    ) -> Result<()> {
        let grid = grid(g.out, g.map() * self.batch)?;
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
            epilogue
        )
    }

    fn map_to_image(
        &self,
        g: &Geometry,
        w: Address,
        map: Address,
        image: Address,
        epilogue: ProductEpilogue,
    ) -> Result<()> {
        if g.stride * g.stride > MAX_PHASES {
            return Err(Failure(format!(
                "a stride of {} is too large for the GPU's kernels: the largest is {}",
                g.stride,
                MAX_PHASES.isqrt()
            )));
        }
        // Positions of the largest phase of the image.
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
            epilogue
        )
    }
}
