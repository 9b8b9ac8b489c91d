//! What is done to a gradient as it is made.

use rayon::prelude::*;

use super::{
    Host,
    buffers::{self, Buffer},
    pointwise::{self, CHUNK},
};
use crate::nn::{Activation, backend::Below};

/// See [`Below`]: g ← factor·g·f′ + present.
pub struct Finish<'a> {
    length: usize,
    slope: Option<(Activation, &'a [f32])>,
    present: Option<&'a [f32]>,
}

impl<'a> Finish<'a> {
    pub fn of(below: &'a Below<'_, Host>) -> Self {
        Self {
            length: below.length,
            slope: below
                .slope
                .map(|(activation, output)| (activation, &**output)),
            present: below.present.as_deref(),
        }
    }

    /// Numbers of the gradient.
    pub fn length(&self) -> usize {
        self.length
    }

    /// To `part`, which stands at `offset` in the gradient.
    pub fn apply(&self, offset: usize, part: &mut [f32], factor: f32) {
        let place = offset..offset + part.len();
        match self.slope {
            Some((activation, output)) => {
                pointwise::through(part, factor, &output[place.clone()], activation);
            }
            None if factor != 1.0 => pointwise::scale(part, factor),
            None => {}
        }
        if let Some(present) = self.present {
            pointwise::add(part, 1.0, &present[place]);
        }
    }

    /// A gradient that is handed on.
    pub fn copy(&self, upstream: &[f32]) -> Buffer {
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
