//! Losses, and the record of an update.

use cudarc::driver::DeviceRepr;

use super::{Address, int};
use crate::{
    engine::nn::{Failure, record::Objective},
    preset::Loss,
};

/// A loss: `LossArguments` of `update.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct LossArguments {
    loss: i32,
    linear: i32,
    real: i32,
    batch: i32,
}

impl LossArguments {
    pub(crate) fn of(objective: &Objective) -> Result<Self, Failure> {
        let loss = match objective.loss {
            Loss::Hinge => 0,
            Loss::NonSaturating => 1,
            Loss::Wasserstein => 2,
            Loss::LeastSquares => 3,
        };
        Ok(Self {
            loss,
            linear: i32::from(objective.linear),
            real: int(objective.real)?,
            batch: int(objective.batch)?,
        })
    }
}

// SAFETY: `repr(C)` with the fields of `LossArguments`, which are 32-bit values; padding is never read.
unsafe impl DeviceRepr for LossArguments {}

/// The most parts of a gradient in a launch.
pub(crate) const PARTS: usize = 128;

/// The parts of a gradient whose norms a launch measures: `Parts` of `update.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub count: i32,
    pub start: [i32; PARTS],
    pub length: [i32; PARTS],
}

/// What the last block of the kernel `part_norms` needs to complete the record: `MeasureArguments` of `update.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeasureArguments {
    /// The number of parts; −1 if another launch follows.
    pub parts: i32,
    pub length: i32,
    pub place: i32,
    pub counts: [i32; 2],
    pub figures: [Address; 2],
    pub shares: Address,
    pub knobs: Address,
    pub record: Address,
    pub history: Address,
    pub guard: Address,
    pub ticket: Address,
}

// SAFETY: `repr(C)` with the fields of `Parts`, which are 32-bit values; padding is never read.
unsafe impl DeviceRepr for Parts {}

// SAFETY: `repr(C)` with the fields of `MeasureArguments`, which are 32-bit values and 64-bit addresses; padding is
// never read.
unsafe impl DeviceRepr for MeasureArguments {}
