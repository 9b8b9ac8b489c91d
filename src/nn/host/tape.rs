//! The kernels as operations on dfdx's tape.
//!
//! An operation written outside dfdx copies its input out of the tensor, since dfdx lends no view of it; the copy is
//! kept for the backward pass. Gradients are worked on in place.

use dfdx::prelude::*;

use super::{
    Result, batch_norm, pointwise, pooling,
    products::{Convolution, Dense, Products, Transposed},
    read,
};
use crate::{
    nn::{
        Activation, Geometry, Matrix,
        backend::{Affine, Wants},
        op::batch_norm::Statistics,
        pooling::{Pooling, Sampling},
    },
    spectral::{Layout, Vectors, host as spectral},
};

/// f(Wx + b).
pub fn linear<T: Tape<f32, Cpu>>(
    x: Matrix<Cpu, T>,
    layer: Affine<'_, Cpu>,
) -> Result<Matrix<Cpu, T>> {
    let ((outputs, inputs), batch) = (*layer.weight.shape(), x.shape().1);
    let products = Dense {
        inputs,
        outputs,
        batch,
    };
    affine(x, layer, outputs, products)
}

/// f(W∗x + b).
pub fn conv<T: Tape<f32, Cpu>>(
    x: Matrix<Cpu, T>,
    layer: Affine<'_, Cpu>,
    geometry: Geometry,
) -> Result<Matrix<Cpu, T>> {
    let batch = x.shape().1;
    let features = geometry.out * geometry.map();
    affine(x, layer, features, Convolution { geometry, batch })
}

/// f(Wᵀ∗x + b).
pub fn conv_transpose<T: Tape<f32, Cpu>>(
    x: Matrix<Cpu, T>,
    layer: Affine<'_, Cpu>,
    geometry: Geometry,
) -> Result<Matrix<Cpu, T>> {
    let batch = x.shape().1;
    let features = geometry.channels * geometry.image();
    affine(
        x,
        layer,
        features,
        Transposed(Convolution { geometry, batch }),
    )
}

fn affine<T: Tape<f32, Cpu>>(
    x: Matrix<Cpu, T>,
    layer: Affine<'_, Cpu>,
    features: usize,
    products: impl Products,
) -> Result<Matrix<Cpu, T>> {
    let (x, mut tape) = x.split_tape();
    let (device, batch) = (x.device().clone(), x.shape().1);
    let Affine {
        activation, wants, ..
    } = layer;
    let (input, weight) = (read(&x), read(layer.weight));
    let bias = layer.bias.map(read);
    let mut output = vec![0.0; features * batch];
    products.forward(&input, &weight, &mut output, |row, part| {
        let bias = bias.as_ref().map_or(0.0, |bias| bias[row]);
        pointwise::finish(part, bias, activation);
    });
    let y = device.try_tensor_from_vec(output, (features, batch))?;
    if T::OWNS_TAPE {
        let kept = y.clone();
        let (x, y) = (x.ghost(), y.ghost());
        let (w, b) = (layer.weight.ghost(), layer.bias.map(|bias| bias.ghost()));
        tape.add_backward_op(move |gradients| {
            let mut upstream = std::mem::take(&mut **gradients.get_or_alloc_mut(&y)?);
            if activation != Activation::Identity {
                pointwise::through(&mut upstream, &read(&kept), activation);
            }
            let Wants {
                input: wants_input,
                parameters,
            } = wants;
            if parameters {
                let gradient = gradients.get_or_alloc_mut(&w)?;
                products.weight_gradient(&input, &upstream, gradient);
                if let Some(b) = &b {
                    let width = upstream.len() / products.bias_rows();
                    pointwise::row_sums(&upstream, width, gradients.get_or_alloc_mut(b)?);
                }
            }
            if wants_input {
                let gradient = gradients.get_or_alloc_mut(&x)?;
                products.input_gradient(&upstream, &weight, gradient);
            }
            Ok(())
        });
    }
    Ok(y.put_tape(tape))
}

/// Batch normalization with the statistics of the batch.
pub fn batch_norm<T: Tape<f32, Cpu>>(
    x: Matrix<Cpu, T>,
    gamma: &Matrix<Cpu>,
    beta: &Matrix<Cpu>,
    activation: Activation,
) -> Result<(Matrix<Cpu, T>, Statistics<Cpu>)> {
    let (x, mut tape) = x.split_tape();
    let (device, shape, channels) = (x.device().clone(), *x.shape(), gamma.shape().0);
    let width = shape.0 / channels * shape.1;
    let scale = read(gamma);
    let mut forward = batch_norm::forward(&read(&x), width, &scale, &read(beta), activation);
    let unbias = width as f32 / (width.max(2) - 1) as f32;
    let variance = forward.variance.iter().map(|&x| x * unbias).collect();
    let statistics = Statistics {
        mean: device.try_tensor_from_vec(forward.mean.clone(), (channels, 1))?,
        variance: device.try_tensor_from_vec(variance, (channels, 1))?,
    };
    if !T::OWNS_TAPE {
        let y = device.try_tensor_from_vec(std::mem::take(&mut forward.output), shape)?;
        return Ok((y.put_tape(tape), statistics));
    }
    let y = device.try_tensor_from_vec(forward.output.clone(), shape)?;
    let (x, y_ghost, gamma, beta) = (x.ghost(), y.ghost(), gamma.ghost(), beta.ghost());
    tape.add_backward_op(move |gradients| {
        let mut upstream = std::mem::take(&mut **gradients.get_or_alloc_mut(&y_ghost)?);
        let mut gamma_gradient = std::mem::take(&mut **gradients.get_or_alloc_mut(&gamma)?);
        batch_norm::backward(
            &mut upstream,
            &forward,
            width,
            &scale,
            activation,
            &mut gamma_gradient,
            gradients.get_or_alloc_mut(&beta)?,
        );
        **gradients.get_or_alloc_mut(&gamma)? = gamma_gradient;
        add(gradients.get_or_alloc_mut(&x)?, &upstream);
        Ok(())
    });
    Ok((y.put_tape(tape), statistics))
}

