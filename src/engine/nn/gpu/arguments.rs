//! Kernel arguments that are passed by value: addresses, sizes, and the structs of `kernels/*.cu`.

mod dense;
mod epilogue;
mod shapes;
mod spectral;
mod update;

use cudarc::driver::DeviceRepr;

use crate::engine::nn::Failure;
pub(super) use dense::{Dense, DenseGradient, Layers, MAX_DENSE_LAYERS, Tensors};
pub(super) use epilogue::{Function, GradientEpilogue, ProductEpilogue};
pub(super) use shapes::{CellSizes, Sizes};
pub(super) use spectral::{LAYERS, NormalizedLayer, NormalizedLayers};
pub(super) use update::{LossArguments, MeasureArguments, PARTS, Parts};

/// The device address of the first of some values.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub u64);

impl Address {
    /// The null pointer.
    pub const NONE: Self = Self(0);
}

// SAFETY: a `repr(transparent)` 64-bit address, as a kernel's pointer parameter.
unsafe impl DeviceRepr for Address {}

/// A size as the kernels' `int`.
///
/// # Errors
/// Returns `Failure` if it does not fit.
pub(super) fn int(size: usize) -> Result<i32, Failure> {
    i32::try_from(size).map_err(|_| {
        Failure(format!(
            "{size} values are too many for the GPU's kernels: make the batch or the layers smaller"
        ))
    })
}
