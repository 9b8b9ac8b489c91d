//! Layers of spectral normalization.

use cudarc::driver::DeviceRepr;

/// The most layers of a launch of spectral normalization.
pub(crate) const LAYERS: usize = 32;

/// A layer: `NormalizedLayer` of `spectral.cu`. All but the sizes are offsets.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NormalizedLayer {
    pub weight: i32,
    pub blocks: i32,
    pub rows: i32,
    pub columns: i32,
    pub u: i32,
    pub v: i32,
    pub figures: i32,
    pub iterations: i32,
    pub scratch: i32,
}

/// The layers of a launch: `NormalizedLayers` of `spectral.cu`.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NormalizedLayers(pub [NormalizedLayer; LAYERS]);

// SAFETY: `repr(transparent)` over an array of `repr(C)` structs with the fields of `NormalizedLayer`, which are
// 32-bit values.
unsafe impl DeviceRepr for NormalizedLayers {}
