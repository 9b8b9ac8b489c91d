//! Layers with a weight, and the normalized weight that they use.

use std::sync::Arc;

use dfdx::prelude::*;

use super::{
    DfdxDevice, Reference, conv,
    conv::Gather,
    conv_transpose, linear,
    spectral::normalize,
    tensors::{Matrix, backward, failed, gradient},
};
use crate::engine::nn::{
    Activation, Weights,
    backend::Result,
    layer::{Affine, Direction, Product},
    spectral::GAIN,
};

/// A layer's values as tensors, each a leaf of the tape.
pub struct Layer<D: DfdxDevice> {
    layer: Affine,
    pub weight: Matrix<D>,
    pub bias: Option<Matrix<D>>,
    /// u and v.
    vectors: [Matrix<D>; 2],
    gain: f32,
}

impl<D: DfdxDevice> Layer<D> {
    pub fn new(
        reference: &Reference<D>,
        layer: &Affine,
        weights: Weights<Reference<D>>,
    ) -> Result<Self> {
        let numbers = weights.numbers;
        let column = |place: &std::ops::Range<usize>| reference.column(&numbers[place.clone()]);
        Ok(Self {
            layer: layer.clone(),
            weight: reference.matrix(&numbers[layer.weight.clone()], layer.product.stored())?,
            bias: layer.bias.as_ref().map(column).transpose()?,
            vectors: [column(&layer.u)?, column(&layer.v)?],
            gain: weights.figures[layer.figures + GAIN],
        })
    }

    fn forward<T: Tape<f32, D>>(
        &self,
        x: Matrix<D, T>,
        activation: Activation,
    ) -> std::result::Result<Matrix<D, T>, D::Err> {
        let (weight, x) = if self.layer.is_normalized() {
            let layout = self.layer.product.layout();
            let weight = normalize::<D, T>(&self.weight, &layout, &self.vectors, self.gain)?;
            let (weight, own) = weight.split_tape();
            let (x, tape) = x.split_tape();
            (weight, x.put_tape(tape.merge(own)))
        } else {
            (self.weight.clone(), x)
        };
        let bias = self.bias.as_ref();
        match &self.layer.product {
            Product::Dense { .. } => linear::linear(x, &weight, bias, activation),
            Product::Convolution {
                geometry,
                direction: Direction::Forward,
            } => {
                let gather = Gather::new(x.device(), &conv::columns(geometry))?;
                conv::conv(x, &weight, bias, activation, geometry, &gather)
            }
            Product::Convolution { geometry, .. } => {
                // The most taps that reach an image position.
                let terms = geometry.kernel.div_ceil(geometry.stride).pow(2);
                let gather = Gather::new(x.device(), &conv_transpose::rows(geometry, terms))?;
                conv_transpose::conv_transpose(
                    x, &weight, bias, activation, geometry, terms, &gather,
                )
            }
        }
    }
}

/// Applies consecutive layers. `last` says whether to apply the last one's activation.
pub(super) fn forward<D: DfdxDevice, T: Tape<f32, D>>(
    layers: &[Layer<D>],
    mut x: Matrix<D, T>,
    last: bool,
) -> std::result::Result<Matrix<D, T>, D::Err> {
    for (index, layer) in layers.iter().enumerate() {
        let activation = if last || index + 1 < layers.len() {
            layer.layer.activation
        } else {
            Activation::Identity
        };
        x = layer.forward(x, activation)?;
    }
    Ok(x)
}

impl<D: DfdxDevice> Reference<D> {
    /// Writes the gradients of weights and biases of consecutive layers, see
    /// [`crate::engine::nn::Backend::backward`].
    pub fn weight_gradients(
        &self,
        layers: &[Arc<Affine>],
        weights: Weights<Self>,
        x: &[f32],
        upstream: &[f32],
        batch: usize,
        to: &mut [f32],
    ) -> Result<()> {
        let made = self.layers(layers, weights)?;
        let x = self.activations(x, batch)?.leaky_traced();
        let y = forward(&made, x, false).map_err(failed)?;
        let mut gradients = backward(y, self.activations(upstream, batch)?)?;
        for (layer, made) in layers.iter().zip(&made) {
            let weight = gradient(&mut gradients, &made.weight)?;
            to[layer.weight.clone()].copy_from_slice(&weight.as_vec());
            if let (Some(place), Some(bias)) = (&layer.bias, &made.bias) {
                let bias = gradient(&mut gradients, bias)?;
                to[place.clone()].copy_from_slice(&bias.as_vec());
            }
        }
        Ok(())
    }
}
