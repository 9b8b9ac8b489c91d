//! The epilogue of operations that compute a gradient.

use rayon::prelude::*;

use super::{
    Host,
    buffers::{self, Buffer},
    pointwise::{self, CHUNK},
};
use crate::engine::nn::{Activation, backend::GradientEpilogue};

/// A [`GradientEpilogue`] with borrowed slices: g ← factor·g·f′ + accumulated.
pub(super) struct Epilogue<'a> {
    length: usize,
    activation: Option<(Activation, &'a [f32])>,
    accumulated: Option<&'a [f32]>,
}

impl<'a> Epilogue<'a> {
    pub(super) fn of(epilogue: &'a GradientEpilogue<'_, Host>) -> Self {
        Self {
            length: epilogue.length,
            activation: epilogue
                .activation
                .map(|(activation, output)| (activation, &**output)),
            accumulated: epilogue.accumulated.as_deref(),
        }
    }

    /// Length of the gradient.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Applies the epilogue to `part`, which lies at `offset` in the gradient.
    pub(super) fn apply(&self, offset: usize, part: &mut [f32], factor: f32) {
        let place = offset..offset + part.len();
        match self.activation {
            Some((activation, output)) => {
                pointwise::activation_gradient(part, factor, &output[place.clone()], activation);
            }
            None if factor != 1.0 => pointwise::scale(part, factor),
            None => {}
        }
        if let Some(accumulated) = self.accumulated {
            pointwise::add(part, 1.0, &accumulated[place]);
        }
    }

    /// Applies the epilogue to a copy of `upstream`.
    pub(super) fn copy(&self, upstream: &[f32]) -> Buffer {
        let mut out = buffers::take(upstream.len());
        out.par_chunks_mut(CHUNK)
            .zip(upstream.par_chunks(CHUNK))
            .enumerate()
            .for_each(|(chunk, (out, upstream))| {
                out.copy_from_slice(upstream);
                self.apply(chunk * CHUNK, out, 1.0);
            });
        out
    }
}
