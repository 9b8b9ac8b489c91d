//! Upsampling and pooling as gathers.

use dfdx::prelude::*;

use super::{conv::Gather, tensors::Matrix};
use crate::nn::pooling::{Pooling, Sampling};

/// The rows that are copied: for `Spread` those of the coarse image in the order of the fine one, for `Collect` as many
/// times the coarse image as a cell has positions.
fn rows(pooling: &Pooling) -> Vec<Option<usize>> {
    let cells = &pooling.cells;
    let places = (0..cells.rows).flat_map(|row| (0..cells.columns).map(move |c| (row, c)));
    let mut rows = vec![None; cells.fine()];
    for (block, place) in places.enumerate() {
        for coarse in 0..cells.coarse() {
            let fine = cells.feature(coarse, place);
            match pooling.sampling {
                Sampling::Spread => rows[fine] = Some(coarse),
                Sampling::Collect => rows[block * cells.coarse() + coarse] = Some(fine),
            }
        }
    }
    rows
}

/// x (fine or coarse features, batch) → (coarse or fine features, batch).
pub fn pool<D: Device<f32>, T: Tape<f32, D>>(
    x: Matrix<D, T>,
    pooling: &Pooling,
) -> Result<Matrix<D, T>, D::Err> {
    let (cells, batch) = (pooling.cells, x.shape().1);
    let gather = Gather::new(x.device(), &rows(pooling))?;
    let rows = gather.apply(x)?;
    let y = match pooling.sampling {
        Sampling::Spread => rows,
        Sampling::Collect => rows
            .try_reshape_like(&(cells.area(), cells.coarse() * batch))?
            .try_sum::<(usize,), Axis<0>>()?
            .try_reshape_like(&(cells.coarse(), batch))?,
    };
    y.try_mul(pooling.scale)
}
