//! A convolution's geometry with the tables that the portable path reads.

use std::cell::OnceCell;

use dfdx::prelude::*;

use super::{
    Geometry,
    op::{self, conv::Gather},
};

/// A convolution's geometry and its table of rows, made when it is first needed.
pub struct Plan<D: Device<f32>> {
    pub geometry: Geometry,
    /// Terms that col2im adds up.
    pub(super) terms: usize,
    gather: OnceCell<Gather<D>>,
    direction: Direction,
}

/// Which way a plan runs through its geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Image to map: a convolution.
    Forward,
    /// Map to image: a transposed convolution.
    Transposed,
}

impl<D: Device<f32>> Plan<D> {
    pub fn new(geometry: Geometry, direction: Direction) -> Self {
        Self {
            geometry,
            terms: geometry.kernel.div_ceil(geometry.stride).pow(2),
            gather: OnceCell::new(),
            direction,
        }
    }

    /// The rows that im2col reads, or those that col2im adds up.
    pub(super) fn gather(&self, device: &D) -> Result<&Gather<D>, D::Err> {
        if let Some(gather) = self.gather.get() {
            return Ok(gather);
        }
        let rows = match self.direction {
            Direction::Forward => op::conv::columns(&self.geometry),
            Direction::Transposed => op::conv_transpose::rows(&self.geometry, self.terms),
        };
        let gather = Gather::new(device, &rows)?;
        Ok(self.gather.get_or_init(|| gather))
    }
}
