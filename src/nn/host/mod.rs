//! The CPU backend: the operations of a training step as fused tape operations on gemm and rayon.
//!
//! Work is cut into chunks that depend on shapes alone and write disjoint outputs, so results do not depend on the
//! number of threads.

mod batch_norm;
mod conv;
pub(crate) mod matmul;
mod pointwise;
mod pooling;
mod products;
pub(crate) mod sums;
mod tape;

use dfdx::prelude::*;

use super::{
    Activation, Matrix, Scalar,
    adam::Rates,
    backend::{Affine, Backend, Plan},
    op::batch_norm::Statistics,
    pooling::Pooling,
};
use crate::{
    preset::Loss,
    spectral::{self, Layout, Vectors},
};

/// The CPU.
pub struct Host;

type Result<T> = std::result::Result<T, CpuError>;

/// The numbers of a contiguous tensor, in order.
pub(crate) fn read<S: Shape, T>(x: &Tensor<S, f32, Cpu, T>) -> Vec<f32> {
    let mut data = vec![0.0; x.shape().num_elements()];
    x.copy_into(&mut data);
    data
}

fn scalar(device: &Cpu, value: f32) -> Result<Scalar<Cpu>> {
    device.try_tensor_from_vec(vec![value], ())
}

impl Backend for Host {
    type Device = Cpu;

    fn linear<T: Tape<f32, Cpu>>(
        x: Matrix<Cpu, T>,
        layer: Affine<'_, Cpu>,
    ) -> Result<Matrix<Cpu, T>> {
        tape::linear(x, layer)
    }

    fn conv<T: Tape<f32, Cpu>>(
        x: Matrix<Cpu, T>,
        layer: Affine<'_, Cpu>,
        plan: &Plan<Cpu>,
    ) -> Result<Matrix<Cpu, T>> {
        tape::conv(x, layer, plan.geometry)
    }

    fn conv_transpose<T: Tape<f32, Cpu>>(
        x: Matrix<Cpu, T>,
        layer: Affine<'_, Cpu>,
        plan: &Plan<Cpu>,
    ) -> Result<Matrix<Cpu, T>> {
        tape::conv_transpose(x, layer, plan.geometry)
    }

    fn batch_norm<T: Tape<f32, Cpu>>(
        x: Matrix<Cpu, T>,
        gamma: &Matrix<Cpu>,
        beta: &Matrix<Cpu>,
        activation: Activation,
    ) -> Result<(Matrix<Cpu, T>, Statistics<Cpu>)> {
        tape::batch_norm(x, gamma, beta, activation)
    }

    fn activate<T: Tape<f32, Cpu>>(
        x: Matrix<Cpu, T>,
        activation: Activation,
    ) -> Result<Matrix<Cpu, T>> {
        tape::activate(x, activation)
    }

    fn pool<T: Tape<f32, Cpu>>(
        x: Matrix<Cpu, T>,
        pooling: &Pooling<Cpu>,
    ) -> Result<Matrix<Cpu, T>> {
        tape::pool(x, pooling)
    }

    fn add<T: Tape<f32, Cpu>>(a: Matrix<Cpu, T>, b: Matrix<Cpu, T>) -> Result<Matrix<Cpu, T>> {
        tape::sum(a, b)
    }

    fn power_iteration(
        weight: &Matrix<Cpu>,
        layout: &Layout,
        vectors: &mut Vectors<Cpu>,
        iterations: usize,
    ) -> Result<Scalar<Cpu>> {
        let (mut u, mut v) = (read(&vectors.u), read(&vectors.v));
        let sigma =
            spectral::host::power_iteration(&read(weight), layout, &mut u, &mut v, iterations);
        let device = weight.device();
        if iterations > 0 {
            vectors.u.copy_from(&u);
            vectors.v.copy_from(&v);
        }
        scalar(device, sigma)
    }

    fn normalize<T: Tape<f32, Cpu>>(
        weight: &Matrix<Cpu>,
        layout: &Layout,
        vectors: &Vectors<Cpu>,
        gain: f32,
    ) -> Result<Matrix<Cpu, T>> {
        tape::normalize(weight, layout, vectors, gain)
    }

    fn gradient(gradients: &mut Gradients<f32, Cpu>, of: &Matrix<Cpu>) -> Result<Matrix<Cpu>> {
        let taken = std::mem::take(&mut **gradients.get_or_alloc_mut(of)?);
        of.device().try_tensor_from_vec(taken, *of.shape())
    }

    fn backward(
        y: Matrix<Cpu, OwnedTape<f32, Cpu>>,
        upstream: &Matrix<Cpu>,
    ) -> Result<Gradients<f32, Cpu>> {
        tape::backward(y, upstream)
    }

    fn adam(
        weight: &mut Matrix<Cpu>,
        gradient: &Matrix<Cpu>,
        moments: (&mut Matrix<Cpu>, &mut Matrix<Cpu>),
        rates: &Rates,
    ) -> Result<()> {
        let (mut w, mut m, mut v) = (read(weight), read(moments.0), read(moments.1));
        pointwise::adam(&mut w, &read(gradient), &mut m, &mut v, rates);
        weight.copy_from(&w);
        moments.0.copy_from(&m);
        moments.1.copy_from(&v);
        Ok(())
    }

    fn blend(average: &mut Matrix<Cpu>, value: &Matrix<Cpu>, decay: f32) -> Result<()> {
        let mut data = read(average);
        pointwise::blend(&mut data, &read(value), decay);
        average.copy_from(&data);
        Ok(())
    }

    fn loss(
        scores: &Matrix<Cpu>,
        sides: &Matrix<Cpu>,
        loss: Loss,
        linear: bool,
        batch: usize,
    ) -> Result<(Scalar<Cpu>, Matrix<Cpu>)> {
        let (total, slopes) = pointwise::loss(&read(scores), &read(sides), loss, linear, batch);
        let device = scores.device();
        Ok((
            scalar(device, total)?,
            device.try_tensor_from_vec(slopes, *scores.shape())?,
        ))
    }

    fn norm(device: &Cpu, parts: &[Matrix<Cpu>]) -> Result<Scalar<Cpu>> {
        let squares = parts.iter().map(|part| {
            let data = read(part);
            sums::dot(&data, &data)
        });
        scalar(device, squares.sum::<f64>().sqrt() as f32)
    }

    fn column_norms(x: &Matrix<Cpu>) -> Result<Matrix<Cpu>> {
        let batch = x.shape().1;
        let norms = pointwise::column_norms(&read(x), batch);
        x.device().try_tensor_from_vec(norms, (1, batch))
    }

    fn scale_columns(x: &Matrix<Cpu>, row: &Matrix<Cpu>) -> Result<Matrix<Cpu>> {
        let mut data = read(x);
        let row = read(row);
        for line in data.chunks_exact_mut(row.len()) {
            line.iter_mut()
                .zip(&row)
                .for_each(|(x, &factor)| *x *= factor);
        }
        x.device().try_tensor_from_vec(data, *x.shape())
    }

    fn side_by_side(first: &Matrix<Cpu>, second: &Matrix<Cpu>) -> Result<Matrix<Cpu>> {
        let device = first.device().clone();
        let (features, batch) = *first.shape();
        let (first, second) = (read(first), read(second));
        let mut data = Vec::with_capacity(2 * features * batch);
        for (a, b) in first.chunks_exact(batch).zip(second.chunks_exact(batch)) {
            data.extend_from_slice(a);
            data.extend_from_slice(b);
        }
        device.try_tensor_from_vec(data, (features, 2 * batch))
    }
}