/// f(x), pointwise.
pub fn activate<T: Tape<f32, Cpu>>(
    x: Matrix<Cpu, T>,
    activation: Activation,
) -> Result<Matrix<Cpu, T>> {
    let (x, mut tape) = x.split_tape();
    let (device, shape) = (x.device().clone(), *x.shape());
    let mut output = read(&x);
    pointwise::activate(&mut output, activation);
    let y = device.try_tensor_from_vec(output, shape)?;
    let (x, y_ghost, kept) = (x.ghost(), y.ghost(), y.clone());
    tape.add_backward_op(move |gradients| {
        let mut upstream = std::mem::take(&mut **gradients.get_or_alloc_mut(&y_ghost)?);
        pointwise::through(&mut upstream, &read(&kept), activation);
        add(gradients.get_or_alloc_mut(&x)?, &upstream);
        Ok(())
    });
    Ok(y.put_tape(tape))
}

/// Upsampling or pooling.
pub fn pool<T: Tape<f32, Cpu>>(
    x: Matrix<Cpu, T>,
    pooling: &Pooling<Cpu>,
) -> Result<Matrix<Cpu, T>> {
    let (x, mut tape) = x.split_tape();
    let (device, batch) = (x.device().clone(), x.shape().1);
    let Pooling {
        cells,
        sampling,
        scale,
        ..
    } = *pooling;
    let (features, adjoint) = match sampling {
        Sampling::Spread => (cells.fine(), Sampling::Collect),
        Sampling::Collect => (cells.coarse(), Sampling::Spread),
    };
    let mut output = vec![0.0; features * batch];
    pooling::pool(&cells, sampling, scale, batch, &read(&x), &mut output);
    let y = device.try_tensor_from_vec(output, (features, batch))?;
    let (x, y_ghost) = (x.ghost(), y.ghost());
    tape.add_backward_op(move |gradients| {
        let upstream = std::mem::take(&mut **gradients.get_or_alloc_mut(&y_ghost)?);
        let gradient = gradients.get_or_alloc_mut(&x)?;
        pooling::pool(&cells, adjoint, scale, batch, &upstream, gradient);
        Ok(())
    });
    Ok(y.put_tape(tape))
}

/// a + b, with the tapes of both.
pub fn sum<T: Tape<f32, Cpu>>(a: Matrix<Cpu, T>, b: Matrix<Cpu, T>) -> Result<Matrix<Cpu, T>> {
    let ((a, tape), (b, other)) = (a.split_tape(), b.split_tape());
    let mut tape = tape.merge(other);
    let mut output = read(&a);
    add(&mut output, &read(&b));
    let y = a.device().try_tensor_from_vec(output, *a.shape())?;
    let (a, b, y_ghost) = (a.ghost(), b.ghost(), y.ghost());
    tape.add_backward_op(move |gradients| {
        let upstream = std::mem::take(&mut **gradients.get_or_alloc_mut(&y_ghost)?);
        add(gradients.get_or_alloc_mut(&a)?, &upstream);
        add(gradients.get_or_alloc_mut(&b)?, &upstream);
        Ok(())
    });
    Ok(y.put_tape(tape))
}

/// gain·W/σ with σ = uᵀWv differentiated, u and v constant; W where σ is zero or not finite.
pub fn normalize<T: Tape<f32, Cpu>>(
    weight: &Matrix<Cpu>,
    layout: &Layout,
    vectors: &Vectors<Cpu>,
    gain: f32,
) -> Result<Matrix<Cpu, T>> {
    let (device, shape) = (weight.device().clone(), *weight.shape());
    let raw = read(weight);
    let (mut u, mut v) = (read(&vectors.u), read(&vectors.v));
    let sigma = spectral::power_iteration(&raw, layout, &mut u, &mut v, 0);
    let factor = spectral::factor(sigma, gain);
    let scaled = match factor {
        Some(factor) => raw.iter().map(|&w| factor * w).collect(),
        None => raw.clone(),
    };
    let normalized = device.try_tensor_from_vec(scaled, shape)?;
    let mut tape = T::default();
    let (weight, ghost, layout) = (weight.ghost(), normalized.ghost(), *layout);
    tape.add_backward_op(move |gradients| {
        let mut gradient = std::mem::take(&mut **gradients.get_or_alloc_mut(&ghost)?);
        if let Some(factor) = factor {
            spectral::weight_gradient(&mut gradient, &raw, &layout, &u, &v, sigma, factor);
        }
        add(gradients.get_or_alloc_mut(&weight)?, &gradient);
        Ok(())
    });
    Ok(normalized.put_tape(tape))
}

fn add(total: &mut [f32], part: &[f32]) {
    total
        .iter_mut()
        .zip(part)
        .for_each(|(total, &part)| *total += part);
}

/// Runs the tape of y backwards from `upstream`, the gradient of y.
pub fn backward(
    y: Matrix<Cpu, OwnedTape<f32, Cpu>>,
    upstream: &Matrix<Cpu>,
) -> Result<Gradients<f32, Cpu>> {
    let (y, mut tape) = y.split_tape();
    let end: Tensor<(), f32, Cpu> = y.device().try_tensor_from_vec(vec![0.0], ())?;
    let (y, upstream) = (y.ghost(), read(upstream));
    tape.add_backward_op(move |gradients| {
        **gradients.get_or_alloc_mut(&y)? = upstream;
        Ok(())
    });
    end.put_tape(tape).try_backward()
}
