//! What the engine needs of a device beyond dfdx.

use std::marker::PhantomData;

use dfdx::prelude::*;

use super::{
    Matrix, Mode, Scalar,
    adam::Rates,
    module::{self, Module},
    op,
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

/// The operations of a training step on one device. Every method that deals in tensors alone has a portable default
/// made of dfdx's operations; a backend overrides what it can do faster.
///
/// Matrices passed in must be contiguous. Shapes are those of the portable functions in [`op`].
pub trait Backend: Sized + 'static {
    type Device: Device<f32>;

    /// Numbers that no tape reads, such as gradients on their way to the optimizer and its moments: row-major, of the
    /// size of the matrix that they belong to.
    type Buffer: Clone + 'static;

    /// Whether the host reads the device's numbers at no cost, so that every gradient is looked at before its update.
    /// Elsewhere updates are masked on the device ([`Backend::still_finite`], [`Backend::keep`]), and the host learns
    /// of it when it reads the measures.
    const READS_ARE_FREE: bool = false;

    /// Numbers of a tensor on the host, row-major: the one way from the device to the host.
    fn read<S: Shape>(x: &Tensor<S, f32, Self::Device>) -> Vec<f32> {
        x.as_vec()
    }

    /// `flag` (1 or 0) where loss and norm are finite, else 0.
    fn still_finite(
        flag: &Scalar<Self::Device>,
        loss: &Scalar<Self::Device>,
        norm: &Scalar<Self::Device>,
    ) -> Result<Scalar<Self::Device>, DeviceError<Self>> {
        op::mask::still_finite(flag, loss, norm)
    }

    /// `new` becomes `old` where `flag` is 0 and stays where it is 1.
    fn keep(
        flag: &Scalar<Self::Device>,
        new: &mut Matrix<Self::Device>,
        old: &Matrix<Self::Device>,
    ) -> Result<(), DeviceError<Self>> {
        op::mask::keep(flag, new, old)
    }

    /// The same for buffers.
    fn keep_buffer(
        flag: &Scalar<Self::Device>,
        new: &mut Self::Buffer,
        old: &Self::Buffer,
    ) -> Result<(), DeviceError<Self>>;

    /// x (features in, batch) → (features out, batch) through modules one after the other. In [`Mode::Train`] batch
    /// normalization takes the statistics of the batch, which move the running ones. A tape has room for one pass
    /// through the same modules.
    fn forward<T: Tape<f32, Self::Device>>(
        modules: &mut [Module<Self>],
        x: Matrix<Self::Device, T>,
        mode: Mode,
        wants: Wants,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        module::forward(modules, x, mode, wants)
    }

    /// The same with running statistics as constants.
    fn evaluate<T: Tape<f32, Self::Device>>(
        modules: &[Module<Self>],
        x: Matrix<Self::Device, T>,
        wants: Wants,
    ) -> Result<Matrix<Self::Device, T>, DeviceError<Self>> {
        module::evaluate(modules, x, wants)
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

    /// The same with ‖W‖F: (σ, ‖W‖F).
    #[allow(clippy::type_complexity)]
    fn iterate(
        weight: &Matrix<Self::Device>,
        layout: &Layout,
        vectors: &mut Vectors<Self::Device>,
        iterations: usize,
    ) -> Result<(Scalar<Self::Device>, Scalar<Self::Device>), DeviceError<Self>> {
        let sigma = Self::power_iteration(weight, layout, vectors, iterations)?;
        let norm = op::reduce::norm(weight.device(), std::slice::from_ref(weight))?;
        Ok((sigma, norm))
    }

    /// gain·W/σ with σ = uᵀWv; W where σ is zero or not finite.
    fn normalized(
        weight: &Matrix<Self::Device>,
        layout: &Layout,
        vectors: &Vectors<Self::Device>,
        gain: f32,
    ) -> Result<Matrix<Self::Device>, DeviceError<Self>> {
        op::spectral::normalize(weight, layout, vectors, gain)
    }

    /// A matrix without a tape as a buffer.
    fn buffer(x: &Matrix<Self::Device>) -> Result<Self::Buffer, DeviceError<Self>>;

    /// A buffer as a matrix of the shape of `like`.
    fn matrix(
        buffer: &Self::Buffer,
        like: &Matrix<Self::Device>,
    ) -> Result<Matrix<Self::Device>, DeviceError<Self>>;

    /// As many zeros as `like` has numbers.
    fn zeros(like: &Matrix<Self::Device>) -> Result<Self::Buffer, DeviceError<Self>>;

    /// Runs the tape of y backwards from `upstream`, the gradient of y.
    fn backward(
        y: Matrix<Self::Device, OwnedTape<f32, Self::Device>>,
        upstream: Self::Buffer,
    ) -> Result<Gradients<f32, Self::Device>, DeviceError<Self>>;

    /// The gradient of a leaf, which is taken out; zeros where it has none.
    fn gradient(
        gradients: &mut Gradients<f32, Self::Device>,
        of: &Matrix<Self::Device>,
    ) -> Result<Self::Buffer, DeviceError<Self>>;

    /// One step of Adam.
    fn adam(
        weight: &mut Matrix<Self::Device>,
        gradient: &Self::Buffer,
        moments: (&mut Self::Buffer, &mut Self::Buffer),
        rates: &Rates,
    ) -> Result<(), DeviceError<Self>>;

    /// Every number brought to within ±bound; NaNs stay.
    fn clip(weight: &mut Matrix<Self::Device>, bound: f32) -> Result<(), DeviceError<Self>> {
        op::optimize::clip(weight, bound)
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

    /// √Σx² over each group of buffers, and over all of them.
    #[allow(clippy::type_complexity)]
    fn norms(
        device: &Self::Device,
        groups: &[&[Self::Buffer]],
    ) -> Result<(Vec<Scalar<Self::Device>>, Scalar<Self::Device>), DeviceError<Self>>;

    /// The 2-norm of each column, (1, batch), of the gradient of `of` (features, batch).
    fn column_norms(
        gradient: &Self::Buffer,
        of: &Matrix<Self::Device>,
    ) -> Result<Matrix<Self::Device>, DeviceError<Self>>;

    /// A gradient (features, batch) scaled column by column by `row` (1, batch).
    fn scale_columns(
        gradient: Self::Buffer,
        row: &Matrix<Self::Device>,
    ) -> Result<Self::Buffer, DeviceError<Self>>;

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
    type Buffer = Matrix<D>;

    fn keep_buffer(flag: &Scalar<D>, new: &mut Matrix<D>, old: &Matrix<D>) -> Result<(), D::Err> {
        op::mask::keep(flag, new, old)
    }

    fn buffer(x: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
        Ok(x.clone())
    }

    fn matrix(buffer: &Matrix<D>, _: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
        Ok(buffer.clone())
    }

    fn zeros(like: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
        like.device().try_zeros_like(like)
    }

    fn backward(
        y: Matrix<D, OwnedTape<f32, D>>,
        upstream: Matrix<D>,
    ) -> Result<Gradients<f32, D>, D::Err> {
        y.try_mul(upstream)?.try_sum::<(), _>()?.try_backward()
    }

    fn gradient(gradients: &mut Gradients<f32, D>, of: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
        gradients.get_or_alloc_mut(of)?;
        Ok(gradients.get(of))
    }

    fn adam(
        weight: &mut Matrix<D>,
        gradient: &Matrix<D>,
        moments: (&mut Matrix<D>, &mut Matrix<D>),
        rates: &Rates,
    ) -> Result<(), D::Err> {
        op::optimize::adam(weight, gradient, moments, rates)
    }

    fn norms(device: &D, groups: &[&[Matrix<D>]]) -> Result<(Vec<Scalar<D>>, Scalar<D>), D::Err> {
        op::reduce::norms(device, groups)
    }

    fn column_norms(gradient: &Matrix<D>, _: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
        op::reduce::column_norms(gradient)
    }

    fn scale_columns(gradient: Matrix<D>, row: &Matrix<D>) -> Result<Matrix<D>, D::Err> {
        op::reduce::scale_columns(&gradient, row)
    }
}
