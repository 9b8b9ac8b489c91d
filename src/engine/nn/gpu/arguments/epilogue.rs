//! Activations and epilogues.

use cudarc::driver::DeviceRepr;

use super::Address;
use crate::engine::nn::{
    Activation, backend,
    gpu::{Gpu, buffers::Buffer},
};

/// An activation, by number and slope: `Function` of `common.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function {
    kind: i32,
    slope: f32,
}

impl From<Activation> for Function {
    fn from(activation: Activation) -> Self {
        let (kind, slope) = match activation {
            Activation::Identity => (0, 0.0),
            Activation::Relu => (1, 0.0),
            Activation::LeakyRelu(slope) => (2, slope),
            Activation::Tanh => (3, 0.0),
            Activation::Sigmoid => (4, 0.0),
        };
        Self { kind, slope }
    }
}

// SAFETY: `repr(C)` with the fields of `Function`, which are 32-bit values; padding is never read.
unsafe impl DeviceRepr for Function {}

/// A [`backend::GradientEpilogue`]: the struct of that name in `common.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct GradientEpilogue {
    output: Address,
    accumulated: Address,
    activation: Function,
}

impl GradientEpilogue {
    pub(crate) fn of(epilogue: &backend::GradientEpilogue<Gpu>) -> Self {
        let (activation, output) = match epilogue.activation {
            Some((activation, output)) => (activation, output.start()),
            None => (Activation::Identity, Address::NONE),
        };
        Self {
            output,
            accumulated: epilogue
                .accumulated
                .as_ref()
                .map_or(Address::NONE, Buffer::start),
            activation: activation.into(),
        }
    }

    /// Multiplies by f′ of activations x = f(z) and adds nothing.
    pub(crate) fn activations(output: Address, activation: Activation) -> Self {
        Self {
            output,
            accumulated: Address::NONE,
            activation: activation.into(),
        }
    }

    /// Leaves the gradient as it is.
    pub(crate) fn none() -> Self {
        Self::activations(Address::NONE, Activation::Identity)
    }
}

// SAFETY: `repr(C)` with the fields of the struct in `common.cu`, which are 32-bit values and 64-bit addresses;
// padding is never read.
unsafe impl DeviceRepr for GradientEpilogue {}

/// The epilogue of a product: y = f(factor·sum + bias of the row), then `gradient`. `ProductEpilogue` of `product.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProductEpilogue {
    pub bias: Address,
    /// The figures of a normalized layer, else [`Address::NONE`].
    pub figures: Address,
    pub activation: Function,
    pub gradient: GradientEpilogue,
}

// SAFETY: `repr(C)` with the fields of the struct in `product.cu`, which are 32-bit values and 64-bit addresses;
// padding is never read.
unsafe impl DeviceRepr for ProductEpilogue {}
