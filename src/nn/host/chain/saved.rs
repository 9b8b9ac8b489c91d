//! What the backward pass keeps of the forward pass.

use std::sync::Arc;

use super::{affine, dense, norm};
use crate::nn::{
    Activation,
    host::{
        buffers::Buffer,
        pointwise::{self, CHUNK},
    },
    pooling::{Cells, Sampling},
};
use rayon::prelude::*;

/// What one module leaves to its backward pass.
pub enum Saved {
    Affine(Box<affine::Saved>),
    Dense(Box<dense::Saved>),
    Norm(Box<norm::Saved>),
    Activation(Slope),
    Pooling(Pooled),
    Residual {
        main: Vec<Saved>,
        shortcut: Vec<Saved>,
        /// Numbers of its input.
        length: usize,
    },
}

/// An upsampling or pooling that was made.
pub struct Pooled {
    pub cells: Cells,
    pub sampling: Sampling,
    pub scale: f32,
    pub batch: usize,
}

/// An activation with its output, off which its derivative is read.
pub struct Slope {
    pub activation: Activation,
    pub output: Arc<Buffer>,
}

impl Slope {
    /// None where the derivative is 1.
    pub fn new(activation: Activation, output: &Arc<Buffer>) -> Option<Self> {
        (activation != Activation::Identity).then(|| Self {
            activation,
            output: output.clone(),
        })
    }

    /// upstream ← upstream·f′.
    pub fn apply(&self, upstream: &mut [f32]) {
        upstream
            .par_chunks_mut(CHUNK)
            .zip(self.output.par_chunks(CHUNK))
            .for_each(|(g, y)| pointwise::through(g, 1.0, y, self.activation));
    }
}

impl Saved {
    /// Numbers of the module's input.
    pub fn input_length(&self) -> usize {
        match self {
            Saved::Affine(layer) => layer.input_length,
            Saved::Dense(layers) => layers.input_length(),
            Saved::Norm(norm) => norm.input.len(),
            Saved::Activation(slope) => slope.output.len(),
            Saved::Pooling(pooled) => {
                let features = match pooled.sampling {
                    Sampling::Spread => pooled.cells.coarse(),
                    Sampling::Collect => pooled.cells.fine(),
                };
                features * pooled.batch
            }
            Saved::Residual { length, .. } => *length,
        }
    }

    /// The activation at the module's end; whoever makes the gradient of its output multiplies by its derivative.
    pub fn slope(&self) -> Option<&Slope> {
        match self {
            Saved::Affine(layer) => layer.slope.as_ref(),
            Saved::Dense(layers) => layers.slope.as_ref(),
            Saved::Norm(norm) => norm.slope.as_ref(),
            Saved::Activation(slope) => Some(slope),
            Saved::Pooling(_) | Saved::Residual { .. } => None,
        }
    }
}

/// What is done to a gradient as it is made: g ← (factor·g + other)·f′.
#[derive(Clone, Copy, Default)]
pub struct Finish<'a> {
    /// The gradient that comes from the other branch of a block.
    pub other: Option<&'a [f32]>,
    /// The activation below.
    pub slope: Option<&'a Slope>,
}

impl Finish<'_> {
    /// To `part`, which stands at `offset` in the gradient.
    pub fn apply(&self, offset: usize, part: &mut [f32], mut factor: f32) {
        let place = offset..offset + part.len();
        if let Some(other) = self.other {
            if factor != 1.0 {
                pointwise::scale(part, factor);
                factor = 1.0;
            }
            pointwise::add(part, 1.0, &other[place.clone()]);
        }
        match self.slope {
            Some(slope) => {
                pointwise::through(part, factor, &slope.output[place], slope.activation);
            }
            None if factor != 1.0 => pointwise::scale(part, factor),
            None => {}
        }
    }

    /// out ← upstream, finished.
    pub fn copy(&self, upstream: &[f32], out: &mut [f32]) {
        out.par_chunks_mut(CHUNK)
            .zip(upstream.par_chunks(CHUNK))
            .enumerate()
            .for_each(|(chunk, (out, upstream))| {
                out.copy_from_slice(upstream);
                self.apply(chunk * CHUNK, out, 1.0);
            });
    }
}
