//! What kernels take by value: addresses, sizes, and the structures that `kernels/*.cu` declare.

use cudarc::driver::DeviceRepr;

use super::{Gpu, buffers::Buffer};
use crate::{
    nn::{Activation, Failure, backend, geometry::Geometry, pooling::Cells, record::Objective},
    preset::Loss,
};

/// Where numbers begin in the device's memory.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub u64);

impl Address {
    /// Nothing.
    pub const NONE: Self = Self(0);
}

/// A size as kernels count.
///
/// # Errors
/// Where it is beyond their integers.
pub fn int(size: usize) -> Result<i32, Failure> {
    i32::try_from(size).map_err(|_| {
        Failure(format!(
            "{size} numbers in a row are more than the GPU's kernels count: make the batch or the layers smaller"
        ))
    })
}

/// An activation by its number and slope.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Function {
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

/// See [`backend::Below`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Below {
    output: Address,
    present: Address,
    activation: Function,
}

impl Below {
    pub fn of(below: &backend::Below<Gpu>) -> Self {
        let (activation, output) = match below.slope {
            Some((activation, output)) => (activation, output.start()),
            None => (Activation::Identity, Address::NONE),
        };
        Self {
            output,
            present: below.present.as_ref().map_or(Address::NONE, Buffer::start),
            activation: activation.into(),
        }
    }

    /// Activations x = f(z) alone.
    pub fn activations(output: Address, activation: Activation) -> Self {
        Self {
            output,
            present: Address::NONE,
            activation: activation.into(),
        }
    }

    /// Nothing is done to the gradient.
    pub fn nothing() -> Self {
        Self::activations(Address::NONE, Activation::Identity)
    }
}

/// What is done to the sums of a product: y = f(factor·sum + bias of the row), then what is below.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Finish {
    pub bias: Address,
    /// Of a normalized layer, else none.
    pub figures: Address,
    pub activation: Function,
    pub below: Below,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
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
    pub fn of(g: &Geometry) -> Result<Self, Failure> {
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

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CellSizes {
    channels: i32,
    height: i32,
    width: i32,
    rows: i32,
    columns: i32,
}

impl CellSizes {
    pub fn of(cells: &Cells) -> Result<Self, Failure> {
        Ok(Self {
            channels: int(cells.channels)?,
            height: int(cells.height)?,
            width: int(cells.width)?,
            rows: int(cells.rows)?,
            columns: int(cells.columns)?,
        })
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    loss: i32,
    linear: i32,
    real: i32,
    batch: i32,
}

impl Aim {
    pub fn of(objective: &Objective) -> Result<Self, Failure> {
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

/// Layers of one launch of spectral normalization.
pub const LAYERS: usize = 32;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct NormalizedLayer {
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

/// Layers that are iterated together.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default)]
pub struct NormalizedLayers(pub [NormalizedLayer; LAYERS]);

/// Parts of a gradient in one launch.
pub const PARTS: usize = 128;

/// Parts whose norms are measured together.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    pub count: i32,
    pub start: [i32; PARTS],
    pub length: [i32; PARTS],
}

/// What the last block of `part_norms` does, see `kernels/update.cu`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Judgement {
    /// −1 where another launch follows.
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

/// Dense layers that are run through together, and layers whose weight gradients are made together.
pub const DEEPEST: usize = 16;

/// A dense layer of a run, forward or back.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Dense {
    pub outputs: i32,
    pub inputs: i32,
    pub weight: Address,
    pub end: Finish,
    /// None where its sums are not wanted.
    pub to: Address,
}

/// Where a weight's gradient and its bias's begin; −1 where there is no bias.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Tensors {
    pub weight: i32,
    pub bias: i32,
}

/// A layer of those whose weight gradients are made together.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DenseGradient {
    pub outputs: i32,
    pub inputs: i32,
    pub first_tile: i32,
    pub at: Tensors,
    pub x: Address,
    pub upstream: Address,
}

/// So many layers of a launch.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Layers<L> {
    count: i32,
    layers: [L; DEEPEST],
}

impl<L: Copy> Layers<L> {
    /// These, the last again in the places that are left; none of none.
    pub fn of(layers: &[L]) -> Option<Self> {
        let (last, count) = (*layers.last()?, i32::try_from(layers.len()).ok()?);
        let layer = |place: usize| layers.get(place).copied().unwrap_or(last);
        Some(Self {
            count,
            layers: std::array::from_fn(layer),
        })
    }
}

// SAFETY: each is laid out as C does it, of 32-bit numbers and 64-bit addresses, and declared in
// `kernels/*.cu` under the same name.
unsafe impl DeviceRepr for Address {}
// SAFETY: as above.
unsafe impl DeviceRepr for Function {}
// SAFETY: as above.
unsafe impl DeviceRepr for Below {}
// SAFETY: as above.
unsafe impl DeviceRepr for Finish {}
// SAFETY: as above.
unsafe impl DeviceRepr for Sizes {}
// SAFETY: as above.
unsafe impl DeviceRepr for CellSizes {}
// SAFETY: as above.
unsafe impl DeviceRepr for Aim {}
// SAFETY: as above.
unsafe impl DeviceRepr for NormalizedLayers {}
// SAFETY: as above.
unsafe impl DeviceRepr for Parts {}
// SAFETY: as above.
unsafe impl DeviceRepr for Judgement {}
// SAFETY: as above.
unsafe impl DeviceRepr for Tensors {}
// SAFETY: as above, where it is `Run`.
unsafe impl DeviceRepr for Layers<Dense> {}
// SAFETY: as above, where it is `DenseGradients`.
unsafe impl DeviceRepr for Layers<DenseGradient> {}
