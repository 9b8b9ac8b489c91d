//! Layers with a weight: which products they are.

use std::sync::Arc;

use dfdx::prelude::*;

use super::{
    normalization::Normalization,
    saved::{Finish, Slope},
};
use crate::nn::{
    Matrix,
    host::{
        Host, Result,
        buffers::{self, Buffer},
        pointwise,
        products::Products,
        read_buffer,
    },
    layer::{Affine, Kind},
    plan::Direction,
};

/// The products of a layer.
fn products(layer: &Affine<Host>, batch: usize) -> Products {
    match &layer.kind {
        Kind::Linear => {
            let (outputs, inputs) = *layer.weight.shape();
            Products::dense(inputs, outputs, batch)
        }
        Kind::Conv(plan) => Products::convolution(plan.geometry, Direction::Forward, batch),
        Kind::ConvTranspose(plan) => {
            Products::convolution(plan.geometry, Direction::Transposed, batch)
        }
    }
}

/// What a layer leaves to its backward pass.
pub struct Saved {
    products: Products,
    batch: usize,
    weight: Buffer,
    normalization: Option<Normalization>,
    /// Where its gradients go, if they are wanted; with the layer's input, which they take.
    parameters: Option<Parameters>,
    pub slope: Option<Slope>,
    pub input_length: usize,
}

struct Parameters {
    weight: Matrix<Cpu>,
    bias: Option<Matrix<Cpu>>,
    input: Arc<Buffer>,
}

/// y = f(factor·Wx + b), and what the backward pass needs where `tape` says that there is one; `parameters` says
/// whether their gradients are wanted.
pub fn forward(
    layer: &Affine<Host>,
    x: &Arc<Buffer>,
    batch: usize,
    tape: bool,
    parameters: bool,
) -> (Arc<Buffer>, Option<Saved>) {
    let products = products(layer, batch);
    let weight = read_buffer(&layer.weight);
    let bias = layer.bias.as_ref().map(read_buffer);
    let normalization = Normalization::of(layer, &weight);
    let factor = normalization.as_ref().map_or(1.0, |n| n.factor);
    let activation = layer.activation;
    let mut y = buffers::take(products.outputs() * batch);
    let finish = |channel: usize, _: usize, part: &mut [f32]| {
        let bias = bias.as_ref().map_or(0.0, |bias| bias[channel]);
        pointwise::finish(part, factor, bias, activation);
    };
    products.forward(x, &weight, &mut y, finish);
    let y = Arc::new(y);
    let saved = tape.then(|| Saved {
        products,
        batch,
        weight,
        normalization,
        parameters: parameters.then(|| Parameters {
            weight: layer.weight.clone(),
            bias: layer.bias.clone(),
            input: x.clone(),
        }),
        slope: Slope::new(activation, &y),
        input_length: x.len(),
    });
    (y, saved)
}

impl Saved {
    /// The gradients of weight and bias, and that of the input into `out`, from `upstream`, that of Wx + b.
    pub fn backward(
        &self,
        upstream: &[f32],
        gradients: &mut Gradients<f32, Cpu>,
        out: Option<&mut [f32]>,
        finish: Finish,
    ) -> Result<()> {
        if let Some(parameters) = &self.parameters {
            let gradient = gradients.get_or_alloc_mut(&parameters.weight)?;
            let input = &parameters.input;
            self.products.weight_gradient(input, upstream, gradient);
            if let Some(normalization) = &self.normalization {
                normalization.through(gradient, &self.weight);
            }
            if let Some(bias) = &parameters.bias {
                let sums = gradients.get_or_alloc_mut(bias)?;
                pointwise::channel_sums(upstream, self.batch, sums);
            }
        }
        if let Some(out) = out {
            let factor = self.normalization.as_ref().map_or(1.0, |n| n.factor);
            let finish =
                |_: usize, offset: usize, part: &mut [f32]| finish.apply(offset, part, factor);
            self.products
                .input_gradient(upstream, &self.weight, out, finish);
        }
        Ok(())
    }
}
