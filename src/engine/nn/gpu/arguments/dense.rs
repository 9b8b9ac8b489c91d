//! Dense layers.

use cudarc::driver::DeviceRepr;

use super::{Address, ProductEpilogue};

/// The most dense layers of a launch.
pub(crate) const MAX_DENSE_LAYERS: usize = 16;

/// A dense layer of a stack, forward or backward: `Dense` of `dense_stack.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dense {
    pub outputs: i32,
    pub inputs: i32,
    pub weight: Address,
    pub epilogue: ProductEpilogue,
    /// [`Address::NONE`] if its output is not needed.
    pub to: Address,
}

/// Offsets of a weight's gradient and of its bias's; −1 without a bias. `Tensors` of `product.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tensors {
    pub weight: i32,
    pub bias: i32,
}

/// A layer whose weight gradient is computed together with others: `DenseGradient` of `product.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct DenseGradient {
    pub outputs: i32,
    pub inputs: i32,
    pub first_tile: i32,
    pub at: Tensors,
    pub x: Address,
    pub upstream: Address,
}

/// The layers of a launch: `DenseStack` of `dense_stack.cu` and `DenseGradients` of `product.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layers<L> {
    count: i32,
    layers: [L; MAX_DENSE_LAYERS],
}

impl<L: Copy> Layers<L> {
    /// At most [`MAX_DENSE_LAYERS`] layers; unused entries repeat the last. None without layers.
    pub(crate) fn of(layers: &[L]) -> Option<Self> {
        let (last, count) = (*layers.last()?, i32::try_from(layers.len()).ok()?);
        let layer = |place: usize| layers.get(place).copied().unwrap_or(last);
        Some(Self {
            count,
            layers: std::array::from_fn(layer),
        })
    }
}

// SAFETY: `repr(C)` with the fields of `Tensors`, which are 32-bit values; padding is never read.
unsafe impl DeviceRepr for Tensors {}

// SAFETY: `repr(C)` with the fields of `DenseStack`, which are 32-bit values and 64-bit addresses; padding is never
// read.
unsafe impl DeviceRepr for Layers<Dense> {}

// SAFETY: `repr(C)` with the fields of `DenseGradients`, which are 32-bit values and 64-bit addresses; padding is
// never read.
unsafe impl DeviceRepr for Layers<DenseGradient> {}
