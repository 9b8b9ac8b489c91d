//! Upsampling and pooling as gathers.

use dfdx::prelude::*;

use super::{
    DfdxDevice, Reference,
    conv::Gather,
    tensors::{Matrix, backward, failed, gradient},
};
use crate::engine::nn::{
    backend::{self, GradientEpilogue},
    pooling::{Pooling, Resampling},
};

/// The source rows of the gather. `Upsample` copies coarse rows in the order of the fine image. `SumPool` copies, for
/// each position of a cell, one block as large as the coarse image.
fn rows(pooling: &Pooling) -> Vec<Option<usize>> {
    let cells = &pooling.cells;
    let places = (0..cells.rows).flat_map(|row| (0..cells.columns).map(move |c| (row, c)));
    let mut rows = vec![None; cells.fine()];
    for (block, place) in places.enumerate() {
        for coarse in 0..cells.coarse() {
            let fine = cells.feature(coarse, place);
            match pooling.resampling {
                Resampling::Upsample => rows[fine] = Some(coarse),
                Resampling::SumPool => rows[block * cells.coarse() + coarse] = Some(fine),
            }
        }
    }
    rows
}

/// x (fine or coarse features, batch) → (coarse or fine features, batch).
fn pool<D: DfdxDevice, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    pooling: &Pooling,
) -> Result<Matrix<D, T>, D::Err> {
    let (cells, batch) = (pooling.cells, x.shape().1);
    let gather = Gather::new(x.device(), &rows(pooling))?;
    let rows = gather.apply(x)?;
    let y = match pooling.resampling {
        Resampling::Upsample => rows,
        Resampling::SumPool => rows
            .try_reshape_like(&(cells.area(), cells.coarse() * batch))?
            .try_sum::<(usize,), Axis<0>>()?
            .try_reshape_like(&(cells.coarse(), batch))?,
    };
    y.try_mul(pooling.scale)
}

impl<D: DfdxDevice> Reference<D> {
    /// See [`crate::engine::nn::Backend::pool`].
    pub fn pool_layer(
        &self,
        pooling: &Pooling,
        x: &[f32],
        batch: usize,
        epilogue: Option<GradientEpilogue<Self>>,
    ) -> backend::Result<Vec<f32>> {
        let x = self.activations(x, batch)?;
        let Some(epilogue) = epilogue else {
            return Ok(pool(x, pooling).map_err(failed)?.as_vec());
        };
        let zeros = vec![0.0; epilogue.length];
        let input = self.activations(&zeros, batch)?;
        let traced = input.clone().leaky_traced();
        let y = pool(traced, &pooling.adjoint()).map_err(failed)?;
        let mut gradients = backward(y, x)?;
        self.apply_epilogue(gradient(&mut gradients, &input)?, epilogue)
    }
}
