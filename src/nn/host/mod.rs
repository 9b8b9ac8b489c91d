//! The CPU backend: a pass through a network as one tape operation, on register tiles and rayon.
//!
//! Work is cut into chunks that depend on shapes alone and write disjoint outputs, so results do not depend on the
//! number of threads.

mod awake;
mod batch_norm;
mod buffers;
mod chain;
mod conv;
mod dense;
pub(super) mod exponential;
mod gather;
pub mod heap;
mod inner;
mod loss;
mod outer;
mod output;
pub(crate) mod pointwise;
mod pooling;
pub(crate) mod products;
mod simd;
mod slab;
pub(crate) mod sums;
mod tile;
mod turn;

use dfdx::prelude::*;

use self::buffers::Buffer;
use super::{
    Matrix, Mode, Scalar,
    adam::Rates,
    backend::{Backend, Wants},
    module::Module,
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

/// The same in a buffer of the pool.
fn read_buffer(x: &Matrix<Cpu>) -> Buffer {
    let mut data = buffers::take(x.shape().num_elements());
    x.copy_into(&mut data);
    data
}

fn scalar(device: &Cpu, value: f32) -> Result<Scalar<Cpu>> {
    device.try_tensor_from_vec(vec![value], ())
}

impl Backend for Host {
    type Device = Cpu;
    type Buffer = Vec<f32>;

    const READS_ARE_FREE: bool = true;

    fn keep_buffer(flag: &Scalar<Cpu>, new: &mut Vec<f32>, old: &Vec<f32>) -> Result<()> {
        if read(flag) == [0.0] {
            new.clone_from(old);
        }
        Ok(())
    }

    fn forward<T: Tape<f32, Cpu>>(
        modules: &mut [Module<Self>],
        x: Matrix<Cpu, T>,
        mode: Mode,
        wants: Wants,
    ) -> Result<Matrix<Cpu, T>> {
        chain::forward(modules, x, mode, wants)
    }

    fn evaluate<T: Tape<f32, Cpu>>(
        modules: &[Module<Self>],
        x: Matrix<Cpu, T>,
        wants: Wants,
    ) -> Result<Matrix<Cpu, T>> {
        chain::evaluate(modules, x, wants)
    }

    fn power_iteration(
        weight: &Matrix<Cpu>,
        layout: &Layout,
        vectors: &mut Vectors<Cpu>,
        iterations: usize,
    ) -> Result<Scalar<Cpu>> {
        let sigma = iterate(&read_buffer(weight), layout, vectors, iterations);
        scalar(weight.device(), sigma)
    }

    fn iterate(
        weight: &Matrix<Cpu>,
        layout: &Layout,
        vectors: &mut Vectors<Cpu>,
        iterations: usize,
    ) -> Result<(Scalar<Cpu>, Scalar<Cpu>)> {
        let (device, weight) = (weight.device(), read_buffer(weight));
        let sigma = iterate(&weight, layout, vectors, iterations);
        let norm = sums::dot(&weight, &weight).sqrt() as f32;
        Ok((scalar(device, sigma)?, scalar(device, norm)?))
    }

    fn normalized(
        weight: &Matrix<Cpu>,
        layout: &Layout,
        vectors: &Vectors<Cpu>,
        gain: f32,
    ) -> Result<Matrix<Cpu>> {
        let mut data = read(weight);
        let (u, v) = (read_buffer(&vectors.u), read_buffer(&vectors.v));
        let sigma = spectral::host::sigma(&data, layout, &u, &v);
        if let Some(factor) = spectral::host::factor(sigma, gain) {
            pointwise::scale(&mut data, factor);
        }
        weight.device().try_tensor_from_vec(data, *weight.shape())
    }

    fn buffer(x: &Matrix<Cpu>) -> Result<Vec<f32>> {
        Ok(read(x))
    }

    fn matrix(buffer: &Vec<f32>, like: &Matrix<Cpu>) -> Result<Matrix<Cpu>> {
        like.device()
            .try_tensor_from_vec(buffer.clone(), *like.shape())
    }

    fn zeros(like: &Matrix<Cpu>) -> Result<Vec<f32>> {
        Ok(vec![0.0; like.shape().num_elements()])
    }

    fn backward(
        y: Matrix<Cpu, OwnedTape<f32, Cpu>>,
        upstream: Vec<f32>,
    ) -> Result<Gradients<f32, Cpu>> {
        let (y, mut tape) = y.split_tape();
        let end = scalar(y.device(), 0.0)?;
        let y = y.ghost();
        tape.add_backward_op(move |gradients| {
            **gradients.get_or_alloc_mut(&y)? = upstream;
            Ok(())
        });
        end.put_tape(tape).try_backward()
    }

    fn gradient(gradients: &mut Gradients<f32, Cpu>, of: &Matrix<Cpu>) -> Result<Vec<f32>> {
        Ok(std::mem::take(&mut **gradients.get_or_alloc_mut(of)?))
    }

    fn adam(
        weight: &mut Matrix<Cpu>,
        gradient: &Vec<f32>,
        (first, second): (&mut Vec<f32>, &mut Vec<f32>),
        rates: &Rates,
    ) -> Result<()> {
        let mut data = read_buffer(weight);
        pointwise::adam(&mut data, gradient, first, second, rates);
        weight.copy_from(&data);
        Ok(())
    }

    fn blend(average: &mut Matrix<Cpu>, value: &Matrix<Cpu>, decay: f32) -> Result<()> {
        let mut data = read_buffer(average);
        pointwise::blend(&mut data, &read_buffer(value), decay);
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
        let (scores_read, sides) = (read_buffer(scores), read_buffer(sides));
        let (total, slopes) = loss::loss(&scores_read, &sides, loss, linear, batch);
        let device = scores.device();
        Ok((
            scalar(device, total)?,
            device.try_tensor_from_vec(slopes, *scores.shape())?,
        ))
    }

    fn norms(device: &Cpu, groups: &[&[Vec<f32>]]) -> Result<(Vec<Scalar<Cpu>>, Scalar<Cpu>)> {
        let mut total = 0.0;
        let mut norms = Vec::with_capacity(groups.len());
        for group in groups {
            let mut sum = 0.0;
            for part in *group {
                let square = sums::dot(part, part);
                total += square;
                sum += square;
            }
            norms.push(scalar(device, sum.sqrt() as f32)?);
        }
        Ok((norms, scalar(device, total.sqrt() as f32)?))
    }

    fn clip(weight: &mut Matrix<Cpu>, bound: f32) -> Result<()> {
        let mut data = read_buffer(weight);
        data.iter_mut().for_each(|x| *x = x.clamp(-bound, bound));
        weight.copy_from(&data);
        Ok(())
    }

    fn column_norms(gradient: &Vec<f32>, of: &Matrix<Cpu>) -> Result<Matrix<Cpu>> {
        let batch = of.shape().1;
        let norms = pointwise::column_norms(gradient, batch);
        of.device().try_tensor_from_vec(norms, (1, batch))
    }

    fn scale_columns(mut gradient: Vec<f32>, row: &Matrix<Cpu>) -> Result<Vec<f32>> {
        let row = read_buffer(row);
        for line in gradient.chunks_exact_mut(row.len()) {
            pointwise::multiply(line, &row);
        }
        Ok(gradient)
    }

    fn side_by_side(first: &Matrix<Cpu>, second: &Matrix<Cpu>) -> Result<Matrix<Cpu>> {
        let device = first.device().clone();
        let (features, batch) = *first.shape();
        let (first, second) = (read_buffer(first), read_buffer(second));
        let mut data = Vec::with_capacity(2 * features * batch);
        for (a, b) in first.chunks_exact(batch).zip(second.chunks_exact(batch)) {
            data.extend_from_slice(a);
            data.extend_from_slice(b);
        }
        device.try_tensor_from_vec(data, (features, 2 * batch))
    }
}

/// Power iterations on the vectors; gives σ.
fn iterate(weight: &[f32], layout: &Layout, vectors: &mut Vectors<Cpu>, iterations: usize) -> f32 {
    let (mut u, mut v) = (read_buffer(&vectors.u), read_buffer(&vectors.v));
    let sigma = spectral::host::power_iteration(weight, layout, &mut u, &mut v, iterations);
    if iterations > 0 {
        vectors.u.copy_from(&u);
        vectors.v.copy_from(&v);
    }
    sigma
}
