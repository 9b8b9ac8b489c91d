//! What stands on the device for the updates of one network: their inputs, which the host hands over all at once, and
//! their measures.

use std::ops::Range;

use super::recorded::Recorder;
use crate::nn::{
    Backend, Knobs, Network,
    backend::Result,
    knobs,
    memory::{ALIGNMENT, take},
};

/// Room for the inputs and measures of updates of one network.
pub struct Desk<B: Backend> {
    pub batch: usize,
    /// The knobs, then the parts below.
    pub inputs: B::Buffer,
    /// (latent, batch)
    pub latents: Range<usize>,
    /// (features, batch) in an update of D; else empty.
    pub real: Range<usize>,
    /// (features, samples that D sees) where there is noise; else empty.
    pub noise: Range<usize>,
    pub recorder: Recorder<B>,
}

/// How much of everything an update has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub batch: usize,
    /// Numbers of latents, real samples and noise.
    pub inputs: [usize; 3],
    /// Scores of D, and norms of ∇x D.
    pub measured: (usize, usize),
}

/// Fills the room between two inputs.
const GAP: [f32; ALIGNMENT] = [0.0; ALIGNMENT];

impl<B: Backend> Desk<B> {
    /// For updates of the first of these networks.
    ///
    /// # Errors
    /// Those of the device.
    pub fn new(backend: &B, [trained, other]: [&Network<B>; 2], sizes: Sizes) -> Result<Self> {
        let mut length = 0;
        take(&mut length, knobs::COUNT);
        let [latents, real, noise] = sizes.inputs.map(|count| take(&mut length, count));
        Ok(Self {
            batch: sizes.batch,
            inputs: backend.zeros(length)?,
            latents,
            real,
            noise,
            recorder: Recorder::new(backend, trained, other, sizes.measured)?,
        })
    }

    /// Whether there is room for just this.
    pub fn fits(&self, sizes: Sizes) -> bool {
        let inputs = [&self.latents, &self.real, &self.noise].map(|place| place.len());
        let measured = self.recorder.samples();
        sizes
            == Sizes {
                batch: self.batch,
                inputs,
                measured,
            }
    }

    /// Hands over what the next update needs: latents, real samples, noise.
    ///
    /// # Errors
    /// Those of the device.
    pub fn write_parts(&mut self, backend: &B, knobs: Knobs, inputs: [&[f32]; 3]) -> Result<()> {
        let knobs = knobs.with(knobs::HISTORY_ROW, self.recorder.next());
        let [latents, real, noise] = inputs;
        let parts = [knobs.numbers(), latents, real, noise];
        let gap = |part: &[f32]| &GAP[..part.len().next_multiple_of(ALIGNMENT) - part.len()];
        let with_gaps = parts.map(|part| [part, gap(part)]);
        backend.write_parts(&mut self.inputs, with_gaps.as_flattened())
    }

    /// The latents of the update, as activations.
    ///
    /// # Errors
    /// Those of the device.
    pub fn latents(&self, backend: &B) -> Result<B::Buffer> {
        backend.pack_activations(&self.inputs, self.latents.clone(), self.batch, None)
    }
}
