//! The buffers of a network.
//!
//! All values of a network are in one buffer, so that an optimizer step is one pass over memory. First come the
//! trainable parameters in the order of the layers: weight and bias, γ and β. Then the running mean and variance of
//! each batch normalization. Then u and v of every layer with a weight. Every tensor starts at a multiple of
//! [`ALIGNMENT`] values. The gaps are zero.

use std::{ops::Range, sync::Arc};

use atomic_refcell::AtomicRefCell;

use super::backend::{Backend, Failure, Result};

/// Every tensor starts at a multiple of this many values: 256 bytes.
pub(crate) const ALIGNMENT: usize = 64;

/// Lengths of the sections of a network's values, gaps included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sections {
    /// Trainable parameters.
    pub learned: usize,
    /// Running statistics.
    pub statistics: usize,
    /// u and v of all layers with a weight.
    pub vectors: usize,
    /// Figures, which have their own buffer; see [`super::spectral`].
    pub figures: usize,
}

impl Sections {
    /// Range of the running statistics.
    pub fn statistics(&self) -> Range<usize> {
        self.learned..self.learned + self.statistics
    }

    /// Range of u and v.
    pub fn vectors(&self) -> Range<usize> {
        let start = self.statistics().end;
        start..start + self.vectors
    }

    /// Length of all three sections.
    pub fn length(&self) -> usize {
        self.vectors().end
    }
}

/// Reserves `count` values at the end of a section and returns their range.
pub(crate) fn take(section: &mut usize, count: usize) -> Range<usize> {
    let start = *section;
    *section = (start + count).next_multiple_of(ALIGNMENT);
    start..start + count
}

/// The values of a network and the results of its last passes.
pub struct Memory<B: Backend> {
    /// All values, laid out as [`Sections`] says. Code that changes weights calls [`Memory::weights_changed`].
    pub numbers: B::Buffer,
    /// σ, ‖W‖F and gain of each layer with a weight.
    pub figures: B::Buffer,
    /// Whether σ and ‖W‖F are out of date.
    pub stale: bool,
    /// Data derived from the weights, such as packed copies.
    pub prepared: AtomicRefCell<B::Prepared>,
    /// The gradient of the parameters after a backward pass; none before the first pass that needs it.
    pub gradients: Option<B::Buffer>,
    /// Mean and unbiased variance of the batch after a training pass, in the order of the running statistics.
    pub statistics: B::Buffer,
    /// The first failure of a backward pass.
    pub failure: Option<Failure>,
}

/// A network's memory, shared with the tapes of its passes.
pub(crate) type Shared<B> = Arc<AtomicRefCell<Memory<B>>>;

impl<B: Backend> Memory<B> {
    /// Allocates all buffers with zeros.
    ///
    /// # Errors
    /// Returns `Failure` if the device fails.
    pub fn new(backend: &B, sections: &Sections) -> Result<Self> {
        Ok(Self {
            numbers: backend.zeros(sections.length())?,
            figures: backend.zeros(sections.figures)?,
            stale: true,
            prepared: AtomicRefCell::default(),
            gradients: None,
            statistics: backend.zeros(sections.statistics)?,
            failure: None,
        })
    }

    /// Marks the weights as changed: discards everything that was computed from them.
    pub fn weights_changed(&mut self) {
        self.stale = true;
        self.prepared = AtomicRefCell::default();
    }

    /// The inputs of layers, and the gradients.
    pub fn split(&mut self) -> (Weights<'_, B>, Option<&mut B::Buffer>) {
        let weights = Weights {
            numbers: &self.numbers,
            figures: &self.figures,
            prepared: &self.prepared,
        };
        (weights, self.gradients.as_mut())
    }

    /// The inputs of layers.
    pub fn weights(&self) -> Weights<'_, B> {
        Weights {
            numbers: &self.numbers,
            figures: &self.figures,
            prepared: &self.prepared,
        }
    }
}

/// Borrowed inputs of layers: the network's values, figures, and data derived from the weights.
pub struct Weights<'a, B: Backend> {
    /// All values of the network: parameters, u and v, running statistics.
    pub numbers: &'a B::Buffer,
    /// Figures of spectral normalization; see [`super::spectral`].
    pub figures: &'a B::Buffer,
    /// What the backend derived from the weights.
    pub prepared: &'a AtomicRefCell<B::Prepared>,
}

impl<B: Backend> Clone for Weights<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: Backend> Copy for Weights<'_, B> {}
