//! The device buffers of one network's updates: their inputs, which the host uploads in one copy, and their measures.

use std::ops::Range;

use super::recorded::Recorder;
use crate::engine::nn::{
    Backend, Knobs, Network, Objective,
    backend::Result,
    knobs,
    memory::{ALIGNMENT, take},
};

/// Device buffers for the inputs and measures of updates of one network.
pub(super) struct Workspace<B: Backend> {
    pub batch: usize,
    /// The knobs, followed by the ranges below.
    pub inputs: B::Buffer,
    /// (latent, batch)
    pub latents: Range<usize>,
    /// (features, batch) in an update of D; empty in an update of G.
    pub real: Range<usize>,
    /// (features, samples that D sees); empty if the preset adds no noise.
    pub noise: Range<usize>,
    pub recorder: Recorder<B>,
}

/// Sizes of the inputs and measures of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub batch: usize,
    /// Lengths of latents, real samples and noise.
    pub inputs: [usize; 3],
    /// Number of scores of D, and number of norms of ∇x D.
    pub measured: (usize, usize),
}

/// Fills the gap between two aligned inputs.
const GAP: [f32; ALIGNMENT] = [0.0; ALIGNMENT];

impl<B: Backend> Workspace<B> {
    /// Allocates buffers for updates of `trained`.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn new(
        backend: &B,
        [trained, other]: [&Network<B>; 2],
        sizes: Sizes,
    ) -> Result<Self> {
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

    /// Whether the buffers have exactly these sizes.
    pub(super) fn fits(&self, sizes: Sizes) -> bool {
        let inputs = [&self.latents, &self.real, &self.noise].map(|range| range.len());
        let measured = self.recorder.samples();
        sizes
            == Sizes {
                batch: self.batch,
                inputs,
                measured,
            }
    }

    /// Uploads the inputs of the next update: latents, real samples and noise.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn upload(&mut self, backend: &B, knobs: Knobs, inputs: [&[f32]; 3]) -> Result<()> {
        let knobs = knobs.with(knobs::HISTORY_ROW, self.recorder.next());
        let [latents, real, noise] = inputs;
        let parts = [knobs.numbers(), latents, real, noise];
        let gap = |part: &[f32]| &GAP[..part.len().next_multiple_of(ALIGNMENT) - part.len()];
        let with_gaps = parts.map(|part| [part, gap(part)]);
        backend.write_parts(&mut self.inputs, with_gaps.as_flattened())
    }

    /// The latents of the update, as activations (latent, batch).
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn latents(&self, backend: &B) -> Result<B::Buffer> {
        backend.pack_activations(&self.inputs, self.latents.clone(), self.batch, None)
    }

    /// Records the loss and the scores of D's raw outputs (1, samples). Returns the derivative of the loss with respect to
    /// each output.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn loss(
        &mut self,
        backend: &B,
        raw: &B::Buffer,
        objective: &Objective,
    ) -> Result<B::Buffer> {
        self.recorder.loss(backend, raw, objective, &self.inputs)
    }

    /// Records the norm of each sample's gradient, then multiplies the gradient by the sample's slope.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn scale_samples(
        &mut self,
        backend: &B,
        gradients: &mut B::Buffer,
        slopes: &B::Buffer,
    ) -> Result<()> {
        let knobs = &self.inputs;
        self.recorder
            .scale_samples(backend, gradients, slopes, knobs)
    }

    /// Records the norms of the gradient in the memory of the first network, and σ and ‖W‖F of all `networks`.
    ///
    /// # Errors
    /// If the device fails.
    pub(super) fn measure<const N: usize>(
        &mut self,
        backend: &B,
        networks: [&Network<B>; N],
        guard: &mut B::Buffer,
    ) -> Result<()> {
        self.recorder
            .measure(backend, networks, &self.inputs, guard)
    }
}
