//! What the engine needs of a device beyond dfdx.

use std::marker::PhantomData;

use dfdx::prelude::*;

use super::{
    Activation, Matrix, Scalar,
    adam::Rates,
    geometry::Geometry,
    op::{self, batch_norm::Statistics, conv::Gather},
    pooling::Pooling,
};
use crate::{
    preset::Loss,
    spectral::{Layout, Vectors},
};

/// Which gradients a pass is made for; a fast path leaves the others out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    /// Of the layer's input.
    pub input: bool,
    /// Of its weight and bias.
    pub parameters: bool,
}

/// What a dense layer computes with.
#[derive(Clone, Copy)]
pub struct Affine<'a, D: Device<f32>> {
    pub weight: &'a Matrix<D>,
    /// (out, 1)
    pub bias: Option<&'a Matrix<D>>,
    pub activation: Activation,
    pub wants: Wants,
}

/// A convolution's geometry and the tables that the portable path reads, made when they are first needed.
pub struct Plan<D: Device<f32>> {
    pub geometry: Geometry,
    /// Terms that col2im adds up.
    terms: usize,
    gather: std::cell::OnceCell<Gather<D>>,
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
            gather: std::cell::OnceCell::new(),
            direction,
        }
    }

    fn gather(&self, device: &D) -> Result<&Gather<D>, D::Err> {
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

/// The operations of a training step on one device. Every method has a portable default made of dfdx's operations
/// alone; a backend overrides what it can do faster.
///
/// Matrices passed in must be contiguous. Shapes are those of the portable functions in [`op`].
pub trait Backend: Sized + 'static {
    type Device: Device<f32>;

    /// f(Wx + b).
    fn linear<T: Tape<f32, Self::Device>>(
        x: Matrix<Self::Device, T>,
        layer: Affine<'_, Self::Device>,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        op::linear::linear(x, layer.weight, layer.bias, layer.activation)
    }

    /// f(W∗x + b).
    fn conv<T: Tape<f32, Self::Device>>(
        x: Matrix<Self::Device, T>,
        layer: Affine<'_, Self::Device>,
        plan: &Plan<Self::Device>,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        let gather = plan.gather(&x.device().clone())?;
        op::conv::conv(
            x,
            layer.weight,
            layer.bias,
            layer.activation,
            &plan.geometry,
            gather,
        )
    }

    /// f(Wᵀ∗x + b).
    fn conv_transpose<T: Tape<f32, Self::Device>>(
        x: Matrix<Self::Device, T>,
        layer: Affine<'_, Self::Device>,
        plan: &Plan<Self::Device>,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        let gather = plan.gather(&x.device().clone())?;
        op::conv_transpose::conv_transpose(
            x,
            layer.weight,
            layer.bias,
            layer.activation,
            &plan.geometry,
            plan.terms,
            gather,
        )
    }

    /// Batch normalization with the statistics of the batch, which are returned.
    #[allow(clippy::type_complexity)]
    fn batch_norm<T: Tape<f32, Self::Device>>(
        x: Matrix<Self::Device, T>,
        gamma: &Matrix<Self::Device>,
        beta: &Matrix<Self::Device>,
        activation: Activation,
    ) -> Result<(Matrix<Self::Device, T>, Statistics<Self::Device>), DeviceError<Self>> {
        op::batch_norm::train(x, gamma, beta, activation)
    }

    /// f(x), pointwise.
    fn activate<T: Tape<f32, Self::Device>>(
        x: Matrix<Self::Device, T>,
        activation: Activation,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        op::activation::activate(x, activation)
    }

    /// Upsampling or pooling.
    fn pool<T: Tape<f32, Self::Device>>(
        x: Matrix<Self::Device, T>,
        pooling: &Pooling<Self::Device>,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        op::pooling::pool(x, pooling)
    }

    /// a + b, with the tapes of both.
    fn add<T: Tape<f32, Self::Device>>(
        a: Matrix<Self::Device, T>,
        b: Matrix<Self::Device, T>,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        a.try_add(b)
    }

    /// n power iterations and σ.
    fn power_iteration(
        weight: &Matrix<Self::Device>,
        layout: &Layout,
        vectors: &mut Vectors<Self::Device>,
        iterations: usize,
    ) -> Result<Scalar<Self::Device>, DeviceError<Self>> {
        op::spectral::power_iteration(weight, layout, vectors, iterations)
    }

    /// gain·W/σ on the tape of `T`; the tape returned is to be merged into that of the layer's input.
    fn normalize<T: Tape<f32, Self::Device>>(
        weight: &Matrix<Self::Device>,
        layout: &Layout,
        vectors: &Vectors<Self::Device>,
        gain: f32,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        op::spectral::normalize(weight, layout, vectors, gain)
    }

    /// Runs the tape of y backwards from `upstream`, the gradient of y.
    fn backward(
        y: Matrix<Self::Device, OwnedTape<f32, Self::Device>>,
        upstream: &Matrix<Self::Device>,
    ) -> Result<Gradients<f32, Self::Device>, DeviceError<Self>> {
        y.try_mul(upstream.clone())?
            .try_sum::<(), _>()?
            .try_backward()
    }

    /// The gradient of a leaf, which is taken out; zeros where it has none.
    fn gradient(
        gradients: &mut Gradients<f32, Self::Device>,
        of: &Matrix<Self::Device>,
    ) -> Result<Matrix<Self::Device>, DeviceError<Self>> {
        gradients.get_or_alloc_mut(of)?;
        Ok(gradients.get(of))
    }

    /// One step of Adam.
    fn adam(
        weight: &mut Matrix<Self::Device>,
        gradient: &Matrix<Self::Device>,
        moments: (&mut Matrix<Self::Device>, &mut Matrix<Self::Device>),
        rates: &Rates,
    ) -> Result<(), DeviceError<Self>> {
        op::optimize::adam(weight, gradient, moments, rates)
    }

    /// average ← decay·average + (1 − decay)·value.
    fn blend(
        average: &mut Matrix<Self::Device>,
        value: &Matrix<Self::Device>,
        decay: f32,
    ) -> Result<(), DeviceError<Self>> {
        op::optimize::blend(average, value, decay)
    }

    /// The loss of scores and its derivative by each; see [`op::loss::loss`].
    #[allow(clippy::type_complexity)]
    fn loss(
        scores: &Matrix<Self::Device>,
        sides: &Matrix<Self::Device>,
        loss: Loss,
        linear: bool,
        batch: usize,
    ) -> Result<(Scalar<Self::Device>, Matrix<Self::Device>), DeviceError<Self>> {
        op::loss::loss(scores, sides, loss, linear, batch)
    }

    /// √Σx² over all matrices.
    fn norm(
        device: &Self::Device,
        parts: &[Matrix<Self::Device>],
    ) -> Result<Scalar<Self::Device>, DeviceError<Self>> {
        op::reduce::norm(device, parts)
    }

    /// The 2-norm of each column, (1, batch).
    fn column_norms(x: &Matrix<Self::Device>) -> Result<Matrix<Self::Device>, DeviceError<Self>> {
        op::reduce::column_norms(x)
    }

    /// x scaled column by column by `row` (1, batch).
    fn scale_columns(
        x: &Matrix<Self::Device>,
        row: &Matrix<Self::Device>,
    ) -> Result<Matrix<Self::Device>, DeviceError<Self>> {
        op::reduce::scale_columns(x, row)
    }

    /// Two batches in one matrix, `first` before `second`.
    fn side_by_side(
        first: &Matrix<Self::Device>,
        second: &Matrix<Self::Device>,
    ) -> Result<Matrix<Self::Device>, DeviceError<Self>> {
        op::reduce::side_by_side(first, second)
    }
}

/// The error of a backend's device.
pub type DeviceError<B> = <<B as Backend>::Device as HasErr>::Err;

/// Any dfdx device with dfdx's own operations: what runs on CUDA, and what the CPU's fast paths are held against.
pub struct Portable<D>(PhantomData<D>);

impl<D: Device<f32>> Backend for Portable<D> {
    type Device = D;
}
