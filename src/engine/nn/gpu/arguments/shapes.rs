//! Sizes of convolutions and pooling.

use cudarc::driver::DeviceRepr;

use super::int;
use crate::engine::nn::{Failure, geometry::Geometry, pooling::Cells};

/// The sizes of a convolution: `Sizes` of `convolution.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    channels: i32,
    height: i32,
    width: i32,
    out: i32,
    out_height: i32,
    out_width: i32,
    kernel: i32,
    stride: i32,
    padding: i32,
}

impl Sizes {
    pub(crate) fn of(g: &Geometry) -> Result<Self, Failure> {
        Ok(Self {
            channels: int(g.channels)?,
            height: int(g.height)?,
            width: int(g.width)?,
            out: int(g.out)?,
            out_height: int(g.out_height)?,
            out_width: int(g.out_width)?,
            kernel: int(g.kernel)?,
            stride: int(g.stride)?,
            padding: int(g.padding)?,
        })
    }
}

// SAFETY: `repr(C)` with the fields of `Sizes`, which are 32-bit values; padding is never read.
unsafe impl DeviceRepr for Sizes {}

/// The sizes of upsampling and pooling: `CellSizes` of `pointwise.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellSizes {
    channels: i32,
    height: i32,
    width: i32,
    rows: i32,
    columns: i32,
}

impl CellSizes {
    pub(crate) fn of(cells: &Cells) -> Result<Self, Failure> {
        Ok(Self {
            channels: int(cells.channels)?,
            height: int(cells.height)?,
            width: int(cells.width)?,
            rows: int(cells.rows)?,
            columns: int(cells.columns)?,
        })
    }
}

// SAFETY: `repr(C)` with the fields of `CellSizes`, which are 32-bit values; padding is never read.
unsafe impl DeviceRepr for CellSizes {}
