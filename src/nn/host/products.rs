//! The three products of each layer with a weight: forwards, and the gradients of its input and its weight.

use super::{
    conv::{adjoint, correlate, weight_gradient},
    matmul::{View, product},
};
use crate::nn::Geometry;

/// The three products of a layer y = f(Wx + b), whatever W is.
pub trait Products: 'static {
    /// Rows that share a bias value, and how many there are.
    fn bias_rows(&self) -> usize;
    /// Adds Wx to y (zeros), then applies `finish(bias row, part of y)`.
    fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        y: &mut [f32],
        finish: impl Fn(usize, &mut [f32]) + Sync,
    );
    /// Adds the gradient of x.
    fn input_gradient(&self, upstream: &[f32], weight: &[f32], out: &mut [f32]);
    /// Adds the gradient of W.
    fn weight_gradient(&self, x: &[f32], upstream: &[f32], out: &mut [f32]);
}

/// A dense layer: x (inputs, batch), W (outputs, inputs).
pub struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    pub batch: usize,
}

impl Products for Dense {
    fn bias_rows(&self) -> usize {
        self.outputs
    }

    fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        y: &mut [f32],
        finish: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        let weight = View::new(weight, self.outputs, self.inputs);
        product(
            y,
            false,
            weight,
            View::new(x, self.inputs, self.batch),
            finish,
        );
    }

    fn input_gradient(&self, upstream: &[f32], weight: &[f32], out: &mut [f32]) {
        let weight = View::new(weight, self.outputs, self.inputs).transposed();
        let upstream = View::new(upstream, self.outputs, self.batch);
        product(out, true, weight, upstream, |_, _| {});
    }

    fn weight_gradient(&self, x: &[f32], upstream: &[f32], out: &mut [f32]) {
        let upstream = View::new(upstream, self.outputs, self.batch);
        let x = View::new(x, self.inputs, self.batch).transposed();
        product(out, true, upstream, x, |_, _| {});
    }
}

/// A convolution: x (channels·image, batch), W (out, channels·taps).
pub struct Convolution {
    pub geometry: Geometry,
    pub batch: usize,
}

impl Products for Convolution {
    fn bias_rows(&self) -> usize {
        self.geometry.out
    }

    fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        y: &mut [f32],
        finish: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        correlate(&self.geometry, self.batch, x, weight, y, finish);
    }

    fn input_gradient(&self, upstream: &[f32], weight: &[f32], out: &mut [f32]) {
        adjoint(&self.geometry, self.batch, upstream, weight, out, |_, _| {});
    }

    fn weight_gradient(&self, x: &[f32], upstream: &[f32], out: &mut [f32]) {
        weight_gradient(&self.geometry, self.batch, x, upstream, out);
    }
}

/// A transposed convolution: x (out·map, batch), W (out, channels·taps).
pub struct Transposed(pub Convolution);

impl Products for Transposed {
    fn bias_rows(&self) -> usize {
        self.0.geometry.channels
    }

    fn forward(
        &self,
        x: &[f32],
        weight: &[f32],
        y: &mut [f32],
        finish: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        adjoint(&self.0.geometry, self.0.batch, x, weight, y, finish);
    }

    fn input_gradient(&self, upstream: &[f32], weight: &[f32], out: &mut [f32]) {
        correlate(
            &self.0.geometry,
            self.0.batch,
            upstream,
            weight,
            out,
            |_, _| {},
        );
    }

    fn weight_gradient(&self, x: &[f32], upstream: &[f32], out: &mut [f32]) {
        weight_gradient(&self.0.geometry, self.0.batch, upstream, x, out);
    }
}
